package schemas

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// DuckDB is the script that creates every table, the tables of
// ended versions, the comments, the views and the macros. Run again it changes
// nothing but comments, views and macros that differ. They are not Tied to a
// database as yet.
func DuckDB() string {
	var b strings.Builder
	for _, t := range tables {
		b.WriteString(t.DuckDB())
	}
	for _, t := range append(EndedTables(), SightingTables()...) {
		b.WriteString(t.DuckDB())
	}
	for _, v := range Views() {
		b.WriteString(v.DuckDB())
	}
	for _, m := range Macros(time.Time{}) {
		b.WriteString(m.DuckDB())
	}
	return b.String()
}

// DuckDB is the part of the script that creates one table. Its key stands in a
// comment: the index of a primary key has to fit in memory, 900 MB for 3 million
// rows of space_users, and takes two thirds of the file, while no query and no
// merge uses it. Keys are unique since rows are claimed, and merged, by key.
func (t *Table) DuckDB() string {
	var b strings.Builder
	fmt.Fprintf(&b, "-- key: %s\nCREATE TABLE IF NOT EXISTS %s (\n", strings.Join(t.Key, ", "), Quote(t.Name))
	for i, c := range t.Columns {
		fmt.Fprintf(&b, "    %s %s", Quote(c.Name), c.Type.DuckDB())
		if t.IsKey(c.Name) {
			b.WriteString(" NOT NULL")
		}
		if i < len(t.Columns)-1 {
			b.WriteString(",")
		}
		b.WriteString("\n")
	}
	b.WriteString(");\n")
	fmt.Fprintf(&b, "COMMENT ON TABLE %s IS %s;\n", Quote(t.Name), QuoteText(t.Doc))
	for _, c := range t.Columns {
		if c.Doc != "" {
			fmt.Fprintf(&b, "COMMENT ON COLUMN %s.%s IS %s;\n", Quote(t.Name), Quote(c.Name), QuoteText(c.Doc))
		}
	}
	b.WriteString("\n")
	return b.String()
}

// Since is when a stored row came to be as it is, in SQL: when the version before it
// ended, or else when its object was first seen. It reads the alias past, with the end of
// the last version as until, and that of the object's row.
func (t *Table) Since(row, object string) string {
	return fmt.Sprintf("coalesce(past.until, %s.first_seen_at, %s._fetched_at)", object, row)
}

// ContentHash is the content of a row as a number, in SQL. It must stay what it is:
// stored hashes are compared with new ones. So columns that came later count only where
// they have a value. 63 bits of an MD5, so that it fits a signed integer.
func (t *Table) ContentHash(alias string) string {
	var texts []string
	later := ""
	for _, name := range t.Content() {
		text := alias + "." + Quote(name)
		if t.Columns[t.Column(name)].Type == Time {
			text = "epoch_us(" + text + ")" // as text it would follow the session's time zone
		}
		if slices.ContainsFunc(t.Later, func(l Column) bool { return l.Name == name }) {
			later += fmt.Sprintf(" || coalesce(chr(31) || %s || %s::VARCHAR, '')", QuoteText(name), text)
			continue
		}
		texts = append(texts, fmt.Sprintf("coalesce(%s::VARCHAR, chr(30))", text))
	}
	return fmt.Sprintf("(md5_number_lower(concat_ws(chr(31), %s)%s) >> 1)::BIGINT", strings.Join(texts, ", "), later)
}

// DuckDB is the part of the script that creates one view.
func (v View) DuckDB() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE OR REPLACE VIEW %s AS\n%s;\nCOMMENT ON VIEW %[1]s IS %[3]s;\n", Quote(v.Name), strings.TrimSpace(v.SQL), QuoteText(v.Doc))
	for _, c := range v.Columns {
		fmt.Fprintf(&b, "COMMENT ON COLUMN %s.%s IS %s;\n", Quote(v.Name), Quote(c.Name), QuoteText(c.Doc))
	}
	b.WriteString("\n")
	return b.String()
}

// DuckDB is the part of the script that creates one macro.
func (m Macro) DuckDB() string {
	return fmt.Sprintf("CREATE OR REPLACE MACRO %s(%s) AS TABLE\n%s;\nCOMMENT ON MACRO TABLE %[1]s IS %[4]s;\n\n",
		Quote(m.Name), strings.Join(m.Params, ", "), strings.TrimSpace(m.SQL), QuoteText(m.Doc))
}

// Quote makes names SQL identifiers, whatever keyword or sign they are, in a
// comma list.
func Quote(names ...string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return strings.Join(quoted, ", ")
}

// QuoteTime makes an SQL literal of a time.
func QuoteTime(t time.Time) string {
	return "TIMESTAMPTZ " + QuoteText(t.UTC().Format("2006-01-02 15:04:05.999999Z07:00"))
}

// QuoteText makes an SQL text literal.
func QuoteText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
