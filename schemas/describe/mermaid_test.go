package describe

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// Every line is one of the four that Mermaid's entity diagrams know and are
// used here, every table is drawn once, and every relation joins tables.
func TestMermaidIsOfItsGrammar(t *testing.T) {
	var (
		open     = regexp.MustCompile(`^    ([a-z_]+) \{$`)
		column   = regexp.MustCompile(`^        (text|integer|double|boolean|timestamp) [a-z_][a-z0-9_]*( PK| FK| PK, FK)?$`)
		relation = regexp.MustCompile(`^    ([a-z_]+) (\|\||\|o)(--|\.\.)o\{ ([a-z_]+) : [a-z_]+$`)
	)
	diagrams := map[string]string{"all": Mermaid()}
	for _, theme := range schemas.Themes() {
		diagrams[theme.Name] = themeMermaid(theme)
	}
	drawn, related := map[string]int{}, 0
	for name, text := range diagrams {
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for i, line := range lines {
			switch {
			case open.MatchString(line):
				if name != "all" {
					drawn[open.FindStringSubmatch(line)[1]]++
				}
			case relation.MatchString(line):
				ends := relation.FindStringSubmatch(line)
				if schemas.Lookup(ends[1]) == nil || schemas.Lookup(ends[4]) == nil {
					t.Errorf("%s: %q joins something that is no table", name, line)
				}
				if name == "all" {
					related++
				}
			case column.MatchString(line), line == "    }", i == 0 && line == "erDiagram", i == 1 && line == "    direction LR":
			default:
				t.Errorf("%s: line %d is nothing Mermaid knows: %q", name, i+1, line)
			}
		}
	}
	for _, table := range schemas.Tables() {
		if drawn[table.Name] != 1 {
			t.Errorf("%s is in %d themes, want one", table.Name, drawn[table.Name])
		}
	}
	if related != len(schemas.Relations()) {
		t.Errorf("%d relations are drawn, want %d", related, len(schemas.Relations()))
	}
}
