package extract

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spacesetl/spacesetl/schemas"
)

const (
	maxQuery = 2048    // characters
	maxToken = 8 << 10 // bytes of a pagination token: more fits into no request
)

// CheckSpaceID returns a *RequestError unless id has the form of a Space id.
func CheckSpaceID(id string) error {
	return match(schemas.IsSpaceID, "Space id", id, "1 to 13 letters and digits, as in the last part of the Space's link")
}

// CheckUserID returns a *RequestError unless id has the form of a user id.
func CheckUserID(id string) error {
	return match(schemas.IsUserID, "user id", id, "1 to 19 digits")
}

// checkPostID returns a *RequestError unless id has the form of a tweet's id.
func checkPostID(id string) error {
	return match(schemas.Posts.Takes, "tweet id", id, "1 to 19 digits")
}

// CheckUsername returns a *RequestError unless name has the form of a
// username, without the @.
func CheckUsername(name string) error {
	return match(schemas.IsUsername, "username", name, "letters, digits and underscores, without @")
}

func match(ok func(string) bool, what, value, form string) error {
	if ok(value) {
		return nil
	}
	return &RequestError{What: what, Value: shorten(value, 80), Form: form}
}

// check validates a request before it costs anything.
func check(r schemas.Request) error {
	if !r.Endpoint.Known() && r.Endpoint != schemas.Usage && r.Endpoint != schemas.Credits {
		return &RequestError{What: "endpoint", Value: string(r.Endpoint), Form: "one that the API contract lists"}
	}
	err := checkValues(r)
	if bad, ok := err.(*RequestError); ok {
		bad.Endpoint = r.Endpoint
	}
	return err
}

func checkValues(r schemas.Request) error {
	spec := r.Endpoint.Spec()
	if r.Token != "" && !spec.Paged {
		return &RequestError{What: "pagination token", Value: shorten(r.Token, 80), Form: "empty, since this endpoint has no pages"}
	}
	if len(r.Token) > maxToken {
		return &RequestError{What: "pagination token", Value: shorten(r.Token, 80), Form: fmt.Sprintf("at most %d bytes, not %d", maxToken, len(r.Token))}
	}
	if r.Max != 0 && !sized(r.Endpoint) {
		return &RequestError{What: "number of results", Value: strconv.Itoa(r.Max), Form: "0, since this endpoint takes none"}
	}
	if r.Max < 0 || r.Max > schemas.MaxResults {
		return &RequestError{What: "number of results", Value: strconv.Itoa(r.Max), Form: fmt.Sprintf("1 to %d", schemas.MaxResults)}
	}
	switch {
	case r.Endpoint == schemas.Search:
		return checkSearch(r)
	case r.Endpoint == schemas.Usernames:
		return checkIDs(r.IDs, schemas.MaxIDs, CheckUsername)
	case r.Endpoint == schemas.Usage:
		return checkDays(r)
	case r.Endpoint == schemas.Me, r.Endpoint == schemas.Credits:
		return checkNoIDs(r.IDs)
	case spec.IDParam == "":
		return checkIDs(r.IDs, 1, CheckSpaceID)
	case r.Endpoint == schemas.Spaces:
		return checkIDs(r.IDs, schemas.MaxIDs, CheckSpaceID)
	case r.Endpoint == schemas.Posts:
		return checkIDs(r.IDs, schemas.MaxIDs, checkPostID)
	default:
		return checkIDs(r.IDs, schemas.MaxIDs, CheckUserID)
	}
}

func checkSearch(r schemas.Request) error {
	if n := utf8.RuneCountInString(r.Query); n < 1 || n > maxQuery || !utf8.ValidString(r.Query) {
		return &RequestError{What: "query", Value: shorten(r.Query, 80), Form: fmt.Sprintf("1 to %d characters, not %d", maxQuery, n)}
	}
	switch r.State {
	case "", "live", "scheduled", "all":
	default:
		return &RequestError{What: "state", Value: shorten(r.State, 80), Form: "live, scheduled or all"}
	}
	return checkNoIDs(r.IDs)
}

func checkDays(r schemas.Request) error {
	if n, err := strconv.Atoi(r.Query); err != nil || n < 1 || n > MaxUsageDays {
		return &RequestError{What: "number of days", Value: shorten(r.Query, 80), Form: fmt.Sprintf("1 to %d", MaxUsageDays)}
	}
	return checkNoIDs(r.IDs)
}

func checkNoIDs(ids []string) error {
	if len(ids) > 0 {
		return &RequestError{What: "ids", Value: shorten(strings.Join(ids, ","), 80), Form: "empty for this endpoint"}
	}
	return nil
}

func checkIDs(ids []string, most int, check func(string) error) error {
	if len(ids) < 1 || len(ids) > most {
		return &RequestError{What: "number of ids", Value: strconv.Itoa(len(ids)), Form: fmt.Sprintf("1 to %d", most)}
	}
	var first *RequestError
	for _, id := range ids {
		var bad *RequestError
		if !errors.As(check(id), &bad) {
			continue
		}
		if first == nil {
			first = bad
		}
		first.Bad = append(first.Bad, id)
	}
	if first == nil {
		return nil
	}
	return first
}

// shorten cuts text to at most n bytes at a character's edge and makes it one
// line of valid UTF-8.
func shorten(text string, n int) string {
	cut := len(text) > n
	if cut {
		text = text[:n]
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if cut {
		text += "…"
	}
	return text
}
