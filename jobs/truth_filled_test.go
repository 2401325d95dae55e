package jobs_test

import (
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// empty are the columns, by a part of their names, that a run cannot fill. All
// others must hold something, or the comparison would say nothing.
var empty = []struct {
	in   string // what a run must be for it; "" for every run
	part string
	why  string
}{
	{"", "promoted_", "nobody promotes tweets and media here"},
	{"", "media.non_public_", "the simulator's media have public counts only"},
	{"", "media.organic_", "the simulator's media have public counts only"},
	{"", "matched_media_notes", "not asked for by default"},
	{"", "note_request_suggestions", "not asked for by default"},
	{"", "api_requests.text", "no refusal without JSON"},
	{"", "api_errors.reason", "no refusal of the app"},
	{"", "api_errors.code", "no answer in the older error format"},
	{"", "api_errors.status", "partial errors have none"},
	{"", "api_errors.parameters", "no invalid request"},
	{"", "runs._page_id", "a run comes from no page"},
	{"", "spaces.unavailable_at", "no Space goes away between two runs"},
	{"", "user_entities.unwound_url", "the simulator's profiles have plain links"},
	{"", "user_entities.title", "the simulator's profiles have plain links"},
	{"", "user_entities.description", "the simulator's profiles have plain links"},
	{"", "user_entities.status", "the simulator's profiles have plain links"},
	{"", "user_entities.media_key", "tweets only"},
	{"", "user_entities.annotation_type", "tweets only"},
	{"", "user_entities.normalized_text", "tweets only"},
	{"", "user_entities.probability", "tweets only"},
	{"", "tweet_suggested_links.start", "the simulator's suggestions are a link and a count"},
	{"", "tweet_suggested_links.end", "the simulator's suggestions are a link and a count"},
	{"", "tweet_suggested_links.expanded_url", "the simulator's suggestions are a link and a count"},
	{"", "tweet_suggested_links.display_url", "the simulator's suggestions are a link and a count"},
	{"", "tweet_suggested_links.unwound_url", "the simulator's suggestions are a link and a count"},
	{"", "tweet_suggested_links.title", "the simulator's suggestions are a link and a count"},
	{"", "tweet_suggested_links.description", "the simulator's suggestions are a link and a count"},
	{"", "tweet_suggested_links.status", "the simulator's suggestions are a link and a count"},
	{"", "tweets.non_public_like_count", "the simulator has it under organic_metrics"},
	{"", "tweets.non_public_reply_count", "the simulator has it under organic_metrics"},
	{"", "tweets.non_public_retweet_count", "the simulator has it under organic_metrics"},
	{"", "tweets.organic_url_link_clicks", "the simulator has it under non_public_metrics"},
	{"", "tweets.organic_user_profile_clicks", "the simulator has it under non_public_metrics"},
	{"public", "subscriber_count", "for the creator, who asks for private fields"},
	{"public", "users.receives_your_dm", "asked for with private fields"},
	{"public", "user_connection_status.", "asked for with private fields"},
	{"public", "tweets.non_public_", "asked for with private fields"},
	{"public", "tweets.organic_", "asked for with private fields"},
	{"public", "api_errors.field", "refused fields are private ones"},
	{"tweet", "users.subscribes_to_you", "a field of the post dialect"},
	{"tweet", "users.media_count", "a count of the post dialect"},
	{"tweet", "users.subscriber_count", "a field of the post dialect"},
	{"", "tweets.article_title_json", "the simulator's titles stand in the article"},
	{"post", "places.geometry_type", "no geometry in the post dialect"},
	{"post", "places.geo_lon", "no geometry in the post dialect"},
	{"post", "places.geo_lat", "no geometry in the post dialect"},
}

// checkFilled finds tables and columns that hold nothing.
func checkFilled(w *wanted) {
	for _, table := range schemas.Tables() {
		full := map[string]bool{}
		for _, row := range w.tables[table.Name] {
			for column, text := range row {
				full[column] = full[column] || text != null
			}
		}
		for _, c := range table.Columns {
			name := table.Name + "." + c.Name
			if !full[c.Name] && c.Name != extrasName && c.From != schemas.Told && !mayBeEmpty(w, name) {
				w.t.Errorf("%s is never wanted: nothing is tested", name)
			}
		}
	}
}

func mayBeEmpty(w *wanted, column string) bool {
	kinds := []string{"", w.dialect, "public"}
	if w.private {
		kinds[2] = "private"
	}
	for _, e := range empty {
		if strings.Contains(column, e.part) && slices.Contains(kinds, e.in) {
			return true
		}
	}
	return false
}
