package schemas

import (
	"fmt"
	"strings"
)

// View is a question analysts ask often, answered from the tables.
type View struct {
	Name string
	Doc  string
	// Columns have a name and a doc, in the order of the view.
	Columns []ViewColumn
	// Versions: it reads ended versions, which only a database has, and no file.
	Versions bool
	SQL      string // one SELECT of DuckDB's dialect, and but for max_by and min_by of PostgreSQL's where Versions is false; names no database or schema, so that it works where the file is attached
}

// Views returns the views of the database.
func Views() []View {
	views := []View{
		{Name: "v_spaces", Columns: spacesColumns(), Doc: "One row per Space as last seen, with its creator, topics and counts of the people and tweets that are known. Durations are minutes.", SQL: spacesView()},
		{Name: "v_space_runs", Columns: spaceRunsColumns(), Doc: "One row per Space and run that saw it, as it was last seen in the run: what adds up over runs, or is drawn over time. space_snapshots has every sighting, and a run sees a Space as often as it is found.", SQL: spaceRunsView},
		{Name: "v_audience", Columns: audienceColumns(), Doc: "One row per live Space and time that it was seen: the curve of its audience, dense where spacesetl watch looked.", SQL: audienceView},
		{Name: "v_audience_curves", Columns: audienceCurvesColumns(), Doc: "One row per Space that was seen live: the peak of its audience, how soon that halved, and the area under the curve.", SQL: audienceCurvesView},
		{Name: "v_space_people", Columns: peopleColumns(), Doc: "One row per Space and person: who it is and every role. Listeners are never listed by the API.", SQL: peopleView()},
		{Name: "v_people", Columns: personColumns(), Doc: "One row per person who is in users or has a role in a Space: how often they hosted and spoke, for how many people, and when.", SQL: personView},
		{Name: "v_tweets", Columns: tweetsColumns(), Doc: "One row per tweet: its whole text, author, what it quotes or retweets, and the Space it was shared in.", SQL: tweetsView},
		{Name: "v_space_timeline", Columns: timelineColumns(), Doc: "What happened in each Space, in time order: created, scheduled (the planned start), started, seen (by a run, with the people in the room), tweet (shared), ended.", SQL: timelineView},
	}
	for _, t := range versioned() {
		views = append(views, historyView(t))
	}
	return views
}

// roles lists what a person can be in a Space, in the order of the declaration.
func roles() []string {
	var roles []string
	for _, s := range Lookup("space_users").Sources {
		roles = append(roles, s.Set["role"])
	}
	return roles
}

func spacesView() string {
	var counts, columns, parts strings.Builder
	var own []string
	for _, c := range append(ownColumns(), ViewColumn{Name: "status"}, ViewColumn{Name: "status_at"}) {
		own = append(own, "spaces."+c.Name)
	}
	for _, role := range roles() {
		if role == "creator" {
			continue
		}
		name := role + "_count"
		fmt.Fprintf(&counts, "\n           count(*) FILTER (WHERE role = %s) AS %s,", QuoteText(role), name)
		fmt.Fprintf(&columns, "\n       coalesce(people.%s, 0) AS %[1]s,", name)
	}
	for _, p := range dateParts() {
		fmt.Fprintf(&parts, ",\n       %s AS %s", p.sql, p.Name)
	}
	return fmt.Sprintf(`
SELECT %s,
       creator.username AS creator_username,
       creator.name AS creator_name,
       chosen.topics,%s
       coalesce(people.people_count, 0) AS people_count,
       coalesce(shared.tweet_count, 0) AS tweet_count,
       (extract(epoch FROM spaces.ended_at) - extract(epoch FROM spaces.started_at))::FLOAT8 / 60 AS duration_minutes,
       (extract(epoch FROM spaces.started_at) - extract(epoch FROM spaces.scheduled_start))::FLOAT8 / 60 AS late_minutes,
       greatest(seen.max_participant_count, spaces.participant_count) AS max_participant_count,
       coalesce(seen.snapshot_count, 0) AS snapshot_count%s
FROM %s
LEFT JOIN users AS creator ON creator.user_id = spaces.creator_id
LEFT JOIN (
    SELECT space_id,%s
           count(DISTINCT user_id) AS people_count
    FROM space_users GROUP BY space_id
) AS people ON people.space_id = spaces.space_id
LEFT JOIN (
    SELECT space_topics.space_id,
           string_agg(coalesce(topics.name, space_topics.topic_id), ', ' ORDER BY space_topics.ordinal, space_topics.topic_id) AS topics
    FROM space_topics LEFT JOIN topics ON topics.topic_id = space_topics.topic_id
    GROUP BY space_topics.space_id
) AS chosen ON chosen.space_id = spaces.space_id
LEFT JOIN (
    SELECT space_id, count(*) AS tweet_count FROM space_tweets GROUP BY space_id
) AS shared ON shared.space_id = spaces.space_id
LEFT JOIN (
    SELECT space_id, max(participant_count) AS max_participant_count, count(*) AS snapshot_count
    FROM space_snapshots GROUP BY space_id
) AS seen ON seen.space_id = spaces.space_id`, strings.Join(own, ", "), columns.String(), parts.String(), SpacesWithStatus(), counts.String())
}

// peopleView adds the roles up before it looks for who the people are, and
// without a list for each: with 3 million rows of space_users it takes half a
// gigabyte, where lists took more than twice that.
func peopleView() string {
	var names, held []string
	var flags strings.Builder
	for _, role := range roles() {
		names = append(names, fmt.Sprintf("CASE WHEN bool_or(role = %s) THEN %[1]s END", QuoteText(role)))
		held = append(held, "held.is_"+role)
		fmt.Fprintf(&flags, "\n           bool_or(role = %s) AS is_%s,", QuoteText(role), role)
	}
	return fmt.Sprintf(`
SELECT held.space_id,
       held.user_id,
       users.username,
       users.name,
       held.roles, %s,
       users.followers_count,
       users.verified_type
FROM (
    SELECT space_id, user_id,
           concat_ws(', ', %s) AS roles,%s
    FROM space_users GROUP BY space_id, user_id
) AS held LEFT JOIN users ON users.user_id = held.user_id`,
		strings.Join(held, ", "), strings.Join(names, ",\n               "), strings.TrimSuffix(flags.String(), ","))
}

const timelineView = `
SELECT space_id, event_at, event, detail, participant_count, user_id
FROM (
    SELECT space_id, created_at AS event_at, 1 AS step, 'created' AS event, title AS detail,
           NULL::BIGINT AS participant_count, creator_id AS user_id FROM spaces
    UNION ALL
    SELECT space_id, scheduled_start, 2, 'scheduled', title, NULL, creator_id FROM spaces
    UNION ALL
    SELECT space_id, started_at, 3, 'started', title, NULL, creator_id FROM spaces
    UNION ALL
    SELECT space_id, max(observed_at), 4, 'seen', max_by(state, observed_at), max_by(participant_count, observed_at), NULL
    FROM space_snapshots GROUP BY space_id, _run_id
    UNION ALL
    SELECT space_tweets.space_id, tweets.created_at, 5, 'tweet', tweets.text, NULL, tweets.author_id
    FROM space_tweets JOIN tweets ON tweets.tweet_id = space_tweets.tweet_id
    UNION ALL
    SELECT space_id, ended_at, 6, 'ended', title, NULL, creator_id FROM spaces
) AS happened
WHERE event_at IS NOT NULL
ORDER BY space_id, event_at, step, detail`
