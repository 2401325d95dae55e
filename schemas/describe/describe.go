// Package describe writes what people and other tools know of tables: the data dictionary,
// diagrams, sources of dbt, a JSON Schema of rows, a data package, a module for polars.
package describe

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// kinds are the types of columns as JSON Schema and data packages name them, with their
// format in the former.
var kinds = [...]struct{ schema, format, field string }{
	schemas.Text: {"string", "", "string"}, schemas.ID: {"string", "", "string"}, schemas.Int: {"integer", "", "integer"},
	schemas.Float: {"number", "", "number"}, schemas.Bool: {"boolean", "", "boolean"}, schemas.Time: {"string", "date-time", "datetime"},
	schemas.JSON: {"string", "", "string"}, schemas.Suffix: {"string", "", "string"},
}

// sentence is what is said of a column: its meaning, unit, and what NULL means.
func sentence(c ColumnDoc) string {
	text := c.Doc
	if c.Unit != "" {
		text += " (" + c.Unit + ")"
	}
	if c.Null != "" && c.Null != "never" && !strings.Contains(c.Doc, "NULL") {
		text = strings.TrimSuffix(text, ".") + ". NULL: " + c.Null
	}
	return text
}

func indented(v any) string {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // of texts, numbers and what is made of them
	}
	return string(text) + "\n"
}

// object is one of JSON, whose keys stay in order.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members as they stand.
func (o object) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	for i, m := range o {
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", m.key, value)
	}
	return []byte("{" + b.String() + "}"), nil
}

// JSONSchema is a schema (draft 2020-12) of rows as JSON, such as those of DuckDB's
// COPY … TO 'spaces.json': a definition a table.
func JSONSchema() string {
	var tables object
	for _, doc := range Dictionary() {
		t := schemas.Lookup(doc.Name)
		var properties object
		for i, c := range doc.Columns {
			kind := kinds[t.Columns[i].Type]
			p := object{{"description", sentence(c)}, {"type", []string{kind.schema, "null"}}}
			if t.IsKey(c.Name) {
				p[1].value = kind.schema
			}
			if kind.format != "" {
				p = append(p, member{"format", kind.format})
			}
			properties = append(properties, member{c.Name, p})
		}
		tables = append(tables, member{doc.Name, object{
			{"description", doc.Doc + " One row per " + doc.Grain + "."}, {"type", "object"}, {"properties", properties},
			{"required", doc.Key}, {"additionalProperties", false},
		}})
	}
	return indented(object{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "Rows of spacesetl"}, {"$defs", tables}})
}

// Frictionless is a data package of the folder latest of a store, with a file a table.
func Frictionless() string {
	var resources []object
	for _, doc := range Dictionary() {
		t := schemas.Lookup(doc.Name)
		var fields, foreign []object
		for i, c := range doc.Columns {
			f := object{{"name", c.Name}, {"type", kinds[t.Columns[i].Type].field}, {"description", sentence(c)}}
			if t.IsKey(c.Name) {
				f = append(f, member{"constraints", object{{"required", true}}})
			}
			fields = append(fields, f)
		}
		schema := object{{"fields", fields}, {"primaryKey", doc.Key}}
		for _, r := range schemas.Relations() {
			if to := schemas.Lookup(r.To); r.From == doc.Name && r.Certain && len(to.Key) == 1 {
				foreign = append(foreign, object{{"fields", r.Column}, {"reference", object{{"resource", r.To}, {"fields", to.Key[0]}}}})
			}
		}
		if foreign != nil {
			schema = append(schema, member{"foreignKeys", foreign})
		}
		resources = append(resources, object{
			{"name", doc.Name}, {"path", "latest/" + doc.Name + ".parquet"}, {"format", "parquet"}, {"mediatype", "application/vnd.apache.parquet"},
			{"description", doc.Doc + " One row per " + doc.Grain + "."}, {"schema", schema},
		})
	}
	return indented(object{{"name", "spacesetl"}, {"title", "Spaces on X"}, {"resources", resources}})
}
