package schemas

import (
	_ "embed" // examples
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// merging says what becomes of stored rows when another run has rows.
func merging(t *Table) string {
	const (
		list   = "The newest list wins as a whole: what is no longer on it goes, and all of it when it was seen empty. A list that was not asked for stays."
		byKey  = "The newest row of each key wins, and none goes."
		adding = "Every row is kept."
	)
	paged := slices.IndexFunc(t.Sources, func(s Source) bool { return s.Object == PageObject })
	switch {
	case t.Mode == Coalesce:
		return "Of each column the newest value that is not NULL wins."
	case t.Mode == Every, paged >= 0 && t.Sources[paged].Missing:
		return adding
	case t.Object != "":
		return "The newest sighting wins. A column that it did not ask for keeps its value."
	case paged == 0:
		return byKey
	case paged > 0:
		return list + fmt.Sprintf(" Of %ss the newest row of each key wins, and none goes.", t.Sources[paged].Set["role"])
	}
	return list
}

// IsLineage reports whether the column is one of those that every table has.
func (c Column) IsLineage() bool {
	return slices.ContainsFunc(lineage, func(l Column) bool { return l.Name == c.Name })
}

// unit of a column's values, empty where it has none.
func (c Column) unit() string {
	units := []struct{ part, unit string }{
		{"_ms", "ms"}, {"_minutes", "minutes"}, {"bytes", "bytes"}, {"bit_rate", "bits/s"},
		{"width", "pixels"}, {"height", "pixels"}, {"bbox_", "degrees"}, {"geo_lon", "degrees"}, {"geo_lat", "degrees"},
		{"probability", "0 to 1"}, {"rate_reset", "s since 1970"},
	}
	for _, u := range units {
		if strings.Contains(c.Name, u.part) && (c.Type == Int || c.Type == Float) {
			return u.unit
		}
	}
	return ""
}

// What NULL means in columns that a declaration says enough of.
const (
	never  = "never"
	always = "always"
)

// whenNull finds what a doc says of NULL.
var whenNull = regexp.MustCompile(`NULL ((when|before|where|while|in|for|on) [^;.]*)`)

// absent says what NULL means in a column.
func absent(t *Table, c Column) string {
	switch {
	case t.Object == RunObject && c.Name == "_page_id":
		return always
	case t.IsKey(c.Name), c.From == ParentKey, c.From == Ordinal, c.From == ParentOrdinal, c.From == Const:
		return never
	case whenNull.MatchString(c.Doc):
		return whenNull.FindStringSubmatch(c.Doc)[1]
	case c.From == Envelope && strings.HasPrefix(c.Path, "headers."):
		return "header not sent"
	case c.From == Envelope && c.Path == "text":
		return "the answer was JSON"
	case c.From == Envelope, t.Object == RunObject:
		return never
	case c.Private:
		return "not asked for, or not shown"
	case c.From == Count:
		return "list not sent"
	}
	return "the API did not say"
}

//go:embed examples.json
var examplesText []byte

// examples are values by table and column, of the simulated world: a test of
// the program fills them in.
func examples() map[string]map[string]string {
	var all map[string]map[string]string
	if err := json.Unmarshal(examplesText, &all); err != nil {
		panic(err) // our own file
	}
	return all
}
