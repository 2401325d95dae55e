package schemas

import (
	"fmt"
	"strings"
)

// TableDoc is a table in the data dictionary.
type TableDoc struct {
	Name    string      `json:"name"`
	Doc     string      `json:"doc"`
	Key     []string    `json:"key"`
	Columns []ColumnDoc `json:"columns"`
}

// ColumnDoc is a column in the data dictionary.
type ColumnDoc struct {
	Name    string `json:"name"`
	Type    string `json:"type"`   // in words
	DuckDB  string `json:"duckdb"` // in DuckDB
	Doc     string `json:"doc"`
	Source  string `json:"source,omitempty"` // API field it comes from
	Private bool   `json:"private,omitempty"`
	Refers  string `json:"refers_to,omitempty"` // table
}

// Dictionary describes every table.
func Dictionary() []TableDoc {
	docs := make([]TableDoc, 0, len(tables))
	for _, t := range tables {
		doc := TableDoc{Name: t.Name, Doc: t.Doc, Key: t.Key}
		for _, c := range t.Columns {
			doc.Columns = append(doc.Columns, ColumnDoc{
				Name: c.Name, Type: c.Type.String(), DuckDB: c.Type.DuckDB(), Doc: c.Doc,
				Source: t.source(c), Private: c.Private, Refers: c.refers(),
			})
		}
		docs = append(docs, doc)
	}
	return docs
}

// source names the API field of a column.
func (t *Table) source(c Column) string {
	switch {
	case c.From == Const:
		return "which list it is in"
	case c.From == Ordinal || c.From == ParentOrdinal:
		return "order of the list"
	case c.From == ParentKey:
		return "owner of the list"
	case c.From == Extras:
		return "unknown keys"
	case c.From == Envelope:
		return "request and response"
	}
	paths := make([]string, 0, 2)
	for _, path := range c.Paths() {
		switch {
		case path == "$":
			path = "the list's values"
		case t.Object != "" && t.Object != PageObject && t.Object != RunObject:
			path = string(t.Object) + "." + path
		}
		paths = append(paths, path)
	}
	joined := strings.Join(paths, " or ")
	if c.From == Count {
		return "length of " + joined
	}
	return joined
}

// Markdown is the data dictionary as a page.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Tables\n\nMade by `spacesetl schema --format md` from the declarations in this folder.\n\n" +
		"Ids are text. Times are UTC with microseconds. NULL means that the API did not say.\n" +
		"Every table ends with the lineage columns `_run_id`, `_page_id` and `_fetched_at`.\n\n" +
		"| table | key | rows |\n|---|---|---|\n")
	for _, t := range tables {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", t.Name, t.Name, code(t.Key), cell(t.Doc))
	}
	b.WriteString("\nViews in DuckDB:\n\n| view | rows |\n|---|---|\n")
	for _, v := range Views() {
		fmt.Fprintf(&b, "| %s | %s |\n", v.Name, cell(v.Doc))
	}
	b.WriteString("\nHistory, in DuckDB only:\n\n| table or macro | rows |\n|---|---|\n")
	for _, t := range Histories() {
		fmt.Fprintf(&b, "| %s | %s |\n", t.Name, cell(t.Doc))
	}
	for _, m := range Macros() {
		fmt.Fprintf(&b, "| %s(ts) | %s |\n", m.Name, cell(m.Doc))
	}
	for _, t := range Dictionary() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\nKey: %s\n\n| column | type | from the API | meaning |\n|---|---|---|---|\n", t.Name, t.Doc, code(t.Key))
		for _, c := range t.Columns {
			meaning := c.Doc
			if c.Refers != "" {
				meaning += " → " + c.Refers
			}
			if c.Private {
				meaning += " Not asked for by default."
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.Name, c.Type, cell(c.Source), cell(meaning))
		}
	}
	return b.String()
}

func code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// cell makes text fit for a table cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
