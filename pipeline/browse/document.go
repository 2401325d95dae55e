package browse

import (
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// document adds to the catalog what the declarations of the tables know.
func (c *catalog) document() {
	declared := map[string]*schemas.Table{}
	order := map[string]int{}
	for _, t := range schemas.Tables() {
		declared[t.Name], order[t.Name] = t, len(order)+1
	}
	for _, r := range c.relations {
		r.Theme = theme(r)
		if t := declared[r.Name]; t != nil {
			r.Key, r.Doc = t.Key, t.Doc
		}
		switch r.Name {
		case "v_spaces", "spaces_as_of":
			r.Key = []string{"space_id"}
		case "v_space_people":
			r.Key = []string{"space_id", "user_id"}
		case "users_as_of":
			r.Key = []string{"user_id"}
		}
		for _, col := range r.Columns {
			describe(col, declared[r.Name], sources[r.Name])
		}
	}
	slices.SortStableFunc(c.relations, func(a, b *relation) int {
		if n := slices.Index(themes, a.Theme) - slices.Index(themes, b.Theme); n != 0 {
			return n
		}
		return order[a.Name] - order[b.Name]
	})
}

// sources are the tables that views and macros take columns from as they are.
var sources = map[string][]string{
	"v_spaces": {"spaces"}, "v_space_people": {"space_users", "users"}, "v_space_timeline": {"space_snapshots"},
	"spaces_as_of": {"spaces"}, "users_as_of": {"users"}, "space_users_as_of": {"space_users"},
	"spaces_history": {"spaces"}, "users_history": {"users"}, "space_users_history": {"space_users"},
}

// describe fills in a column's meaning from its table's declaration, or else
// from the table it is taken from.
func describe(c *column, t *schemas.Table, from []string) {
	declarations := []*schemas.Table{t}
	for _, other := range schemas.Tables() {
		if slices.Contains(from, other.Name) {
			declarations = append(declarations, other)
		}
	}
	for _, t := range declarations {
		if t == nil {
			continue
		}
		if i := t.Column(c.Name); i >= 0 {
			c.Doc, c.Ref = t.Columns[i].Doc, t.Columns[i].Ref
			break
		}
	}
	if c.Ref == "" {
		c.Ref = entityOf[c.Name]
	}
}

// entityOf are the columns whose values are keys, wherever they stand.
var entityOf = map[string]string{
	"space_id": "spaces", "user_id": "users", "creator_id": "users", "author_id": "users", "tweet_id": "tweets", "topic_id": "topics",
	"media_key": "media", "poll_id": "polls", "place_id": "places", "_run_id": "runs",
}

// themes group the overview, in this order.
var themes = []string{"Views", "Spaces", "People", "Tweets", "Media, polls, places", "History", "Runs and requests", "Other"}

func theme(r *relation) string {
	if r.Kind == "macro" || strings.HasSuffix(r.Name, "_history") && schemas.Lookup(r.Name) == nil {
		return "History"
	}
	if r.Kind == "view" {
		return "Views"
	}
	for _, of := range []struct{ prefix, theme string }{
		{"space", "Spaces"}, {"topic", "Spaces"}, {"user", "People"}, {"tweet", "Tweets"}, {"entity", "Tweets"},
		{"media", "Media, polls, places"}, {"poll", "Media, polls, places"}, {"place", "Media, polls, places"},
		{"api_", "Runs and requests"}, {"runs", "Runs and requests"},
	} {
		if strings.HasPrefix(r.Name, of.prefix) {
			return of.theme
		}
	}
	return "Other"
}
