package feed

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spacesetl/spacesetl/load/merging"
	"github.com/spacesetl/spacesetl/schemas"
)

// Dialect is what engines differ in.
type Dialect struct {
	Name  string // as in --dialect
	Title string
	// Prefixes are what places begin with that it reads Parquet files from; nil where it
	// reads none, and the script has the rows. It reads them where they are, too, unless it
	// is remote.
	Prefixes []string
	remote   bool
	// each says that a script is to be short: each run is given on its own.
	each bool

	client  string // lines of the engine's own client, before all SQL: that it stops at an error
	session string // begins a session
	name    func(string) string
	text    func(string) string // a literal of any text
	types   [schemas.Suffix + 1]string
	// textKey is the type of texts by which rows are looked up; empty where it is as others.
	textKey string
	// column is the definition of a column.
	column func(name, kind string, null bool) string
	// create makes a table that is not there.
	create func(t table) string
	// add adds columns to a table; guess says that it may have them.
	add   func(table string, definitions []string) string
	guess bool
	drops bool // tables of the feed alone do not go by themselves
	// begin and commit are empty where there are no transactions. Then what a run changes
	// is written down before it is changed, see again.go.
	begin, commit string
	empty         func(table string) string // deletes all rows
	delete        func(table string, key []string, query string) string
	// strict says that no other condition of a DELETE may have a subquery, and that an INSERT
	// names all columns.
	strict   bool
	distinct func(a, b string) string
	rule     func(quote func(string) string, from func(*schemas.Table) string) schemas.Rule
	digits   func(n int) string
	now      string
	view     func(name, query string) string
	// read selects from a Parquet file. Where no query can, land are the statements that make
	// the table landed of one with these columns.
	read func(place string) (string, error)
	land func(columns []schemas.Column, place string) string
	// rewrite changes what the engine says otherwise than all.
	rewrite func(statement string) string
	// fits is the condition that a time can be stored; earliest and latest are its bounds,
	// in microseconds since 1970, of which the first is in and the second out.
	fits             func(value string) string
	earliest, latest int64
	mostKey          int // characters in a text of a key; 0 for any number
	mostText         int // bytes of a text; 0 for any number
	// check fails where a staged table has not so many rows.
	check func(table, feeding string, rows int64, message string) string
	// infinite is the literal of an infinite number; empty where none can be stored.
	infinite string
	castText string // the type of texts in a CAST
	columns  string // the query of columnsOf; "" where only DESCRIBE tells
	typed    string // the literal of a time, for its digits; booleans are words then. "" for texts and numbers
}

// table is one to be made.
type table struct {
	name    string
	columns []schemas.Column
	key     []string // by which rows are looked up; its columns are never NULL
	scratch bool     // holds rows of the feed alone
}

// Dialects are those that can be fed.
func Dialects() []Dialect {
	return []Dialect{bigQuery(), clickHouse(), databricks(), duckDB(), duckLake(), mySQL(), redshift(), snowflake(), spark(), sqlite(), trino()}
}

// Named returns a dialect.
func Named(name string) (Dialect, bool) {
	all := Dialects()
	i := slices.IndexFunc(all, func(d Dialect) bool { return d.Name == name })
	if i < 0 {
		return Dialect{}, false
	}
	return all[i], true
}

// transactions reports whether a run comes in whole or not at all.
func (d *Dialect) transactions() bool { return d.begin != "" }

// azure is the scheme of places that have the container before an @.
const azure = "abfss"

// CheckPrefix returns why the engine cannot read files from a place.
func (d *Dialect) CheckPrefix(prefix string) error {
	i := slices.IndexFunc(d.Prefixes, func(begin string) bool { return strings.HasPrefix(prefix, begin) })
	scheme, _, _ := strings.Cut(prefix, "://")
	switch {
	case prefix == "" && d.remote:
		return fmt.Errorf("%s reads no files of this machine: copy the parquet folder to a place that begins with %s, and name it", d.Title, strings.Join(d.Prefixes, ", "))
	case prefix == "":
		return nil
	case d.Prefixes == nil:
		return fmt.Errorf("%s reads no Parquet files: the script has the rows, and no prefix", d.Title)
	case i < 0: // of which nothing is repeated: it may hold a secret
		return fmt.Errorf("%s reads files from a place that begins with %s", d.Title, strings.Join(d.Prefixes, ", "))
	case isNameless(prefix, d.Prefixes[i]):
		return fmt.Errorf("there is no name behind %s", d.Prefixes[i])
	case strings.ContainsAny(strings.TrimPrefix(prefix, d.Prefixes[i]), "@?") && (scheme != azure || strings.ContainsAny(prefix[len(azure)+3:], ":?")):
		return fmt.Errorf("a prefix stands in the script: it has no secret, and no @ or ?")
	case d.remote && !isName(prefix):
		return fmt.Errorf("a prefix for %s has letters, digits and _-.,:/=+ only", d.Title)
	}
	return nil
}

