package browse

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/browse/chart"
	"github.com/spacesetl/spacesetl/schemas"
)

// overviewPage is the first page: what is going on, and what went on.
type overviewPage struct {
	Numbers  record
	Runs     []record
	Relation int // tables and views

	Large bool // the charts took too long, or too much memory
	Drawn bool // the database has the views that the lists and charts are made of
	Live  livePage
	Lists map[string][]record
	Hours *chart.Chart
	Over  *chart.Chart
	Hosts []record
}

func viewOverview(ctx context.Context, t *held, _ *http.Request) (view, error) {
	p := overviewPage{Relation: len(t.catalog.relations), Drawn: draws(t.catalog)}
	if t.catalog.has("spaces", "users", "space_users", "runs", "api_errors", "tweets") {
		if err := p.read(ctx, t); err != nil {
			return view{}, err
		}
	}
	if p.Drawn {
		short, cancel := context.WithTimeout(ctx, drawing)
		defer cancel()
		err := p.draw(short, t)
		// A large store has its numbers and tables still.
		if err != nil && ctx.Err() == nil && (short.Err() != nil || strings.Contains(err.Error(), "Out of Memory")) {
			p.Large, err = true, nil
		}
		if err != nil {
			return view{}, err
		}
	}
	return view{Title: "Overview", Nav: "overview", Template: "overview.html", Data: p}, nil
}

// drawing is how long the lists and charts of the overview may take.
const drawing = 4 * time.Second

// errNotDrawn is what a page says where they are not.
var errNotDrawn = &problem{http.StatusNotFound, "the database lacks views that this page needs: the next run makes them"}

// draws reports whether the views are there that charts are made of: a database that
// an earlier version made can lack some.
func draws(c *catalog) bool {
	if !c.has("spaces", "space_snapshots", "space_topics", "topics", "v_spaces", "v_audience", "v_people", "v_space_people") {
		return false
	}
	for _, name := range []string{"status", "utc_hour", "max_participant_count", "creator_username", "unavailable_at"} {
		if c.byName["v_spaces"].column(name) == nil {
			return false
		}
	}
	return true
}

func (p *overviewPage) read(ctx context.Context, t *held) error {
	numbers, err := records(ctx, t.pages, `
SELECT count(*) AS spaces, count(*) FILTER (status = 'scheduled') AS scheduled,
       count(*) FILTER (status = 'ended') AS ended, count(*) FILTER (is_ticketed) AS ticketed,
       (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM space_users WHERE role = 'buyer') AS buyers,
       (SELECT count(*) FROM space_users WHERE role = 'speaker') AS speakers,
       (SELECT count(*) FROM tweets) AS tweets, (SELECT count(*) FROM api_errors) AS errors
FROM `+schemas.SpacesWithStatus())
	if err != nil {
		return err
	}
	p.Numbers = numbers[0]
	p.Runs, err = records(ctx, t.pages, "SELECT _run_id, job, started_at, ended_at, outcome, pages, requests FROM runs ORDER BY _run_id DESC LIMIT 5")
	return err
}

// roomColumns are the columns of v_spaces that lists of Spaces show.
const roomColumns = `space_id, title, status AS state, participant_count, max_participant_count, is_ticketed, scheduled_start, started_at, created_at, utc_hour,
       creator_id, creator_username AS username, creator_name AS name, coalesce(started_at, scheduled_start, created_at) AS planned_at, last_seen_at, unavailable_at`

// overviewSQL reads v_spaces once for all lists: that is most of what the page costs.
const overviewSQL = `
WITH rooms AS MATERIALIZED (SELECT ` + roomColumns + ` FROM v_spaces),
live AS (SELECT * FROM rooms WHERE ` + liveCondition + `)
SELECT 'live' AS list, * FROM (SELECT *, sum(participant_count) OVER () AS people, count(*) OVER () AS n FROM live ORDER BY participant_count DESC NULLS LAST, space_id LIMIT 8)
UNION ALL BY NAME SELECT 'biggest' AS list, * FROM (SELECT * FROM rooms WHERE max_participant_count IS NOT NULL ORDER BY max_participant_count DESC, space_id LIMIT 6)
UNION ALL BY NAME SELECT 'newest' AS list, * FROM (SELECT * FROM rooms WHERE created_at IS NOT NULL ORDER BY created_at DESC, space_id LIMIT 6)
UNION ALL BY NAME SELECT 'coming' AS list, * FROM (SELECT * FROM rooms WHERE state = 'scheduled' AND unavailable_at IS NULL AND scheduled_start > now() ORDER BY scheduled_start, space_id LIMIT 6)
UNION ALL BY NAME SELECT 'hours' AS list, * FROM (SELECT utc_hour, count(*) AS n FROM rooms WHERE started_at IS NOT NULL GROUP BY ALL)
UNION ALL BY NAME SELECT 'topics' AS list, * FROM (
    SELECT topic_id, coalesce(topics.name, topic_id) AS name, count(*) AS n, sum(max_participant_count) AS people
    FROM space_topics JOIN rooms USING (space_id) LEFT JOIN topics USING (topic_id)
    WHERE max_participant_count IS NOT NULL GROUP BY ALL ORDER BY people DESC, topic_id LIMIT 8)`

