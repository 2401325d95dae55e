package schemas

import (
	"fmt"
	"strings"
)

// status is what became of a Space under a condition, and since when, in SQL.
type status struct{ when, is, since string }

// statuses are told apart in this order. What the API said last is not enough: it
// tells of a Space that is over, or was taken back, by not knowing it any more. One is
// a no-show when it is looked for an hour after its planned start and has not begun. A
// state that the API does not document stays as it is.
func statuses() []status {
	const waiting = "state = 'scheduled' AND started_at IS NULL"
	return []status{
		{"state = 'ended' OR ended_at IS NOT NULL", "'ended'", "ended_at"},
		{"state IN ('canceled', 'cancelled')", "'cancelled'", "coalesce(unavailable_at, last_seen_at)"},
		{waiting + " AND coalesce(unavailable_at, last_seen_at) >= scheduled_start + INTERVAL '1 hour'", "'no_show'", "scheduled_start"},
		{waiting + " AND unavailable_at IS NOT NULL", "'cancelled'", "unavailable_at"},
		{"unavailable_at IS NOT NULL", "'gone'", "unavailable_at"},
		{"state = 'scheduled'", "state", "scheduled_start"},
		{"true", "state", "started_at"},
	}
}

// SpacesWithStatus is the table spaces with what became of each, in SQL: status is
// live, scheduled, ended, cancelled, no_show, gone or another state, status_at since
// when.
func SpacesWithStatus() string {
	var is, since strings.Builder
	for _, s := range statuses() {
		fmt.Fprintf(&is, " WHEN %s THEN %s", s.when, s.is)
		fmt.Fprintf(&since, " WHEN %s THEN %s", s.when, s.since)
	}
	return fmt.Sprintf("(SELECT *, CASE%s END AS status, CASE%s END AS status_at FROM spaces) AS spaces", &is, &since)
}

// datePart is a column that says when a Space took place, in a form to group by.
type datePart struct {
	ViewColumn
	sql string
}

// dateParts are those of UTC, and of the zone that the connection is set to.
func dateParts() (parts []datePart) {
	for _, z := range []struct{ name, of, zone string }{
		{"utc", "of UTC", "'UTC'"},
		{"local", "of the connection's zone (SET TimeZone = 'Europe/Berlin')", "current_setting('TimeZone')"},
	} {
		at := fmt.Sprintf("(coalesce(spaces.started_at, spaces.scheduled_start, spaces.created_at) AT TIME ZONE %s)", z.zone)
		parts = append(parts,
			datePart{ViewColumn{z.name + "_date", "Day " + z.of + " on which it started, else is to start, else was set up."}, at + "::DATE"},
			datePart{ViewColumn{z.name + "_week", "Monday of the week of that day."}, fmt.Sprintf("date_trunc('week', %s)::DATE", at)},
			datePart{ViewColumn{z.name + "_hour", "Hour " + z.of + ", 0 to 23."}, fmt.Sprintf("extract(hour FROM %s)::BIGINT", at)},
			datePart{ViewColumn{z.name + "_weekday", "Day of the week " + z.of + ", 1 (Monday) to 7."}, fmt.Sprintf("extract(isodow FROM %s)::BIGINT", at)})
	}
	return parts
}

const spaceRunsView = `
SELECT space_id, _run_id AS run_id,
       max(observed_at) AS observed_at,
       max_by(state, observed_at) AS state,
       max_by(title, observed_at) AS title,
       max_by(participant_count, observed_at) AS participant_count,
       max_by(subscriber_count, observed_at) AS subscriber_count,
       max_by(host_count, observed_at) AS host_count,
       max_by(speaker_count, observed_at) AS speaker_count,
       max_by(invited_count, observed_at) AS invited_count,
       count(*) AS sighting_count
FROM space_snapshots GROUP BY space_id, _run_id`

func spaceRunsColumns() []ViewColumn {
	return []ViewColumn{
		{"space_id", "The Space."},
		{"run_id", "The run that saw it."},
		{"observed_at", "When the run saw it last."},
		{"state", "scheduled, live or ended at that time."},
		{"title", "Title at that time."},
		{"participant_count", "People in the room at the run's last sighting that says so."},
		{"subscriber_count", "Reminders and tickets, the same way."},
		{"host_count", "Hosts, the same way."},
		{"speaker_count", "People who had spoken by then, the same way."},
		{"invited_count", "People invited to speak, the same way."},
		{"sighting_count", "How often the run saw it."},
	}
}

// unescaped is a text of a tweet as people read it: the API escapes three signs.
func unescaped(text string) string {
	return fmt.Sprintf("replace(replace(replace(%s, '&lt;', '<'), '&gt;', '>'), '&amp;', '&')", text)
}

var tweetsView = fmt.Sprintf(`
SELECT tweets.tweet_id,
       shared.space_id,
       coalesce(shared.space_count, 0) AS space_count,
       tweets.author_id,
       coalesce(author.username, tweets.author_username_hint) AS author_username,
       author.name AS author_name,
       tweets.created_at,
       CASE WHEN retweeted.text IS NULL THEN %s
            ELSE concat('RT @', coalesce(retweeted.username, '?'), ': ', %s) END AS text,
       %s AS quoted_text,
       quoted.tweet_id AS quoted_tweet_id,
       retweeted.tweet_id AS retweeted_tweet_id,
       tweets.lang, tweets.like_count, tweets.retweet_count, tweets.reply_count, tweets.quote_count,
       tweets.bookmark_count, tweets.impression_count, tweets.first_seen_at, tweets.last_seen_at
FROM tweets
LEFT JOIN users AS author ON author.user_id = tweets.author_id
LEFT JOIN (
    SELECT tweet_id, min(space_id) AS space_id, count(*) AS space_count FROM space_tweets GROUP BY tweet_id
) AS shared ON shared.tweet_id = tweets.tweet_id
LEFT JOIN (%s) AS quoted ON quoted.by = tweets.tweet_id
LEFT JOIN (%s) AS retweeted ON retweeted.by = tweets.tweet_id`,
	unescaped("coalesce(tweets.note_text, tweets.text)"), unescaped("retweeted.text"), unescaped("quoted.text"),
	referred("quoted"), referred("retweeted"))