// isNameless reports whether a prefix has no bucket, as when its variable was empty: a
// table's folder would be taken for one. HDFS has a default.
func isNameless(prefix, begin string) bool {
	rest := strings.TrimPrefix(prefix, begin)
	return rest == "" || rest[0] == '/' && begin != "hdfs://"
}

// merging is the dialect of the merge.
func (d *Dialect) merging() merging.Dialect {
	m := merging.Dialect{
		Identifier: d.name,
		Plain:      true,
		Rule:       func(from func(*schemas.Table) string) schemas.Rule { return d.rule(d.name, from) },
		Temporary:  func(table, query string) string { return d.empty(table) + ";\nINSERT INTO " + table + "\n" + query },
		Digits:     d.digits,
		Delete:     d.delete,
		Distinct:   d.distinct,
		Text:       d.text,
		Whole:      d.strict,
	}
	if !d.transactions() {
		m.Table = func(table string) string { return d.name(work(table)) }
	}
	return m
}

// definition is that of a column of a table.
func (d *Dialect) definition(t table, c schemas.Column) string {
	key := slices.Contains(t.key, c.Name)
	kind := d.types[c.Type]
	if isText(c.Type) && d.textKey != "" && (key || isKey(c.Name)) {
		kind = d.textKey
	}
	return d.column(d.name(c.Name), kind, !key)
}

func (d *Dialect) definitions(t table) []string {
	lines := make([]string, len(t.columns))
	for i, c := range t.columns {
		lines[i] = d.definition(t, c)
	}
	return lines
}

func (d *Dialect) names(alias string, names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		if quoted[i] = d.name(name); alias != "" {
			quoted[i] = alias + "." + quoted[i]
		}
	}
	return strings.Join(quoted, ", ")
}

func isText(t schemas.Type) bool {
	return t == schemas.Text || t == schemas.ID || t == schemas.JSON || t == schemas.Suffix
}

// isKey reports whether rows are looked up by a column of that name.
func isKey(name string) bool { return keyNames()[name] }

var keyNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{"run_id": true, "content": true, "_run_id": true, "_page_id": true}
	for _, t := range schemas.Tables() {
		for _, name := range t.Key {
			names[name] = true
		}
	}
	return names
})

// plainColumn is a definition as most know it.
func plainColumn(name, kind string, null bool) string {
	if null {
		return name + " " + kind
	}
	return name + " " + kind + " NOT NULL"
}

// plainTable is the statement with an end that most know.
func plainTable(begin, name string, lines []string, end string) string {
	return fmt.Sprintf("%s %s (\n    %s\n)%s", begin, name, strings.Join(lines, ",\n    "), end)
}

func keysIn(name func(string) string) func(table string, key []string, query string) string {
	return func(table string, key []string, query string) string {
		quoted := make([]string, len(key))
		for i, k := range key {
			quoted[i] = name(k)
		}
		some := strings.Join(quoted, ", ")
		if len(key) > 1 {
			some = "(" + some + ")"
		}
		return fmt.Sprintf("DELETE FROM %s WHERE %s IN (%s)", table, some, query)
	}
}

// eachIfMissing adds columns that are not there, a statement each; allIfMissing with one.
func eachIfMissing(table string, definitions []string) string {
	script := ""
	for _, definition := range definitions {
		script += fmt.Sprintf("ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s;\n", table, definition)
	}
	return script
}

func allIfMissing(table string, definitions []string) string {
	return "ALTER TABLE " + table + " ADD COLUMN IF NOT EXISTS " + strings.Join(definitions, ", ADD COLUMN IF NOT EXISTS ")
}

// where deletes the rows of a table that meet a condition, which concerns all of a key.
func (d *Dialect) where(table string, key []string, condition string) string {
	if !d.strict {
		return fmt.Sprintf("DELETE FROM %s WHERE %s", table, condition)
	}
	return d.delete(table, key, fmt.Sprintf("SELECT %s FROM %s WHERE %s", d.names("", key), table, condition))
}

func isDistinct(a, b string) string { return a + " IS DISTINCT FROM " + b }

// counted are the numbers from 1 on as a list of SELECTs.
func counted(n int) string {
	selects := make([]string, n)
	for i := range selects {
		selects[i] = fmt.Sprintf("SELECT %d AS digit", i+1)
	}
	return "(" + strings.Join(selects, " UNION ALL ") + ") AS digits"
}

func orReplaced(name, query string) string {
	return "CREATE OR REPLACE VIEW " + name + " AS\n" + query
}

func quoted(name string) string { return schemas.Quote(name) }

// types in the order of schemas.Type.
func types(text, integer, float, boolean, time string) [schemas.Suffix + 1]string {
	return [...]string{schemas.Text: text, schemas.ID: text, schemas.Int: integer, schemas.Float: float, schemas.Bool: boolean, schemas.Time: time, schemas.JSON: text, schemas.Suffix: text}
}
