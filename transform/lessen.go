package transform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
)

// jsonValue is a value as JSON has it, numbers digit by digit; text that is not JSON
// stays text.
func jsonValue(raw []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return string(raw)
	}
	return v
}

// colons counts the members of all objects in a value as it stands, members those of
// one that was read.
func colons(raw []byte) (n int) {
	for i := 0; i >= 0 && i < len(raw); {
		if raw[i] == '"' {
			i = skipString(raw, i)
			continue
		}
		if raw[i] == ':' {
			n++
		}
		i++
	}
	return n
}

func members(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		for _, value := range v {
			n += 1 + members(value)
		}
	case []any:
		for _, value := range v {
			n += members(value)
		}
	}
	return n
}

// lessen is what one value says that another does not, in whatever form.
func lessen(counts, loser any) (rest any, some bool) {
	_, isList := loser.([]any)
	if list, ok := counts.([]any); ok && len(list) == 1 && !isList {
		counts = list[0]
	}
	switch v := loser.(type) {
	case nil:
		return nil, false
	case map[string]any:
		than, _ := counts.(map[string]any)
		left := map[string]any{}
		for key, value := range v {
			if than == nil && same(counts, value) { // "a" and {"url": "a"}
				continue
			}
			if more, some := lessen(than[key], value); some {
				left[key] = more
			}
		}
		return left, len(left) > 0
	case []any:
		than, ok := counts.([]any)
		if !ok {
			than = []any{counts}
		}
		left := make([]any, len(v))
		for i, value := range v {
			var one any
			if i < len(than) {
				one = than[i]
			}
			more, more1 := lessen(one, value)
			if more1 {
				left[i] = more
			}
			some = some || more1
		}
		return left, some
	}
	if object, ok := counts.(map[string]any); ok {
		return loser, !slices.ContainsFunc(slices.Collect(maps.Values(object)), func(value any) bool { return same(value, loser) })
	}
	return loser, !same(counts, loser)
}

// exactly reports whether two numbers that are one as a float are so digit by digit.
// Of very long ones it says no, and both are kept: to read them takes the square of
// their length.
func exactly(x, y []byte) bool {
	const long = 400
	if len(x) > long || len(y) > long {
		return false
	}
	a, ok := new(big.Rat).SetString(string(x))
	b, also := new(big.Rat).SetString(string(y))
	return ok && also && a.Cmp(b) == 0
}

// same reports whether two scalars say the same.
func same(a, b any) bool {
	if a == nil {
		return false
	}
	x, y := []byte(fmt.Sprint(a)), []byte(fmt.Sprint(b))
	if bytes.Equal(x, y) {
		return true
	}
	if n, ok := parseInt(x); ok {
		if m, ok := parseInt(y); ok {
			return n == m
		}
	}
	if f, ok := parseFloat(x); ok {
		if g, ok := parseFloat(y); ok {
			return f == g && (f == 0 || exactly(x, y))
		}
	}
	if t, ok := parseTime(x); ok {
		u, also := parseTime(y)
		return also && t == u
	}
	is, ok := parseBool(x)
	was, also := parseBool(y)
	return ok && also && is == was
}
