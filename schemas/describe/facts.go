package describe

import (
	_ "embed" // examples
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// merging says what becomes of stored rows when another run has rows.
func merging(t *schemas.Table) string {
	const (
		list   = "The newest list wins as a whole: what is no longer on it goes, and all of it when it was seen empty. A list that was not asked for stays."
		byKey  = "The newest row of each key wins, and none goes."
		adding = "Every row is kept."
	)
	paged := slices.IndexFunc(t.Sources, func(s schemas.Source) bool { return s.Object == schemas.PageObject })
	switch {
	case t.Mode == schemas.Coalesce:
		return "Of each column the newest value that is not NULL wins."
	case t.Mode == schemas.Every, paged >= 0 && t.Sources[paged].Missing:
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

// unit of a column's values, empty where it has none.
func unit(c schemas.Column) string {
	units := []struct{ part, unit string }{
		{"_ms", "ms"}, {"_minutes", "minutes"}, {"bytes", "bytes"}, {"bit_rate", "bits/s"},
		{"width", "pixels"}, {"height", "pixels"}, {"bbox_", "degrees"}, {"geo_lon", "degrees"}, {"geo_lat", "degrees"},
		{"probability", "0 to 1"}, {"rate_reset", "s since 1970"},
	}
	for _, u := range units {
		if strings.Contains(c.Name, u.part) && (c.Type == schemas.Int || c.Type == schemas.Float) {
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
func absent(t *schemas.Table, c schemas.Column) string {
	switch {
	case t.Object == schemas.RunObject && c.Name == "_page_id":
		return always
	case t.IsKey(c.Name), c.From == schemas.ParentKey, c.From == schemas.Ordinal, c.From == schemas.ParentOrdinal, c.From == schemas.Const:
		return never
	case whenNull.MatchString(c.Doc):
		return whenNull.FindStringSubmatch(c.Doc)[1]
	case c.From == schemas.Envelope && strings.HasPrefix(c.Path, "headers."):
		return "header not sent"
	case c.From == schemas.Envelope && c.Path == "text":
		return "the answer was JSON"
	case c.From == schemas.Envelope, t.Object == schemas.RunObject:
		return never
	case c.Private:
		return "not asked for, or not shown"
	case c.From == schemas.Count:
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
