package describe

import (
	_ "embed" // the module
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// polarsModule is the rule in Python, without the tables.
//
//go:embed polars.py
var polarsModule string

// Polars is a Python module whose function latest gives the rows that count of the
// Parquet files of all runs, by Rule, as a lazy frame of polars.
func Polars() string {
	var b strings.Builder
	b.WriteString("TABLES = {\n")
	for _, t := range schemas.Tables() {
		fmt.Fprintf(&b, "    %q: {\n        \"key\": [%s],\n        \"columns\": {%s},\n", t.Name, pythonNames(t.Key), wrapped(pythonTypes(t)))
		if t.IsEntity() {
			fmt.Fprintf(&b, "        \"merge\": {%s},\n", wrapped(pythonMerge(t)))
		} else if len(t.ListColumns()) > 0 {
			fmt.Fprintf(&b, "        \"list\": [%s],\n        \"seen\": [%s],\n", pythonNames(t.ListColumns()), wrapped(pythonSeen(t)))
			if claimed := pythonClaimed(t); len(claimed) > 0 {
				fmt.Fprintf(&b, "        \"claimed\": [%s],\n", strings.Join(claimed, ", "))
			}
		}
		b.WriteString("    },\n")
	}
	b.WriteString("}\n")
	return strings.Replace(polarsModule, "TABLES = {}\n", b.String(), 1)
}

// pythonTypes are the columns with their types, named as the module names them.
func pythonTypes(t *schemas.Table) []string {
	types := [...]string{schemas.Text: "TEXT", schemas.ID: "TEXT", schemas.Int: "INT", schemas.Float: "FLOAT", schemas.Bool: "BOOL", schemas.Time: "TIME", schemas.JSON: "TEXT", schemas.Suffix: "TEXT"}
	items := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		items[i] = fmt.Sprintf("%q: %s", c.Name, types[c.Type])
	}
	return items
}

// pythonMerge says of the columns of objects what becomes of them, where a sighting
// does not tell of each; the cases are those of Rule.Objects.
func pythonMerge(t *schemas.Table) []string {
	var items []string
	for _, c := range t.Columns {
		how := "newest"
		switch {
		case t.IsKey(c.Name):
			continue
		case c.Merge == schemas.Least:
			how = "least"
		case c.Merge == schemas.Greatest:
			how = "greatest"
		case c.From == schemas.Nowhere:
			how = "gone"
		case c.From == schemas.Value || c.From == schemas.Extras:
			continue
		}
		items = append(items, fmt.Sprintf("%q: %q", c.Name, how))
	}
	return items
}

// pythonSeen are the lists of other tables' objects that t has rows of.
func pythonSeen(t *schemas.Table) []string {
	var items []string
	for _, parent := range schemas.Tables() {
		for i, l := range parent.Lists() {
			if l.Table == t {
				items = append(items, fmt.Sprintf("(%q, %d, %s)", parent.Name, i, pythonTexts(l.Set)))
			}
		}
	}
	return items
}

// pythonClaimed are the columns by which to know the rows of paged collections.
func pythonClaimed(t *schemas.Table) []string {
	var items []string
	for _, s := range t.Sources {
		if s.Object == schemas.PageObject {
			items = append(items, pythonTexts(s.Set))
		}
	}
	return items
}

func pythonTexts(texts map[string]string) string {
	var items []string
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		items = append(items, fmt.Sprintf("%q: %q", name, texts[name]))
	}
	return "{" + strings.Join(items, ", ") + "}"
}

func pythonNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, ", ")
}

// wrapped breaks what stands between brackets into lines of some 120 signs.
func wrapped(items []string) string {
	const indent, width = "\n            ", 108
	var b strings.Builder
	left := 0
	for _, item := range items {
		if left -= len(item) + len(", "); left < 0 {
			b.WriteString(indent)
			left = width - len(item) - len(", ")
		} else {
			b.WriteString(" ")
		}
		b.WriteString(item + ",")
	}
	return b.String() + "\n        "
}
