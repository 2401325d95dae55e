package describe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Mermaid is the diagram of all tables with their keys and relations, in the
// language of Mermaid.
func Mermaid() string {
	return erDiagram(schemas.Tables(), func(t *schemas.Table, c schemas.Column) bool { return t.IsKey(c.Name) || c.Refers() != "" })
}

// Mermaid is the diagram of the theme's tables with their own columns, and of
// what they refer to. Left out are those that a run does not ask for by itself.
func themeMermaid(t schemas.Theme) string {
	return erDiagram(t.Tables, func(_ *schemas.Table, c schemas.Column) bool { return !c.Private })
}

// erDiagram draws tables with those of their columns that show. Tables that
// they refer to are drawn as empty boxes.
func erDiagram(drawn []*schemas.Table, shows func(*schemas.Table, schemas.Column) bool) string {
	var b strings.Builder
	b.WriteString("erDiagram\n    direction LR\n")
	for _, t := range drawn {
		fmt.Fprintf(&b, "    %s {\n", t.Name)
		for _, c := range t.Columns {
			if (!c.IsLineage() || t.IsKey(c.Name)) && c.From != schemas.Told && shows(t, c) {
				fmt.Fprintf(&b, "        %s %s%s\n", mermaidType(c.Type), c.Name, mermaidKeys(t, c))
			}
		}
		b.WriteString("    }\n")
	}
	for _, r := range schemas.Relations() {
		if slices.ContainsFunc(drawn, func(t *schemas.Table) bool { return t.Name == r.From }) {
			fmt.Fprintf(&b, "    %s %s %s : %s\n", r.To, crowsFoot(r), r.From, r.Column)
		}
	}
	return b.String()
}

// crowsFoot reads from the table that is referred to: exactly one, or one that
// may be missing, to any number. A broken line is a reference outside the key.
func crowsFoot(r schemas.Relation) string {
	one, line := "|o", ".."
	if r.Certain {
		one = "||"
	}
	if r.Identifies {
		line = "--"
	}
	return one + line + "o{"
}

// mermaidType is a type in one word.
func mermaidType(t schemas.Type) string {
	word, _, _ := strings.Cut(t.String(), " ")
	return word
}

func mermaidKeys(t *schemas.Table, c schemas.Column) string {
	var keys []string
	if t.IsKey(c.Name) {
		keys = append(keys, "PK")
	}
	if c.Refers() != "" {
		keys = append(keys, "FK")
	}
	if len(keys) == 0 {
		return ""
	}
	return " " + strings.Join(keys, ", ")
}

// DiagramPage is ER.md: the drawing, and the diagrams of all tables and of
// each theme.
func DiagramPage() string {
	var b strings.Builder
	b.WriteString("# Diagrams\n\nMade from the declarations in this folder: `go test ./schemas/... -update`.\n" +
		"Columns are described in the [data dictionary](README.md); [QUESTIONS.md](QUESTIONS.md) says which table answers which question.\n\n" +
		"[![Tables by theme with their keys and relations](er.svg)](er.svg)\n\n" +
		"*PK* is part of the key, *FK* holds keys of another table. A solid line is part of the key of the table at its many end, a broken one\n" +
		"is not. Where the other end has a ring, the row can be missing: X does not give everybody and every tweet that is named.\n" +
		"Every row also names its run (`_run_id`, runs), its page (`_page_id`, api_requests) and when that was received\n" +
		"(`_fetched_at`); these columns and lines are left out where they are no key, and so are columns that are not asked for by default.\n" +
		"All tables in one, with keys only: `spacesetl schema --format mermaid`.\n")
	for _, t := range schemas.Themes() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n```mermaid\n%s```\n", t.Name, t.Doc, themeMermaid(t))
	}
	return b.String()
}
