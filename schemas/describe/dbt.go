package describe

import (
	"fmt"
	"strings"
)

// DBT is a file of sources for dbt (1.5 or later): tables and columns with what they mean,
// tests of their keys, and how fresh the newest run is. Database and schema are the
// variables spacesetl_database and spacesetl_schema.
func DBT() string {
	var b strings.Builder
	line := func(depth int, format string, args ...any) {
		fmt.Fprintf(&b, strings.Repeat("  ", depth)+format+"\n", args...)
	}
	line(0, "# Made by spacesetl schema --format dbt. Where tables are: vars of dbt_project.yml, or --vars.")
	line(0, "version: 2")
	line(0, "sources:")
	line(1, "- name: spacesetl")
	line(2, "description: Spaces on X, as spacesetl loads them.")
	line(2, `database: "{{ var('spacesetl_database', target.database) }}"`)
	line(2, `schema: "{{ var('spacesetl_schema', 'main' if target.type == 'duckdb' else 'spacesetl') }}"`)
	line(2, "tables:")
	for _, doc := range Dictionary() {
		line(3, "- name: %s", doc.Name)
		line(4, "description: %s", quoted(doc.Doc+" One row per "+doc.Grain+"."))
		if doc.Name == "runs" {
			line(4, "loaded_at_field: ended_at")
			line(4, "freshness: {warn_after: {count: 25, period: hour}, error_after: {count: 3, period: day}}")
		}
		line(4, "columns:")
		for _, c := range doc.Columns {
			line(5, "- name: %s", c.Name)
			line(6, "description: %s", quoted(sentence(c)))
			if tests := testsOf(doc, c.Name); tests != "" {
				line(6, "tests: [%s]", tests)
			}
			if c.Private {
				line(6, "meta: {private: true}")
			}
		}
	}
	return b.String()
}

// testsOf are those of a column of the key.
func testsOf(doc TableDoc, column string) string {
	for _, key := range doc.Key {
		switch {
		case key == column && len(doc.Key) == 1:
			return "not_null, unique"
		case key == column:
			return "not_null"
		}
	}
	return ""
}

// quoted is a scalar of YAML, with nothing that Jinja would take for its own.
func quoted(text string) string {
	return "'" + strings.ReplaceAll(strings.NewReplacer("{{", "{ {", "{%", "{ %", "{#", "{ #").Replace(text), "'", "''") + "'"
}
