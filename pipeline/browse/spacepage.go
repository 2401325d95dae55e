package browse

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/spacesetl/spacesetl/pipeline/browse/chart"
	"github.com/spacesetl/spacesetl/schemas"
)

// spacePage is a Space with everything known of it.
type spacePage struct {
	Space    record
	ID       string
	Roles    []roleOf
	Topics   []record
	Chart    *chart.Chart
	Timeline []record
	Tweets   []record
	Errors   []record
	Shared   int64 // tweets in all
	Raw      []rawRows
}

// roleOf is the people of one role.
type roleOf struct {
	Role   string
	Count  int64
	People []record // the first ones
}

// rawRows are the rows of a table that are about something.
type rawRows struct {
	Table string
	Link  string
	Rows  int64
}

// Bounds of the lists on the pages of Spaces and users.
const (
	peopleShown = "48"
	eventsShown = "200"
	tweetsShown = "50"
	pointsShown = "2000"
)

func viewSpace(ctx context.Context, t *held, r *http.Request) (view, error) {
	p := spacePage{ID: r.PathValue("id")}
	if !t.catalog.has("spaces", "users", "space_users", "space_topics", "topics", "space_snapshots", "space_tweets", "tweets", "v_space_timeline", "api_errors", "space_absences") {
		return view{}, &problem{http.StatusNotFound, "the database lacks tables that the page of a Space needs"}
	}
	if err := p.read(ctx, t); err != nil {
		return view{}, err
	}
	title := "Space " + p.ID
	if p.Space.Has("title") {
		title = bounded(p.Space["title"].Text, 80)
	}
	return view{Title: title, Nav: "space", Template: "space.html", Data: p}, nil
}

func (p *spacePage) read(ctx context.Context, t *held) error {
	spaces, err := records(ctx, t.pages, `
SELECT spaces.* EXCLUDE (extras) REPLACE (status AS state), (epoch(ended_at) - epoch(started_at)) / 60 AS minutes,
       (epoch(started_at) - epoch(scheduled_start)) / 60 AS late, users.username, users.name
FROM `+schemas.SpacesWithStatus()+` LEFT JOIN users ON user_id = creator_id WHERE space_id = ?`, p.ID)
	if err != nil {
		return err
	}
	if len(spaces) > 0 {
		p.Space = spaces[0]
	}
	for _, q := range []struct {
		into *[]record
		sql  string
	}{
		{&p.Topics, "SELECT topic_id, name, description FROM space_topics LEFT JOIN topics USING (topic_id) WHERE space_id = ? ORDER BY ordinal"},
		{&p.Timeline, "SELECT event_at, event, left(detail, 300) AS detail, participant_count, user_id FROM v_space_timeline WHERE space_id = ? ORDER BY event_at, event LIMIT " + eventsShown},
		{&p.Tweets, `SELECT tweet_id, left(coalesce(note_text, text), 600) AS text, tweets.created_at, author_id, users.username, users.name, tweets.like_count, retweet_count
FROM space_tweets LEFT JOIN tweets USING (tweet_id) LEFT JOIN users ON user_id = author_id WHERE space_id = ? ORDER BY ordinal, tweet_id LIMIT ` + tweetsShown},
		{&p.Errors, "SELECT _run_id, _page_id, seq, endpoint, problem, title, detail, _fetched_at FROM api_errors WHERE resource_id = ? ORDER BY _fetched_at DESC LIMIT 20"},
	} {
		if *q.into, err = records(ctx, t.pages, q.sql, p.ID); err != nil {
			return err
		}
	}
	if err := p.people(ctx, t); err != nil {
		return err
	}
	if err := p.participants(ctx, t); err != nil {
		return err
	}
	if err := p.raw(ctx, t); err != nil {
		return err
	}
	if p.Space == nil && len(p.Raw) == 0 && len(p.Errors) == 0 {
		return &problem{http.StatusNotFound, fmt.Sprintf("no run has seen a Space %q", bounded(p.ID, 80))}
	}
	return nil
}

// people reads the first ones of each role.
func (p *spacePage) people(ctx context.Context, t *held) error {
	rows, err := records(ctx, t.pages, `
SELECT held.*, username, name, verified_type, followers_count FROM (
    SELECT user_id, role, ordinal, count(*) OVER (PARTITION BY role) AS people FROM space_users WHERE space_id = ?
    QUALIFY row_number() OVER (PARTITION BY role ORDER BY ordinal, user_id) <= `+peopleShown+`
) AS held LEFT JOIN users USING (user_id)
ORDER BY list_position(['creator', 'host', 'speaker', 'invited', 'buyer'], role), role, ordinal, user_id`, p.ID)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if n := len(p.Roles); n == 0 || p.Roles[n-1].Role != row["role"].Text {
			p.Roles = append(p.Roles, roleOf{Role: row["role"].Text, Count: row.Int("people")})
		}
		last := &p.Roles[len(p.Roles)-1]
		last.People = append(last.People, row)
	}
	return nil
}

// More is how many people of the role are not shown.
func (r roleOf) More() int64 { return r.Count - int64(len(r.People)) }

// participants draws the people in the room over time, while it was live: what the API
// says of one that ended is not who was there.
func (p *spacePage) participants(ctx context.Context, t *held) error {
	if !t.catalog.has("v_audience") {
		return nil
	}
	rows, err := records(ctx, t.pages, "SELECT epoch_us(observed_at) AS at, people FROM v_audience WHERE space_id = ? ORDER BY observed_at LIMIT "+pointsShown, p.ID)
	if err != nil {
		return err
	}
	p.Chart = chart.Line("People in the room", points(rows, "people"), 0)
	if p.Chart != nil && p.Chart.Count > 1 {
		p.Chart.Caption = fmt.Sprintf("The room was fullest at %s, with %s; the last of %s sightings had %s.",
			chart.Said(p.Chart.High.At), persons(p.Chart.High.Value), showNumber(p.Chart.Count), showNumber(int64(p.Chart.Last.Value)))
	}
	return nil
}

// raw counts the rows of each table that are about the Space.
func (p *spacePage) raw(ctx context.Context, t *held) (err error) {
	p.Raw, err = rawOf(ctx, t, "space_id", p.ID)
	for _, r := range p.Raw {
		if r.Table == "space_tweets" {
			p.Shared = r.Rows
		}
	}
	return err
}

// rawOf finds the tables with rows of a key.
func rawOf(ctx context.Context, t *held, column, id string) ([]rawRows, error) {
	var query string
	var args []any
	for _, r := range t.catalog.relations {
		if r.Kind != "table" || r.column(column) == nil {
			continue
		}
		if query != "" {
			query += " UNION ALL "
		}
		query += fmt.Sprintf("SELECT %s AS name, count(*) AS n FROM %s WHERE %s = ?", schemas.QuoteText(r.Name), schemas.Quote(r.Name), schemas.Quote(column))
		args = append(args, id)
	}
	if query == "" {
		return nil, nil
	}
	rows, err := records(ctx, t.pages, query, args...)
	var raw []rawRows
	for _, row := range rows {
		if n, _ := strconv.ParseInt(row["n"].Text, 10, 64); n > 0 {
			name := row["name"].Text
			raw = append(raw, rawRows{name, tableLink(name, filtersOf([]string{column, id})), n})
		}
	}
	return raw, err
}
