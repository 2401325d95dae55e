package browse

import (
	"fmt"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// filter keeps the rows whose value is so.
type filter struct {
	Column *column
	Op     string
	Value  string
}

// operator is what a filter can ask.
type operator struct {
	Name, Label string
	sql         string // of the column, and of the value, cast to its type
	alone       bool   // takes no value
}

var operators = []operator{
	{Name: "eq", Label: "=", sql: "%s = %s"},
	{Name: "ne", Label: "≠", sql: "%s <> %s"},
	{Name: "contains", Label: "contains"},
	{Name: "lt", Label: "<", sql: "%s < %s"},
	{Name: "gt", Label: ">", sql: "%s > %s"},
	{Name: "null", Label: "is NULL", sql: "%s IS NULL", alone: true},
	{Name: "notnull", Label: "is not NULL", sql: "%s IS NOT NULL", alone: true},
}

func operatorOf(name string) (operator, bool) {
	i := slices.IndexFunc(operators, func(o operator) bool { return o.Name == name })
	if i < 0 {
		return operator{}, false
	}
	return operators[i], true
}

// Label is the operator as shown.
func (f filter) Label() string { o, _ := operatorOf(f.Op); return o.Label }

// Alone reports whether the filter takes no value.
func (f filter) Alone() bool { o, _ := operatorOf(f.Op); return o.alone }

// condition is the filter in SQL, and its value.
func (f filter) condition() (string, []any) {
	o, _ := operatorOf(f.Op)
	name := schemas.Quote(f.Column.Name)
	switch {
	case o.alone:
		return fmt.Sprintf(o.sql, name), nil
	case o.Name == "contains":
		return f.Column.contains(), []any{f.Value}
	}
	return fmt.Sprintf(o.sql, name, "CAST(? AS "+f.Column.Type+")"), []any{f.Value}
}

// contains looks for a text in the column's values, in letters of either case
// unless they are ids: that takes a third of the time.
func (c *column) contains() string {
	name := schemas.Quote(c.Name)
	switch {
	case c.Type != "VARCHAR":
		return "contains(lower(CAST(" + name + " AS VARCHAR)), lower(?))"
	case c.id():
		return "contains(" + name + ", ?)"
	}
	return "contains(lower(" + name + "), lower(?))"
}
