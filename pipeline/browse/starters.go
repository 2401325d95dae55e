package browse

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// starter is a statement to begin with.
type starter struct{ Title, SQL string }

// starters are the README's queries; a test compares them.
var starters = []starter{
	{"The liveliest Spaces", `SELECT title, creator_username, state, max_participant_count AS people, speaker_count AS speakers
FROM v_spaces ORDER BY people DESC, space_id LIMIT 3;`},
	{"Who speaks in most Spaces", `SELECT username, count(DISTINCT space_id) AS spaces, max(followers_count) AS followers
FROM v_space_people WHERE is_speaker AND username IS NOT NULL
GROUP BY user_id, username ORDER BY spaces DESC, username LIMIT 3;`},
	{"Topics, and how many people they draw", `SELECT topics.name AS topic, count(*) AS spaces, round(avg(participant_count)) AS avg_people
FROM space_topics JOIN topics USING (topic_id) JOIN spaces USING (space_id)
WHERE state <> 'scheduled' GROUP BY ALL ORDER BY spaces DESC, topic LIMIT 3;`},
	{"Tickets sold, against people in the room", `SELECT title, buyer_count AS buyers, participant_count AS people, round(100 * buyer_count / participant_count, 1) AS percent
FROM v_spaces WHERE is_ticketed AND buyer_count > 0 ORDER BY buyers DESC LIMIT 3;`},
	{"What the API did not give, and why", `SELECT resource_type, problem, parameter, count(*) AS times, min(resource_id) AS example
FROM api_errors GROUP BY resource_type, problem, parameter ORDER BY times DESC, resource_type LIMIT 3;`},
}

// example is a statement to begin with for a relation.
func (r *relation) example() string {
	from := schemas.Quote(r.Name)
	if unquoted(r.Name) {
		from = r.Name
	}
	if r.Kind == "macro" {
		from += "(now())"
	}
	return fmt.Sprintf("SELECT *\nFROM %s\nLIMIT 100;", from)
}

// unquoted reports whether a name needs no quotes.
func unquoted(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == "" && name != ""
}
