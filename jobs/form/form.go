// Package form says in JSON Schema what a value of a job file looks like.
package form

import (
	"maps"
	"slices"
	"strconv"
)

// Schema is a JSON Schema, or a part of one.
type Schema map[string]any

// outsider is the pattern of texts with a ${…} in them.
const outsider = `\$\{`

// Typed is a value of these types, an expression, or none. Texts match the
// pattern, if there is one.
func Typed(pattern string, types ...string) Schema {
	s := Schema{"type": append(types, "null")}
	if pattern != "" {
		s["pattern"] = outsider + "|" + pattern
	}
	return s
}

// OneOf is one of the values, an expression, or none.
func OneOf(values []any) Schema {
	return Schema{"anyOf": []Schema{{"enum": values}, {"type": []string{"string", "null"}, "pattern": outsider}}}
}

// Present is a schema that wants a value.
func Present(s Schema) Schema {
	if types, ok := s["type"].([]string); ok {
		s["type"] = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "null" })
	}
	forms, _ := s["anyOf"].([]Schema)
	for _, form := range forms {
		Present(form)
	}
	return s
}

// Between bounds the numbers of a schema.
func (s Schema) Between(bounds Schema) Schema {
	maps.Copy(s, bounds)
	return s
}

// Values and Whole are texts as values of a schema, Whole as whole numbers.
func Values(texts []string) []any {
	var all []any
	for _, t := range texts {
		all = append(all, t)
	}
	return all
}

// Whole is described at Values.
func Whole(texts []string) []any {
	var all []any
	for _, t := range texts {
		n, _ := strconv.Atoi(t)
		all = append(all, n)
	}
	return all
}
