package describe

import (
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// TableDoc is a table in the data dictionary.
type TableDoc struct {
	Name    string      `json:"name"`
	Theme   string      `json:"theme"`
	Doc     string      `json:"doc"`
	Grain   string      `json:"grain"` // what one row stands for
	Key     []string    `json:"key"`
	Merging string      `json:"merging"` // what becomes of stored rows when another run has rows
	Columns []ColumnDoc `json:"columns"`
}

// ColumnDoc is a column in the data dictionary.
type ColumnDoc struct {
	Name    string `json:"name"`
	Type    string `json:"type"`   // in words
	DuckDB  string `json:"duckdb"` // in DuckDB
	Unit    string `json:"unit,omitempty"`
	Doc     string `json:"doc"`
	Source  string `json:"source,omitempty"` // API field it comes from
	Null    string `json:"null"`             // what NULL means
	Private bool   `json:"private,omitempty"`
	Refers  string `json:"refers_to,omitempty"` // table
	Example string `json:"example,omitempty"`   // of the simulated world
}

// Dictionary describes every table.
func Dictionary() []TableDoc {
	docs := make([]TableDoc, 0, len(schemas.Tables()))
	shown := examples()
	for _, theme := range schemas.Themes() {
		for _, t := range theme.Tables {
			doc := TableDoc{Name: t.Name, Theme: theme.Name, Doc: t.Doc, Grain: t.Grain, Key: t.Key, Merging: merging(t)}
			for _, c := range t.Columns {
				doc.Columns = append(doc.Columns, ColumnDoc{
					Name: c.Name, Type: c.Type.String(), DuckDB: c.Type.DuckDB(), Unit: unit(c), Doc: c.Doc, Source: sourceOf(t, c),
					Null: absent(t, c), Private: c.Private, Refers: c.Refers(), Example: shown[t.Name][c.Name],
				})
			}
			docs = append(docs, doc)
		}
	}
	return docs
}

// sourceOf names the API field of a column.
func sourceOf(t *schemas.Table, c schemas.Column) string {
	switch {
	case c.From == schemas.Const:
		return "which list it is in"
	case c.From == schemas.Ordinal || c.From == schemas.ParentOrdinal:
		return "order of the list"
	case c.From == schemas.ParentKey:
		return "owner of the list"
	case c.From == schemas.Extras:
		return "unknown keys"
	case c.From == schemas.Envelope:
		return "request and response"
	case c.From == schemas.Nowhere:
		return "all runs"
	}
	paths := make([]string, 0, 2)
	for _, path := range c.Paths() {
		switch {
		case path == "$":
			path = "the list's values"
		case t.Object != "" && t.Object != schemas.PageObject && t.Object != schemas.RunObject:
			path = string(t.Object) + "." + path
		}
		paths = append(paths, path)
	}
	joined := strings.Join(paths, " or ")
	if c.From == schemas.Count {
		return "length of " + joined
	}
	return joined
}

// lineage are the columns that every table ends with.
func lineage() []schemas.Column {
	return slices.DeleteFunc(slices.Clone(schemas.Tables()[0].Columns), func(c schemas.Column) bool { return !c.IsLineage() })
}