// draw reads the lists and charts.
func (p *overviewPage) draw(ctx context.Context, t *held) error {
	rows, err := records(ctx, t.pages, overviewSQL)
	if err != nil {
		return err
	}
	p.Lists = byList(rows)
	p.Hours = hours(p.Lists["hours"])
	p.Live = livePage{Spaces: p.Lists["live"]}
	if err := p.Live.read(ctx, t); err != nil {
		return err
	}
	if p.Hosts, err = records(ctx, t.pages, `
SELECT user_id, username, name, hosted_count AS n, hosted_audience AS people, largest_audience FROM v_people
WHERE hosted_audience > 0 ORDER BY hosted_audience DESC, user_id LIMIT 8`); err != nil {
		return err
	}
	return p.overTime(ctx, t)
}

// overTime draws the audience of all live Spaces, hour by hour or day by day: in each,
// every Space counts once, with its fullest sighting.
func (p *overviewPage) overTime(ctx context.Context, t *held) error {
	spans, err := records(ctx, t.pages, "SELECT epoch_us(min(observed_at)) AS first, epoch_us(max(observed_at)) AS last FROM space_snapshots WHERE state = 'live'")
	if err != nil {
		return err
	}
	width, word := time.Hour, "hour"
	if spans[0].Int("last")-spans[0].Int("first") > (14 * 24 * time.Hour).Microseconds() {
		width, word = 24*time.Hour, "day"
	}
	rows, err := records(ctx, t.pages, `
SELECT "at", sum(people) AS people, count(*) AS n FROM (
    SELECT space_id, epoch_us(observed_at) // $1 * $1 AS "at", max(people) AS people FROM v_audience GROUP BY ALL
) GROUP BY "at" ORDER BY "at" DESC LIMIT `+pointsShown, width.Microseconds())
	if err != nil {
		return err
	}
	p.Over = chart.Line("People in live Spaces", points(rows, "people"), width)
	switch {
	case p.Over == nil:
	case p.Over.Count == 1:
		p.Over.Caption = fmt.Sprintf("In the %s from %s on there were %s in live Spaces, each at its fullest sighting.", word, chart.Said(p.Over.First.At), persons(p.Over.First.Value))
	default:
		p.Over.Caption = fmt.Sprintf("The fullest %s began at %s, with %s in all live Spaces, each at its fullest sighting of the %s; the last %s had %s.",
			word, chart.Said(p.Over.High.At), persons(p.Over.High.Value), word, word, showNumber(int64(p.Over.Last.Value)))
	}
	return nil
}

// byList takes the rows of several lists apart.
func byList(rows []record) map[string][]record {
	lists := map[string][]record{}
	for _, r := range rows {
		lists[r["list"].Text] = append(lists[r["list"].Text], r)
	}
	return lists
}

// points are those of a chart, in the order of time, of rows with "at" in microseconds.
func points(rows []record, column string) []chart.Point {
	var all []chart.Point
	for _, r := range rows {
		if value, err := strconv.ParseFloat(r[column].Text, 64); err == nil {
			all = append(all, chart.Point{At: time.UnixMicro(r.Int("at")).UTC(), Value: value})
		}
	}
	if n := len(all); n > 1 && all[0].At.After(all[n-1].At) {
		slices.Reverse(all)
	}
	return all
}

// hours draws at which hours Spaces begin, of rows with utc_hour and n.
func hours(rows []record) *chart.Chart {
	var values [24]float64
	for _, r := range rows {
		if hour := r.Int("utc_hour"); r.Has("utc_hour") && hour >= 0 && hour < 24 {
			values[hour] += float64(r.Int("n"))
		}
	}
	return chart.Day("Spaces that began", values)
}