// referred are the tweets that others refer to in a way, one of each.
func referred(how string) string {
	return fmt.Sprintf(`
    SELECT refers.tweet_id AS by, min(refers.referenced_tweet_id) AS tweet_id,
           min_by(coalesce(tweets.note_text, tweets.text), refers.referenced_tweet_id) AS text,
           min_by(coalesce(users.username, tweets.author_username_hint), refers.referenced_tweet_id) AS username
    FROM tweet_references AS refers
    LEFT JOIN tweets ON tweets.tweet_id = refers.referenced_tweet_id
    LEFT JOIN users ON users.user_id = tweets.author_id
    WHERE refers.type = %s GROUP BY refers.tweet_id
`, QuoteText(how))
}

func tweetsColumns() []ViewColumn {
	return []ViewColumn{
		{"tweet_id", "Id of the tweet."},
		{"space_id", "The Space it was shared in, the first by id where it is several; NULL of a tweet that others refer to."},
		{"space_count", "Spaces it was shared in."},
		{"author_id", "Author."},
		{"author_username", "Handle of the author without @; NULL when not known."},
		{"author_name", "Display name of the author."},
		{"created_at", "When it was posted."},
		{"text", "Its whole text with signs as people read them; of a retweet RT @handle: and the whole text of the other, where that is known."},
		{"quoted_text", "Whole text of the tweet that it quotes; NULL when it quotes none that is known."},
		{"quoted_tweet_id", "That tweet."},
		{"retweeted_tweet_id", "The tweet that it retweets."},
		{"lang", "Language as detected, BCP 47; und when unknown."},
		{"like_count", "Likes when last fetched."},
		{"retweet_count", "Retweets, the same way."},
		{"reply_count", "Replies, the same way."},
		{"quote_count", "Quotes, the same way."},
		{"bookmark_count", "Bookmarks, the same way."},
		{"impression_count", "Views, the same way."},
		{"first_seen_at", "When it was first fetched."},
		{"last_seen_at", "When it was last fetched."},
	}
}

const personView = `
SELECT person.user_id,
       users.username,
       users.name,
       users.verified_type,
       users.followers_count,
       coalesce(held.created_count, 0) AS created_count,
       coalesce(held.hosted_count, 0) AS hosted_count,
       coalesce(held.spoken_count, 0) AS spoken_count,
       coalesce(held.space_count, 0) AS space_count,
       held.hosted_audience,
       held.largest_audience,
       held.first_space_at,
       held.last_space_at,
       users.first_seen_at,
       users.last_seen_at
FROM (SELECT user_id FROM users UNION SELECT user_id FROM space_users) AS person
LEFT JOIN users ON users.user_id = person.user_id
LEFT JOIN (
    SELECT role.user_id,
           count(*) FILTER (WHERE role.creator) AS created_count,
           count(*) FILTER (WHERE role.host) AS hosted_count,
           count(*) FILTER (WHERE role.speaker) AS spoken_count,
           count(*) AS space_count,
           sum(room.people) FILTER (WHERE role.host)::BIGINT AS hosted_audience,
           max(room.people) FILTER (WHERE role.host) AS largest_audience,
           min(room.took_place_at) AS first_space_at,
           max(room.took_place_at) AS last_space_at
    FROM (
        SELECT space_id, user_id, bool_or(role = 'creator') AS creator,
               bool_or(role IN ('creator', 'host')) AS host, bool_or(role = 'speaker') AS speaker
        FROM space_users WHERE role <> 'buyer' GROUP BY space_id, user_id
    ) AS role LEFT JOIN (
        SELECT spaces.space_id, coalesce(started_at, scheduled_start, created_at) AS took_place_at,
               greatest(seen.people, spaces.participant_count) AS people
        FROM spaces LEFT JOIN (
            SELECT space_id, max(participant_count) AS people FROM space_snapshots GROUP BY space_id
        ) AS seen ON seen.space_id = spaces.space_id
    ) AS room ON room.space_id = role.space_id
    GROUP BY role.user_id
) AS held ON held.user_id = person.user_id`

func personColumns() []ViewColumn {
	return []ViewColumn{
		{"user_id", "The person."},
		{"username", "Handle without @; NULL when the account is not in users."},
		{"name", "Display name."},
		{"verified_type", "blue, business, government or none; NULL when the account is not in users."},
		{"followers_count", "Followers when the account was last fetched."},
		{"created_count", "Spaces set up."},
		{"hosted_count", "Spaces hosted, those set up included."},
		{"spoken_count", "Spaces spoken in."},
		{"space_count", "Spaces in which the person had any role but that of a buyer."},
		{"hosted_audience", "People in the rooms of the Spaces hosted, at the fullest sighting of each, added up; one listener of two counts twice."},
		{"largest_audience", "The fullest of those."},
		{"first_space_at", "When the first of the person's Spaces started, else was to start, else was set up."},
		{"last_space_at", "The same of the last."},
		{"first_seen_at", "When the account was first fetched; NULL when it is not in users."},
		{"last_seen_at", "When it was last fetched."},
	}
}
