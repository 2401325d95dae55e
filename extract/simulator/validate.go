package simulator

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const maxIDs = 100

// query is the query string of a request, each parameter once.
type query struct{ url.Values }

// checkQuery reads the query string. A parameter may occur once; what the
// endpoint does not know is an error only where unknown fields are.
func checkQuery(raw string, e *endpoint, unknown string) (query, *failure) {
	parsed, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, invalid("query", raw, "The query string is not valid")
	}
	for param, values := range parsed {
		if len(values) > 1 {
			return query{}, invalid(param, strings.Join(values, ","), fmt.Sprintf("The `%s` query parameter was given more than once", param))
		}
		if unknown != UnknownIgnore && !e.takes(param) {
			return query{}, invalid(param, values[0], fmt.Sprintf("The query parameter [%s] is not one of [%s]", param, strings.Join(slices.Concat(e.params, e.selects), ",")))
		}
	}
	return query{parsed}, nil
}

func (e *endpoint) takes(param string) bool {
	if param == postNames["tweet.fields"] {
		param = "tweet.fields"
	}
	return slices.Contains(e.params, param) || slices.Contains(e.selects, param)
}

// list reads a required list of ids or names, without repetitions.
func (q query) list(param string, valid func(string) bool) ([]string, *failure) {
	text := q.Get(param)
	if text == "" {
		return nil, invalid(param, text, fmt.Sprintf("The `%s` query parameter can not be empty", param))
	}
	values := strings.Split(text, ",")
	if len(values) > maxIDs {
		return nil, invalid(param, text, fmt.Sprintf("The number of values in the `%s` query parameter list [%d] is not between 1 and %d", param, len(values), maxIDs))
	}
	var unique ordered
	for _, v := range values {
		if !valid(v) {
			return nil, notValid(param, v)
		}
		unique.add(v)
	}
	return unique.list, nil
}

// number reads an optional integer within bounds.
func (q query) number(param string, low, high, otherwise int) (int, *failure) {
	if !q.Has(param) {
		return otherwise, nil
	}
	text := q.Get(param)
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, notValid(param, text)
	}
	if n < low || n > high {
		return 0, invalid(param, text, fmt.Sprintf("The `%s` query parameter value [%d] is not between %d and %d", param, n, low, high))
	}
	return n, nil
}

// validSpaceID is ^[a-zA-Z0-9]{1,13}$.
func validSpaceID(id string) bool {
	return within(id, 13, func(c byte) bool { return c >= '0' && c <= '9' || c|32 >= 'a' && c|32 <= 'z' })
}

// validNumber is ^[0-9]{1,19}$, the pattern of user and tweet ids.
func validNumber(id string) bool {
	return within(id, 19, func(c byte) bool { return c >= '0' && c <= '9' })
}

// validUsername is ^[A-Za-z0-9_]{1,15}$.
func validUsername(name string) bool {
	return within(name, 15, func(c byte) bool {
		return c == '_' || c >= '0' && c <= '9' || c|32 >= 'a' && c|32 <= 'z'
	})
}

func within(text string, longest int, allowed func(byte) bool) bool {
	if text == "" || len(text) > longest {
		return false
	}
	for i := range len(text) {
		if !allowed(text[i]) {
			return false
		}
	}
	return true
}
