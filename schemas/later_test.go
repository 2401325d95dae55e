package schemas

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Readers go by position, and the digits of _columns and _lists do: what was
// published keeps its place, and what is new comes last.
func TestPlacesAreForGood(t *testing.T) {
	for table, want := range map[string]string{
		"spaces": "space_users[role:creator] space_users[role:host] space_users[role:speaker] space_users[role:invited] space_topics[]",
		"topics": "",
		"users": "user_affiliations[] user_entities[kind:url section:description] user_entities[kind:hashtag section:description] user_entities[kind:cashtag section:description] " +
			"user_entities[kind:mention section:description] user_entities[kind:annotation section:description] user_entities[kind:url section:url] user_entities[kind:hashtag section:url] " +
			"user_entities[kind:cashtag section:url] user_entities[kind:mention section:url] user_entities[kind:annotation section:url] user_withheld_countries[] user_connection_status[] " +
			"entity_url_images[owner_type:user section:url] entity_url_images[owner_type:user section:description]",
		"media": "media_variants[]", "polls": "poll_options[]", "places": "place_parents[]",
	} {
		var got []string
		for _, l := range Lookup(table).Lists() {
			got = append(got, l.Table.Name+strings.TrimPrefix(fmt.Sprint(l.Set), "map"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("lists of %s:\n got %s\nwant %s", table, strings.Join(got, " "), want)
		}
	}
	for table, want := range map[string]string{"users": "_fetched_at _columns _lists subscriber_count", "tweets": "_fetched_at _columns _lists article_title_json", "spaces": "_page_id _fetched_at _columns _lists"} {
		names := columnNames(Lookup(table).Columns)
		if got := strings.Join(names[len(names)-4:], " "); got != want {
			t.Errorf("%s ends with %s, want %s", table, got, want)
		}
	}
	if i := slices.Index(columnNames(Lookup("users").Columns), "extras"); i != 31 {
		t.Errorf("users.extras is column %d, want 31", i)
	}
}
