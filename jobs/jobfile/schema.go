package jobfile

import (
	"bytes"
	"encoding/json"

	"github.com/goccy/go-yaml"

	"github.com/spacesetl/spacesetl/jobs/form"
	"github.com/spacesetl/spacesetl/schemas"
)

// SchemaURL is where editors find the JSON Schema of job files.
const SchemaURL = "https://raw.githubusercontent.com/spacesetl/spacesetl/main/jobs/job.schema.json"

// Schema is the JSON Schema (draft 2020-12) of job files, for editors. It
// refuses what Load refuses for its form; a job without anything to get is
// left to Load, since flags may give that. An expression such as ${NAME} may
// stand for any value.
func Schema() ([]byte, error) {
	root := mapping(Keys(), "")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = SchemaURL
	root["title"] = "spacesetl job"
	root["if"] = form.Schema{"properties": form.Schema{"users": form.Schema{"const": UsersBatch}}, "required": []string{"users"}}
	root["then"] = form.Schema{"properties": form.Schema{"dialect": form.OneOf(form.Values([]string{string(schemas.TweetDialect)}))}}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(root)
	return b.Bytes(), err
}

// mapping is a mapping with no other keys than these, of which one, a query,
// may be required.
func mapping(keys []Key, required string) form.Schema {
	properties := form.Schema{}
	for _, k := range keys {
		properties[k.Name] = k.property()
	}
	s := form.Schema{"type": "object", "properties": properties, "additionalProperties": false}
	if required != "" {
		properties[required] = form.Present(properties[required].(form.Schema)).Between(form.Schema{"minLength": 1, "maxLength": 2048})
		s["required"] = []string{required}
	}
	return s
}

// property is what an editor knows of a key. Without a value it is left out.
func (k Key) property() form.Schema {
	s := k.form()
	if k.shape&listed != 0 {
		s = form.Schema{"anyOf": []form.Schema{s, {"type": "array", "items": form.Present(k.form())}}}
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

// form is what one value looks like.
func (k Key) form() form.Schema {
	switch k.shape &^ listed {
	case wholeShape:
		if len(k.Values) > 0 {
			return form.OneOf(form.Whole(k.Values))
		}
		return form.Typed("^[0-9]+$", "integer", "string").Between(form.Schema{"minimum": 1, "maximum": maxWorkers})
	case flagShape:
		return form.OneOf([]any{true, false})
	case durationShape:
		return form.Typed(`^(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+$`, "string")
	case moneyShape:
		return form.Typed(`^\$?[0-9]*\.?[0-9]*[1-9][0-9]*\.?[0-9]*$`, "number", "string").Between(form.Schema{"exclusiveMinimum": 0, "exclusiveMaximum": 1e8})
	case priceShape:
		return form.Typed(`^\$?([0-9]+\.?|[0-9]*\.[0-9]+)$`, "number", "string").Between(form.Schema{"minimum": 0, "exclusiveMaximum": 1e8})
	case spaceShape:
		return form.Typed(`^([a-zA-Z0-9]{1,13}|https?://.*/spaces/[a-zA-Z0-9]{1,13}([/?].*)?)$`, "string", "number")
	case postShape:
		return form.Typed(`^(missing|[0-9]{1,19}|https?://.*/status/[0-9]{1,19}([/?].*)?)$`, "string", "integer").Between(form.Schema{"minimum": 0})
	case creatorShape:
		return form.Typed(`^(@[A-Za-z0-9_]{1,50}|[0-9]{1,19}|(https?://)?((www|mobile)[.])?(x|twitter)[.]com/.+)$`, "string", "integer").Between(form.Schema{"minimum": 0})
	case searchShape:
		return form.Schema{"anyOf": []form.Schema{form.Typed("", "string", "number").Between(form.Schema{"minLength": 1, "maxLength": 2048}), mapping(k.Keys, k.Keys[0].Name)}}
	case usersShape:
		return form.OneOf(append(form.Values(k.Values), true, false))
	case mapShape:
		return mapping(k.Keys, "").Between(form.Schema{"type": []string{"object", "null"}})
	}
	if len(k.Values) > 0 {
		return form.OneOf(form.Values(k.Values))
	}
	return form.Typed("", "string", "number", "boolean")
}
