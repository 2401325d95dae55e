package browse

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/browse/chart"
)

// livePage is the Spaces that were live when they were last looked for.
type livePage struct {
	Spaces []record // with people and n, those of all
	Curves map[string]*chart.Chart
	At     cell // the newest sighting
	Now    bool // it is so new that they are live now
}

// liveCondition holds for the Spaces of v_spaces that were live within the hour before the
// newest sighting: one that was live before, and that nobody looked for since, can be over.
const liveCondition = `state = 'live' AND last_seen_at >= (SELECT max(observed_at) FROM space_snapshots) - INTERVAL '1 hour'`

// Bounds of the curves.
const (
	liveShown   = "24"
	curvePoints = "240" // the newest of a Space
	fresh       = 15 * time.Minute
)

func viewLive(ctx context.Context, t *held, _ *http.Request) (view, error) {
	if !draws(t.catalog) {
		return view{}, errNotDrawn
	}
	var p livePage
	var err error
	p.Spaces, err = records(ctx, t.pages, `
SELECT *, sum(participant_count) OVER () AS people, count(*) OVER () AS n FROM (SELECT `+roomColumns+` FROM v_spaces)
WHERE `+liveCondition+` ORDER BY participant_count DESC NULLS LAST, space_id LIMIT `+liveShown)
	if err == nil {
		err = p.read(ctx, t)
	}
	return view{Title: "Live", Nav: "live", Template: "live.html", Data: p}, err
}

// read finds when the Spaces were seen, and draws the curve of each.
func (p *livePage) read(ctx context.Context, t *held) error {
	seen, err := records(ctx, t.pages, "SELECT max(observed_at) AS at, coalesce(max(observed_at) >= now() - CAST(? AS INTERVAL), false) AS fresh FROM space_snapshots", fmt.Sprintf("%d seconds", int(fresh.Seconds())))
	if err != nil {
		return err
	}
	p.At, p.Now = seen[0]["at"], seen[0]["fresh"].Text == "true"
	if len(p.Spaces) == 0 {
		return nil
	}
	var ids []any
	for _, s := range p.Spaces {
		ids = append(ids, s["space_id"].Text)
	}
	rows, err := records(ctx, t.pages, `
SELECT space_id, epoch_us(observed_at) AS at, people FROM v_audience WHERE space_id IN (?`+strings.Repeat(", ?", len(ids)-1)+`)
QUALIFY row_number() OVER (PARTITION BY space_id ORDER BY observed_at DESC) <= `+curvePoints+` ORDER BY observed_at`, ids...)
	if err != nil {
		return err
	}
	bySpace := map[string][]record{}
	for _, r := range rows {
		bySpace[r["space_id"].Text] = append(bySpace[r["space_id"].Text], r)
	}
	p.Curves = map[string]*chart.Chart{}
	for id, rows := range bySpace {
		p.Curves[id] = chart.Line("People in the room", points(rows, "people"), 0)
	}
	return nil
}

// People is the audience of all.
func (p livePage) People() cell { return p.Spaces[0]["people"] }

// Count is how many there are.
func (p livePage) Count() int64 {
	if len(p.Spaces) == 0 {
		return 0
	}
	return p.Spaces[0].Int("n")
}

// More is how many are not shown.
func (p livePage) More() int64 { return p.Count() - int64(len(p.Spaces)) }
