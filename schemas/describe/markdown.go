package describe

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

const dictionaryHead = `# Data dictionary

Made by ` + "`spacesetl schema --format md`" + ` from the declarations in this folder.
[QUESTIONS.md](QUESTIONS.md) says which table answers which question, [ER.md](ER.md) draws how they hang together.
In DuckDB the same texts are comments: ` + "`FROM duckdb_columns() SELECT table_name, column_name, comment`" + `.
` + "`spacesetl schema --format`" + ` also prints DDL for BigQuery, ClickHouse, PostgreSQL and Snowflake, a Python module for polars, sources for dbt, a JSON Schema of rows and a data package.

Ids are text. Times are UTC with microseconds. NULL means that the API did not say, unless the column says otherwise.
Examples are of the simulated world; long ones are cut.

`

// Markdown is the data dictionary as a page.
func Markdown() string {
	var b strings.Builder
	b.WriteString(dictionaryHead)
	dictionary := Dictionary()
	contents(&b, dictionary)
	everyTable(&b)
	counting(&b)
	for _, theme := range schemas.Themes() {
		fmt.Fprintf(&b, "\n## Theme: %s\n\n%s\n", theme.Name, theme.Doc)
		for _, t := range dictionary {
			if t.Theme == theme.Name {
				t.markdown(&b)
			}
		}
	}
	b.WriteString("\n## Views\n\nIn DuckDB only.\n")
	for _, v := range schemas.Views() {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n", v.Name, v.Doc)
		var asked strings.Builder
		if questions(&asked, v.Name); asked.Len() > 0 {
			b.WriteString("\n" + asked.String())
		}
		b.WriteString("\n| column | meaning |\n|---|---|\n")
		for _, c := range v.Columns {
			fmt.Fprintf(&b, "| `%s` | %s |\n", c.Name, cell(c.Doc))
		}
	}
	b.WriteString("\n## As of a time\n\nIn DuckDB only. Where the database is attached to another, USE it before a macro is called: DuckDB looks for its tables in the database in use. In another it is an error that says so.\n")
	for _, m := range schemas.Macros(time.Time{}) {
		fmt.Fprintf(&b, "\n### %s\n\n`%[1]s(%s)`: %s\n\n", m.Name, strings.Join(m.Params, ", "), m.Doc)
		questions(&b, m.Name)
	}
	return b.String()
}

