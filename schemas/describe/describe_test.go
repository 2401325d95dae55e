package describe

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/spacesetl/spacesetl/schemas"
)

// What dbt reads has every table and column, described, with the tests of the keys.
func TestDBTHasAllColumns(t *testing.T) {
	var file struct {
		Sources []struct {
			Tables []struct {
				Name, Description string
				Columns           []struct {
					Name, Description string
					Tests             []string
				}
			}
		}
	}
	if err := yaml.Unmarshal([]byte(DBT()), &file); err != nil {
		t.Fatal(err)
	}
	columns, unique := 0, 0
	for _, table := range file.Sources[0].Tables {
		declared := schemas.Lookup(table.Name)
		if declared == nil || table.Description == "" || len(table.Columns) != len(declared.Columns) {
			t.Fatalf("%s: %d columns, %q", table.Name, len(table.Columns), table.Description)
		}
		for _, c := range table.Columns {
			columns++
			if c.Description == "" || strings.Contains(c.Description, "{{") {
				t.Errorf("%s.%s: %q", table.Name, c.Name, c.Description)
			}
			if slices.Contains(c.Tests, "not_null") != declared.IsKey(c.Name) {
				t.Errorf("%s.%s: tests %q", table.Name, c.Name, c.Tests)
			}
			if slices.Contains(c.Tests, "unique") {
				unique++
			}
		}
	}
	if len(file.Sources[0].Tables) != len(schemas.Tables()) || columns < 300 || unique < 5 {
		t.Errorf("%d tables, %d columns, %d unique", len(file.Sources[0].Tables), columns, unique)
	}
}

// Rows as JSON are what the schema says, and others are not.
func TestJSONSchemaTellsRowsFromOthers(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("rows.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("rows.json#/$defs/topics")
	if err != nil {
		t.Fatal(err)
	}
	for row, ok := range map[string]bool{
		`{"topic_id":"1","name":"Go","description":null}`:       true,
		`{"topic_id":"1","_fetched_at":"2026-11-30T10:00:00Z"}`: true,
		`{"topic_id":"1","_fetched_at":"yesterday"}`:            false,
		`{"topic_id":null,"name":"Go"}`:                         false,
		`{"name":"Go"}`:                                         false,
		`{"topic_id":"1","nobody":1}`:                           false,
		`{"topic_id":"1","name":7}`:                             false,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(row))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != ok {
			t.Errorf("%s: %v", row, err)
		}
	}
}

// A data package has a resource a table, whose foreign keys lead to resources.
func TestFrictionlessRefersToItself(t *testing.T) {
	var pack struct {
		Resources []struct {
			Name, Path string
			Schema     struct {
				Fields      []struct{ Name, Type, Description string }
				PrimaryKey  []string
				ForeignKeys []struct {
					Fields    string
					Reference struct{ Resource, Fields string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(Frictionless()), &pack); err != nil {
		t.Fatal(err)
	}
	refers := 0
	for _, r := range pack.Resources {
		declared := schemas.Lookup(r.Name)
		if declared == nil || r.Path != "latest/"+r.Name+".parquet" || len(r.Schema.Fields) != len(declared.Columns) || !slices.Equal(r.Schema.PrimaryKey, declared.Key) {
			t.Errorf("%+v", r)
		}
		for _, f := range r.Schema.ForeignKeys {
			refers++
			if to := schemas.Lookup(f.Reference.Resource); to == nil || to.Key[0] != f.Reference.Fields || declared.Column(f.Fields) < 0 {
				t.Errorf("%s: %+v", r.Name, f)
			}
		}
	}
	if len(pack.Resources) != len(schemas.Tables()) || refers == 0 {
		t.Errorf("%d resources, %d foreign keys", len(pack.Resources), refers)
	}
}
