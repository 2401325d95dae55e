package jobs

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/goccy/go-yaml"
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
	root["$defs"] = schema{"expression": schema{
		"type": "string", "pattern": `\$\{`,
		"description": "A value from outside: ${NAME}, ${NAME:-default} or ${file:path}.",
	}}
	root["not"] = schema{ // batch asks in the tweet dialect
		"properties": schema{"users": schema{"const": UsersBatch}, "dialect": schema{"const": "post"}},
		"required":   []string{"users", "dialect"},
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(root)
	return b.Bytes(), err
}

// mapping is a mapping with no other keys than these.
func mapping(keys []Key, required string) schema {
	properties := schema{}
	for _, k := range keys {
		properties[k.Name] = k.property()
	}
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if required != "" {
		s["required"] = []string{required}
	}
	return s
}

// property is what an editor knows of a key. Without a value it is left out.
func (k Key) property() schema {
	item := k.item()
	if k.shape&listed != 0 {
		item = append(item, schema{"type": "array", "items": schema{"anyOf": item}})
	}
	s := schema{"description": k.Doc, "anyOf": append(item, schema{"type": "null"})}
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

// item are the forms of one value.
func (k Key) item() []schema {
	expression := schema{"$ref": "#/$defs/expression"}
	switch k.shape &^ listed {
	case wholeShape:
		if len(k.Values) > 0 {
			return []schema{{"enum": whole(k.Values)}, expression}
		}
		return []schema{{"type": "integer", "minimum": 1, "maximum": maxWorkers}, expression}
	case flagShape:
		return []schema{{"type": "boolean"}, expression}
	case durationShape:
		return []schema{{"type": "string", "pattern": `^(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+$`}, expression}
	case moneyShape:
		return []schema{{"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e8}, {"type": "string", "pattern": `^\$?[0-9]*\.?[0-9]*[1-9][0-9]*\.?[0-9]*$`}, expression}
	case priceShape:
		return []schema{{"type": "number", "minimum": 0, "exclusiveMaximum": 1e8}, {"type": "string", "pattern": `^\$?([0-9]+\.?|[0-9]*\.[0-9]+)$`}, expression}
	case spaceShape:
		return []schema{{"type": "number"}, {"type": "string", "pattern": `^([a-zA-Z0-9]{1,13}|https?://.*/spaces/[a-zA-Z0-9]{1,13}([/?].*)?)$`}, expression}
	case creatorShape:
		return []schema{{"type": "integer", "minimum": 0}, {"type": "string", "pattern": `^(@[A-Za-z0-9_]{1,50}|[0-9]{1,19})$`}, expression}
	case searchShape:
		return []schema{{"type": "number"}, {"type": "string", "minLength": 1, "maxLength": 2048}, mapping(k.Keys, k.Keys[0].Name)}
	case usersShape:
		return []schema{{"enum": append(values(k.Values), true, false)}, expression}
	case mapShape:
		return []schema{mapping(k.Keys, "")}
	}
	if len(k.Values) > 0 {
		return []schema{{"enum": values(k.Values)}, expression}
	}
	return []schema{{"type": []string{"string", "number", "boolean"}}}
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
