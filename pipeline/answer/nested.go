package answer

import (
	"context"
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// nested rewrites values that can have others in them. What a type has in it, DuckDB says
// of the values of a SELECT.
type nested struct {
	ctx  context.Context
	q    Querier
	from string
	args []any
}

// inJSON is a value with its times as texts, and null for the numbers that JSON does not
// have. example is in the SELECT what value is wherever it stands.
func (n nested) inJSON(kind, value, example string, depth int) string {
	switch {
	case kind == "DOUBLE" || kind == "FLOAT":
		return "CASE WHEN isfinite(" + value + ") THEN " + value + " END"
	case !strings.Contains(kind, "DOUBLE") && !strings.Contains(kind, "FLOAT") && !strings.Contains(kind, "TIMESTAMPTZ"):
		return value
	case isList(kind):
		return n.each(value, example, depth)
	case strings.HasPrefix(kind, "MAP("):
		return "map_from_entries(" + n.each("map_entries("+value+")", "map_entries("+example+")", depth) + ")"
	case strings.HasPrefix(kind, "STRUCT("):
		return n.fields(value, example, depth)
	case strings.HasPrefix(kind, "UNION("): // which cannot be put together again of other types
		return "CAST(" + value + " AS VARCHAR)"
	}
	return timeText(kind, value)
}

// each is inJSON of what is in a list.
func (n nested) each(value, example string, depth int) string {
	inside := n.in(example)
	if len(inside) == 0 {
		return value
	}
	e := fmt.Sprint("e", depth)
	return fmt.Sprintf("list_transform(%s, lambda %s: %s)", value, e, n.inJSON(inside[0].Type, e, "("+example+")[1]", depth+1))
}

// fields is inJSON of what is in a struct. One without names is left as it is.
func (n nested) fields(value, example string, depth int) string {
	inside := n.in(example)
	list := make([]string, len(inside))
	for i, f := range inside {
		if f.Name == "" {
			return value
		}
		name := schemas.Quote(f.Name)
		list[i] = name + " := " + n.inJSON(f.Type, "("+value+")."+name, "("+example+")."+name, depth)
	}
	if len(list) == 0 {
		return value
	}
	return "CASE WHEN " + value + " IS NOT NULL THEN struct_pack(" + strings.Join(list, ", ") + ") END"
}

// in are the types that are in another; none where DuckDB does not say.
func (n nested) in(example string) []Column {
	columns, err := columnsOf(n.ctx, n.q, "SELECT unnest("+example+") FROM ("+n.from+")", n.args)
	if err != nil {
		return nil // what asks for the rows fails alike
	}
	return columns
}
