package browse

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spacesetl/spacesetl/pipeline/browse/chart"
)

// rooms are the Spaces of a host or about a topic: how many came, and when.
type rooms struct {
	Spaces []record
	Count  int64
	People cell // in all, each Space at its fullest
	Most   record
	Best   string // the hours at which the fullest began, as a sentence
	Over   *chart.Chart
	Hours  *chart.Chart
	Hosts  []record
}

// roomsShown bounds the list of Spaces.
const roomsShown = "100"

// readRooms reads the Spaces whose ids a query selects, with its one argument.
func readRooms(ctx context.Context, t *held, ids, id string) (*rooms, error) {
	rows, err := records(ctx, t.pages, `
WITH rooms AS MATERIALIZED (SELECT `+roomColumns+` FROM v_spaces WHERE space_id IN (`+ids+`))
SELECT 'spaces' AS list, * FROM (SELECT *, count(*) OVER () AS n, sum(max_participant_count) OVER () AS people FROM rooms ORDER BY planned_at DESC NULLS LAST, space_id LIMIT `+roomsShown+`)
UNION ALL BY NAME SELECT 'most' AS list, * FROM (SELECT * FROM rooms WHERE max_participant_count IS NOT NULL ORDER BY max_participant_count DESC, space_id LIMIT 1)
UNION ALL BY NAME SELECT 'over' AS list, * FROM (SELECT epoch_us(started_at) AS at, max_participant_count AS people FROM rooms WHERE started_at IS NOT NULL AND max_participant_count IS NOT NULL ORDER BY started_at DESC LIMIT `+pointsShown+`)
UNION ALL BY NAME SELECT 'hours' AS list, * FROM (SELECT utc_hour, count(*) AS n, round(median(max_participant_count))::BIGINT AS people FROM rooms WHERE started_at IS NOT NULL GROUP BY utc_hour ORDER BY people DESC NULLS LAST, utc_hour)
UNION ALL BY NAME SELECT 'hosts' AS list, * FROM (SELECT creator_id AS user_id, username, name, count(*) AS n, sum(max_participant_count) AS people FROM rooms WHERE creator_id IS NOT NULL AND max_participant_count IS NOT NULL GROUP BY ALL ORDER BY people DESC, user_id LIMIT 8)`, id)
	if err != nil {
		return nil, err
	}
	lists := byList(rows)
	p := &rooms{Spaces: lists["spaces"], Hosts: lists["hosts"], People: cell{Null: true}, Hours: hours(lists["hours"])}
	if len(p.Spaces) > 0 {
		p.Count, p.People = p.Spaces[0].Int("n"), p.Spaces[0]["people"]
	}
	if len(lists["most"]) > 0 {
		p.Most = lists["most"][0]
	}
	for _, best := range lists["hours"] {
		// The room of one Space says nothing of an hour.
		if hour := best.Int("utc_hour"); best.Int("n") > 1 && best.Has("people") {
			p.Best = fmt.Sprintf("Of the hours with several Spaces the fullest is from %02d:00 to %02d:00 UTC: half of its %d had %s people or more.",
				hour, (hour+1)%24, best.Int("n"), showNumber(best["people"]))
			break
		}
	}
	p.Over = chart.Line("People at the fullest sighting of each Space", points(lists["over"], "people"), chart.Apart)
	if p.Over != nil && p.Over.Count > 1 {
		p.Over.Caption = fmt.Sprintf("The fullest Space had %s and began at %s; the last of %s had %s.",
			persons(p.Over.High.Value), chart.Said(p.Over.High.At), showNumber(p.Over.Count), showNumber(int64(p.Over.Last.Value)))
	}
	return p, nil
}

// topicPage is a topic with its Spaces.
type topicPage struct {
	ID    string
	Topic record
	Rooms *rooms
}

func viewTopic(ctx context.Context, t *held, r *http.Request) (view, error) {
	p := topicPage{ID: r.PathValue("id")}
	if !draws(t.catalog) {
		return view{}, errNotDrawn
	}
	topics, err := records(ctx, t.pages, "SELECT topic_id, name, description FROM topics WHERE topic_id = ?", p.ID)
	if err != nil {
		return view{}, err
	}
	if len(topics) > 0 {
		p.Topic = topics[0]
	}
	if p.Rooms, err = readRooms(ctx, t, "SELECT space_id FROM space_topics WHERE topic_id = ?", p.ID); err != nil {
		return view{}, err
	}
	if p.Topic == nil && p.Rooms.Count == 0 {
		return view{}, &problem{http.StatusNotFound, fmt.Sprintf("no run has seen a topic %q", bounded(p.ID, 80))}
	}
	title := "Topic " + p.ID
	if p.Topic.Has("name") {
		title = bounded(p.Topic["name"].Text, 80)
	}
	return view{Title: title, Nav: "topic", Template: "topic.html", Data: p}, nil
}
