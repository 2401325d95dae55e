package jobs

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml"

	"github.com/spacesetl/spacesetl/schemas"
)

// SchemaURL is where editors find the JSON Schema of job files.
const SchemaURL = "https://raw.githubusercontent.com/spacesetl/spacesetl/main/jobs/job.schema.json"

// schema is a JSON Schema, or a part of one.
type schema map[string]any

// Schema is the JSON Schema (draft 2020-12) of job files, for editors. It
// refuses what Load refuses for its form; a job without anything to get is
// left to Load, since flags may give that. An expression such as ${NAME} may
// stand for any value.
func Schema() ([]byte, error) {
	root := mapping(Keys(), "")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = SchemaURL
	root["title"] = "spacesetl job"
	root["if"] = schema{"properties": schema{"users": schema{"const": UsersBatch}}, "required": []string{"users"}}
	root["then"] = schema{"properties": schema{"dialect": oneOf(values([]string{string(schemas.TweetDialect)}))}}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(root)
	return b.Bytes(), err
}

// mapping is a mapping with no other keys than these, of which one, a query,
// may be required.
func mapping(keys []Key, required string) schema {
	properties := schema{}
	for _, k := range keys {
		properties[k.Name] = k.property()
	}
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if required != "" {
		properties[required] = present(properties[required].(schema)).between(schema{"minLength": 1, "maxLength": 2048})
		s["required"] = []string{required}
	}
	return s
}

// property is what an editor knows of a key. Without a value it is left out.
func (k Key) property() schema {
	s := k.form()
	if k.shape&listed != 0 {
		s = schema{"anyOf": []schema{s, {"type": "array", "items": present(k.form())}}}
	}
	s["description"] = k.Doc
	if v, ok := yamlValue(k.Default); ok {
		s["default"] = v
	}
	if v, ok := yamlValue(k.Example); ok {
		s["examples"] = []any{v}
	}
	return s
}

// yamlValue is a value of one of our declarations, if there is one.
func yamlValue(text string) (any, bool) {
	var v any
	err := yaml.Unmarshal([]byte(text), &v)
	return v, text != "" && err == nil
}

// outsider is the pattern of texts with a ${…} in them.
const outsider = `\$\{`

// typed is a value of these types, an expression, or none. Texts match the
// pattern, if there is one.
func typed(pattern string, types ...string) schema {
	s := schema{"type": append(types, "null")}
	if pattern != "" {
		s["pattern"] = outsider + "|" + pattern
	}
	return s
}

// oneOf is one of the values, an expression, or none.
func oneOf(values []any) schema {
	return schema{"anyOf": []schema{{"enum": values}, {"type": []string{"string", "null"}, "pattern": outsider}}}
}

// present is a schema that wants a value.
func present(s schema) schema {
	if types, ok := s["type"].([]string); ok {
		s["type"] = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "null" })
	}
	forms, _ := s["anyOf"].([]schema)
	for _, form := range forms {
		present(form)
	}
	return s
}

// between bounds the numbers of a schema.
func (s schema) between(bounds schema) schema {
	maps.Copy(s, bounds)
	return s
}

// form is what one value looks like.
func (k Key) form() schema {
	switch k.shape &^ listed {
	case wholeShape:
		if len(k.Values) > 0 {
			return oneOf(whole(k.Values))
		}
		return typed("^[0-9]+$", "integer", "string").between(schema{"minimum": 1, "maximum": maxWorkers})
	case flagShape:
		return oneOf([]any{true, false})
	case durationShape:
		return typed(`^(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+$`, "string")
	case moneyShape:
		return typed(`^\$?[0-9]*\.?[0-9]*[1-9][0-9]*\.?[0-9]*$`, "number", "string").between(schema{"exclusiveMinimum": 0, "exclusiveMaximum": 1e8})
	case priceShape:
		return typed(`^\$?([0-9]+\.?|[0-9]*\.[0-9]+)$`, "number", "string").between(schema{"minimum": 0, "exclusiveMaximum": 1e8})
	case spaceShape:
		return typed(`^([a-zA-Z0-9]{1,13}|https?://.*/spaces/[a-zA-Z0-9]{1,13}([/?].*)?)$`, "string", "number")
	case creatorShape:
		return typed(`^(@[A-Za-z0-9_]{1,50}|[0-9]{1,19})$`, "string", "integer").between(schema{"minimum": 0})
	case searchShape:
		return schema{"anyOf": []schema{typed("", "string", "number").between(schema{"minLength": 1, "maxLength": 2048}), mapping(k.Keys, k.Keys[0].Name)}}
	case usersShape:
		return oneOf(append(values(k.Values), true, false))
	case mapShape:
		return mapping(k.Keys, "").between(schema{"type": []string{"object", "null"}})
	}
	if len(k.Values) > 0 {
		return oneOf(values(k.Values))
	}
	return typed("", "string", "number", "boolean")
}

func values(texts []string) []any {
	var all []any
	for _, t := range texts {
		all = append(all, t)
	}
	return all
}

func whole(texts []string) []any {
	var all []any
	for _, t := range texts {
		n, _ := strconv.Atoi(t)
		all = append(all, n)
	}
	return all
}
