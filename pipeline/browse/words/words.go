// Package words has the names that people read for those of SQL: what lists are called,
// how they are sorted and what they begin with, and what columns are called.
package words

import "strings"

// List is how a person sees a relation unless another way is asked for.
type List struct {
	Title   string
	Order   string   // the sort in words
	Sort    string   // a column, with a - in front when the largest comes first
	Columns []string // to begin with; none for the first ones
}

// Lists are those that have more to say than their names.
var Lists = map[string]List{
	"v_spaces": {"Spaces", "newest first", "-started_at",
		[]string{"title", "creator_username", "status", "max_participant_count", "participant_count", "started_at", "duration_minutes", "topics"}},
	"v_people": {"People", "by the audience that they drew", "-hosted_audience",
		[]string{"name", "username", "hosted_count", "hosted_audience", "largest_audience", "spoken_count", "space_count", "followers_count", "verified_type", "last_space_at"}},
	"v_space_people": {"People in Spaces", "most followed first", "-followers_count",
		[]string{"name", "username", "roles", "followers_count", "verified_type", "space_id"}},
	"v_space_runs": {"Spaces, run by run", "newest sighting first", "-observed_at",
		[]string{"title", "observed_at", "state", "participant_count", "subscriber_count", "speaker_count", "sighting_count", "run_id"}},
	"v_audience": {"Audience, sighting by sighting", "newest first", "-observed_at", nil},
	"v_audience_curves": {"Curves of audience", "fullest first", "-peak_people",
		[]string{"title", "peak_people", "peak_at", "peak_minutes", "half_life_minutes", "person_minutes", "sighting_count"}},
	"v_tweets": {"Tweets", "newest first", "-created_at",
		[]string{"text", "author_username", "created_at", "space_id", "like_count", "retweet_count", "reply_count", "impression_count"}},
	"v_space_timeline": {"What happened in Spaces", "newest first", "-event_at", nil},
	"spaces":           {"Spaces as the API gave them", "newest first", "-started_at", nil},
	"users": {"Accounts", "most followed first", "-followers_count",
		[]string{"name", "username", "followers_count", "following_count", "tweet_count", "verified_type", "location", "created_at", "user_id"}},
	"topics": {"Topics", "by name", "name", []string{"name", "description", "topic_id"}},
	"tweets": {"Tweets as the API gave them", "newest first", "-created_at",
		[]string{"text", "author_id", "created_at", "like_count", "retweet_count", "reply_count", "impression_count", "tweet_id"}},
	"runs": {"Runs", "newest first", "-started_at",
		[]string{"_run_id", "job", "outcome", "started_at", "ended_at", "pages", "requests", "waited_ms", "bytes", "version"}},
	"api_errors":      {"What the API did not give", "newest first", "-_fetched_at", nil},
	"space_snapshots": {"Sightings of Spaces", "newest first", "-observed_at", nil},
}

// Title is what the rows of a relation are.
func Title(relation string) string {
	if l := Lists[relation]; l.Title != "" {
		return l.Title
	}
	return spaced(relation)
}

// labels are the names of columns that their own names do not tell.
var labels = map[string]string{
	"creator_username": "Host", "creator_name": "Host's name", "creator_id": "Host's id", "author_username": "Author", "author_name": "Author's name", "author_id": "Author's id",
	"username": "Handle", "participant_count": "People last seen", "max_participant_count": "Most people", "people_count": "People named",
	"started_at": "Started (UTC)", "scheduled_start": "Planned for (UTC)", "duration_minutes": "Minutes", "hosted_count": "Hosted", "created_count": "Set up", "spoken_count": "Spoke in",
	"space_count": "Spaces", "hosted_audience": "Audience", "largest_audience": "Fullest Space", "verified_type": "Verified", "lang": "Language", "impression_count": "Views", "reply_count": "Replies",
	"following_count": "Following", "observed_at": "Seen (UTC)", "peak_people": "Most people", "peak_at": "Fullest (UTC)", "peak_minutes": "Minutes to the peak", "half_life_minutes": "Minutes until half",
	"person_minutes": "Minutes that people spent", "longest_gap_minutes": "Longest gap, minutes", "last_space_at": "Last Space (UTC)", "first_space_at": "First Space (UTC)",
}

// Column is a column's name for people.
func Column(name string, time bool) string {
	if label := labels[name]; label != "" {
		return label
	}
	base, counts := strings.CutSuffix(name, "_count")
	if counts && !strings.HasSuffix(base, "s") && base != "" {
		base += "s"
	}
	if at, found := strings.CutSuffix(base, "_at"); found && time {
		return spaced(at) + " (UTC)"
	}
	return spaced(base)
}

// spaced is a name of SQL in words.
func spaced(name string) string {
	words := strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(name, "v_"), "_", " "))
	if words == "" {
		return name
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