// contents lists what is on the page, by theme.
func contents(b *strings.Builder, dictionary []TableDoc) {
	for _, theme := range schemas.Themes() {
		fmt.Fprintf(b, "**[%s](#theme-%s)**: %s\n\n| table | one row per | meaning |\n|---|---|---|\n",
			theme.Name, anchor(theme.Name), theme.Doc)
		for _, t := range dictionary {
			if t.Theme == theme.Name {
				fmt.Fprintf(b, "| [%s](#%[1]s) | %s | %s |\n", t.Name, t.Grain, cell(t.Doc))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("**[Views](#views)** and [rows as of a time](#as-of-a-time), in DuckDB only:\n\n| view or macro | rows |\n|---|---|\n")
	for _, v := range schemas.Views() {
		fmt.Fprintf(b, "| [%s](#%[1]s) | %s |\n", v.Name, cell(v.Doc))
	}
	for _, m := range schemas.Macros(time.Time{}) {
		fmt.Fprintf(b, "| [%s(%s)](#%[1]s) | %[3]s |\n", m.Name, strings.Join(m.Params, ", "), cell(m.Doc))
	}
}

// everyTable describes the columns that every table ends with, once.
func everyTable(b *strings.Builder) {
	b.WriteString("\n## Columns of every table\n\nEvery table ends with its lineage, from the request and its response:\n\n| column | type | meaning |\n|---|---|---|\n")
	for _, c := range lineage() {
		fmt.Fprintf(b, "| `%s` | %s | %s%s |\n", c.Name, c.Type, cell(c.Doc), link(c.Refers()))
	}
}

// counting says what counts of the rows of all runs, and what lists mean that are
// not there.
func counting(b *strings.Builder) {
	b.WriteString(`
## What counts

The files of each run hold what that run saw; the database, and the views latest_… of every DDL and the function latest of the module for polars that are printed, hold what counts of all runs. It is a function of the set of runs, whatever the order in which they are merged:

- **Sightings** of an object are ordered by _fetched_at, then _run_id, then _page_id, as text.
- **An object** has of each column the value of the newest sighting that tells of it: one with a value, or whose digit for the column in ` + "`_columns`" + ` is 1. A NULL of a column that was not asked for never counts. first_seen_at is the least of all, last_seen_at the greatest; the lineage is that of the newest sighting.
- **A list** has the rows of the newest sighting that tells of it: one with rows, or whose object has a 1 for the list in ` + "`_lists`" + `. A list that was seen empty has such a sighting and no rows. Rows name their sighting by their lineage.
- **Whatever else** there is, also buyers and tweets of a Space, has of each key the newest row.
- **unavailable_at** is the first of space_absences after the last sighting.

A run's file has one row of an object, its newest sighting; and those of older ones that tell what no newer one of the run does, with 0 as the first digit of ` + "`_columns`" + `. All copies of an object on one page are one sighting: they complete each other, and what they contradict, like a second spelling of one key, is kept in extras; of several such values of one key the others are numbered, as "title#2".

Since revision 3 (in the manifest: versions.tables). Rows of earlier runs have no digits: they tell of what they have values and rows of. ` + "`spacesetl replay`" + ` makes them anew.

| list | position in ` + "`_lists`" + ` | asked for and not there | for |
|---|---|---|---|
`)
	for _, t := range schemas.Tables() {
		for i, l := range t.Lists() {
			var set []string
			for _, name := range slices.Sorted(maps.Keys(l.Set)) {
				set = append(set, l.Set[name])
			}
			absence := l.Sources[0].Absent
			means := "tells nothing: what is known stays"
			if absence.Empty {
				means = "is empty"
			}
			fmt.Fprintf(b, "| [%s](#%[1]s) %s | %s %d | %s | %s |\n", l.Table.Name, strings.Join(set, " "), t.Name, i+1, means, cell(absence.Why))
		}
	}
	b.WriteString("\nA list that is sent as [] is empty, always. null is as if it were not there.\n")
}

// markdown is a table's part of the page.
func (t TableDoc) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n- **One row per** %s\n- **Key**: %s\n- **Merging runs**: %s\n", t.Name, t.Doc, t.Grain, code(t.Key), t.Merging)
	var to, from []string
	for _, r := range schemas.Relations() {
		if r.From == t.Name {
			to = append(to, fmt.Sprintf("[%s](#%[1]s) by `%s`", r.To, r.Column))
		}
		if r.To == t.Name {
			from = append(from, fmt.Sprintf("[%s](#%[1]s).`%s`", r.From, r.Column))
		}
	}
	list(b, "Refers to", to)
	list(b, "Referred to by", from)
	if schemas.Lookup(t.Name).Versioned {
		fmt.Fprintf(b, "- **History**: [%s_history](#%[1]s_history), [%[1]s_as_of(ts)](#%[1]s_as_of)\n", t.Name)
	}
	questions(b, t.Name)
	b.WriteString("\n| column | type | meaning | from the API | NULL means | example |\n|---|---|---|---|---|---|\n")
	for _, c := range t.Columns {
		everywhere := schemas.Column{Name: c.Name}.IsLineage()
		if !everywhere || slices.Contains(t.Key, c.Name) {
			fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", c.Name, c.kind(), c.meaning(), cell(c.Source), cell(c.Null), c.example())
		}
	}
}

func list(b *strings.Builder, name string, items []string) {
	if len(items) > 0 {
		fmt.Fprintf(b, "- **%s**: %s\n", name, strings.Join(items, ", "))
	}
}

// kind is the type with its unit.
func (c ColumnDoc) kind() string {
	if c.Unit == "" {
		return c.Type
	}
	return c.Type + ", " + c.Unit
}

func (c ColumnDoc) meaning() string {
	text := cell(c.Doc)
	if c.Refers != "" {
		text += link(c.Refers)
	}
	if c.Private {
		text += " Not asked for by default."
	}
	return text
}

func (c ColumnDoc) example() string {
	if c.Example == "" {
		return ""
	}
	return "`" + cell(strings.ReplaceAll(c.Example, "`", "'")) + "`"
}

// notInAnchors are the signs that GitHub leaves out of a heading's fragment.
var notInAnchors = regexp.MustCompile(`[^a-z0-9 _-]`)

// anchor is the fragment that GitHub gives a heading.
func anchor(heading string) string {
	return strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// questions lists those that a table, view or macro helps to answer.
func questions(b *strings.Builder, name string) {
	var links []string
	for _, q := range schemas.Queries() {
		if slices.ContainsFunc(q.Tables, func(t string) bool {
			bare, _, _ := strings.Cut(strings.TrimPrefix(t, "parquet/"), "(")
			return bare == name
		}) {
			links = append(links, fmt.Sprintf("[%s](QUESTIONS.md#%s)", q.Question, anchor(q.Question)))
		}
	}
	if len(links) > 0 {
		fmt.Fprintf(b, "- **Questions**: %s\n", strings.Join(links, " "))
	}
}

// link points at a table of the page; "" at none.
func link(table string) string {
	if table == "" {
		return ""
	}
	return fmt.Sprintf(" → [%s](#%[1]s)", table)
}

func code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// cell makes text fit for a table cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
