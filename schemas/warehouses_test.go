package schemas

import (
	"slices"
	"strings"
	"testing"
)

// Every table is created with its columns in the order of the files, its key
// and its comments, in statements whose quotes and brackets close.
func TestWarehousesHaveEveryColumn(t *testing.T) {
	for _, w := range Warehouses() {
		ddl := w.DDL()
		statements := statementsOf(t, w.Name, ddl)
		created := map[string]string{}
		for _, s := range statements {
			if rest, ok := strings.CutPrefix(s, "CREATE TABLE IF NOT EXISTS "); ok {
				name, body, _ := strings.Cut(rest, " (\n")
				created[name] = body
			}
		}
		for _, table := range Tables() {
			if !slices.ContainsFunc(statements, func(s string) bool {
				return strings.HasPrefix(s, "CREATE OR REPLACE VIEW "+w.name("latest_"+table.Name)+" AS")
			}) {
				t.Errorf("%s: there is no view of what counts of %s", w.Name, table.Name)
			}
		}
		if len(created) != len(Tables()) {
			t.Errorf("%s: %d tables, want %d", w.Name, len(created), len(Tables()))
		}
		for _, table := range Tables() {
			lines := strings.Split(created[w.name(table.Name)], "\n")
			for i, c := range table.Columns {
				if i >= len(lines) || !strings.HasPrefix(lines[i], "    "+w.name(c.Name)+" ") {
					t.Fatalf("%s: column %d of %s is not %s: %q", w.Name, i+1, table.Name, c.Name, lines)
				}
			}
			if key := "(" + w.names(rowKey(table)) + ")"; !strings.Contains(created[w.name(table.Name)], key) {
				t.Errorf("%s: %s does not say its key %s", w.Name, table.Name, key)
			}
			for _, c := range table.Columns {
				if !strings.Contains(ddl, QuoteText(c.Doc)) && !strings.Contains(ddl, backslashed(c.Doc)) {
					t.Errorf("%s: %s.%s has no comment", w.Name, table.Name, c.Name)
				}
			}
		}
	}
}

// statementsOf takes a script apart. Quotes are those of identifiers and texts;
// a quote in a text is doubled or comes after a backslash.
func statementsOf(t *testing.T, warehouse, script string) []string {
	t.Helper()
	var statements []string
	var b strings.Builder
	quote, depth := rune(0), 0
	escaped := false
	for line := range strings.Lines(script) {
		if strings.HasPrefix(line, "--") && quote == 0 {
			continue
		}
		for _, r := range line {
			switch {
			case escaped:
				escaped = false
			case quote != 0 && r == '\\' && warehouse != "postgres":
				escaped = true
			case quote != 0:
				if r == quote {
					quote = 0
				}
			case r == '\'' || r == '"' || r == '`':
				quote = r
			case r == '(':
				depth++
			case r == ')':
				depth--
			case r == ';':
				if depth != 0 {
					t.Errorf("%s: brackets do not close before %q", warehouse, b.String())
				}
				statements = append(statements, strings.TrimSpace(b.String()))
				b.Reset()
				continue
			}
			b.WriteRune(r)
		}
	}
	if rest := strings.TrimSpace(b.String()); rest != "" || quote != 0 {
		t.Errorf("%s: the script ends within a statement: %q", warehouse, rest)
	}
	return statements
}
