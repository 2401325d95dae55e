package words

import (
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// Lists name relations and columns that are there.
func TestListsAreOfWhatIsThere(t *testing.T) {
	columns := map[string][]string{}
	for _, table := range schemas.Tables() {
		for _, c := range table.Columns {
			columns[table.Name] = append(columns[table.Name], c.Name)
		}
	}
	for _, view := range schemas.Views() {
		for _, c := range view.Columns {
			columns[view.Name] = append(columns[view.Name], c.Name)
		}
	}
	for name, list := range Lists {
		for _, c := range append(list.Columns, strings.TrimPrefix(list.Sort, "-")) {
			if !slices.Contains(columns[name], c) {
				t.Errorf("%s has no column %s", name, c)
			}
		}
	}
}

func TestColumnsHaveNamesForPeople(t *testing.T) {
	for name, want := range map[string]string{
		"title": "Title", "like_count": "Likes", "followers_count": "Followers", "created_at": "Created (UTC)", "_run_id": "Run id", "creator_username": "Host", "_": "_", "": "",
	} {
		if got := Column(name, name == "created_at"); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
