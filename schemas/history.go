package schemas

import (
	"fmt"
	"slices"
)

// Columns of a table of versions that the table itself does not have.
const (
	ValidFrom = "valid_from"
	ValidTo   = "valid_to"
	RowHash   = "row_hash"
)

// Histories lists the tables of versions.
func Histories() []*Table {
	var histories []*Table
	for _, t := range tables {
		if t.versions != nil {
			histories = append(histories, t.versions)
		}
	}
	return histories
}

func versions(t *Table) *Table {
	h := &Table{
		Name: t.Name + "_history", Key: append(slices.Clone(t.Key), ValidFrom),
		Grain: t.Grain + " and version",
		Doc:   fmt.Sprintf("Every version of the rows of %s: one row for each time that a run found the content changed.", t.Name),
	}
	for _, name := range t.Content() {
		c := t.Columns[t.Column(name)]
		c.From = Nowhere
		h.Columns = append(h.Columns, c)
	}
	h.Columns = append(h.Columns,
		Column{Name: ValidFrom, Type: Time, From: Nowhere, Doc: "When the row was first seen like this."},
		Column{Name: ValidTo, Type: Time, From: Nowhere, Doc: "When it was first seen otherwise; NULL for the current version."},
		Column{Name: RowHash, Type: Int, From: Nowhere, Doc: "Hash of the content: equal content, equal hash."},
		Column{Name: "_run_id", Type: Text, From: Nowhere, Enum: true, Doc: "Run that first saw it like this."},
		Column{Name: "_fetched_at", Type: Time, From: Nowhere, Doc: "When the page it was first seen on was received."},
	)
	h.arrow = arrowSchema(h)
	return h
}

// Macro is a question with parameters.
type Macro struct {
	Name   string
	Params []string
	Doc    string
	Of     *Table // that it reads
	Where  string // which of its rows
	SQL    string // one SELECT of DuckDB's dialect
}

// Macros returns the table macros of the database. Unlike a view a macro looks
// for its tables in the current database: see Tied.
func Macros() []Macro {
	var macros []Macro
	for _, t := range tables {
		if t.versions == nil {
			continue
		}
		where := fmt.Sprintf("%s <= ts::TIMESTAMPTZ AND (%s IS NULL OR %[2]s > ts::TIMESTAMPTZ)", ValidFrom, ValidTo)
		macros = append(macros, Macro{
			Name: t.Name + "_as_of", Params: []string{"ts"},
			Doc: fmt.Sprintf("The rows of %s as they were known at a time: FROM %[1]s_as_of(TIMESTAMPTZ '2026-08-01 12:00:00Z').", t.Name),
			Of:  t.versions, Where: where,
			SQL: fmt.Sprintf("SELECT * FROM %s\nWHERE %s", Quote(t.versions.Name), where),
		})
	}
	return macros
}
