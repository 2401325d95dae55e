package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// line is one Space's people over time, or all's.
type line struct {
	Name   string       `json:"name"`
	Points [][2]float64 `json:"points"` // time, people
}

// linesData is what the chart of lines draws; times are milliseconds since
// 1970, or hours since each Space began.
type linesData struct {
	Hours bool   `json:"hours"`
	Zone  string `json:"zone"`
	Lines []line `json:"lines"`
}

// mostLooks is how many points the audience has at most: of more the fullest
// stand for their neighbours.
const mostLooks = 300

// slicesOf are the looks to draw: the runs, or where a run sees each Space again and
// again, slices of time.
func slicesOf(ctx context.Context, d *data) ([]look, error) {
	looks, err := d.looks()
	if err != nil || len(looks) == 0 || looks[0].often < 4 {
		return looks, err
	}
	curves, err := d.curves()
	if err != nil {
		return nil, err
	}
	return rows(ctx, d.db, (*look).into, sliceSQL(max(time.Second, d.span()/mostLooks, pace(curves)*3/2)))
}

// pace is how long it took from one sighting of a Space to the next: half of the
// liveliest were looked at as often, or oftener.
func pace(curves []curve) time.Duration {
	var gaps []time.Duration
	for _, c := range curves {
		if c.sightings > 1 {
			gaps = append(gaps, c.last.Sub(c.first)/time.Duration(c.sightings-1))
		}
	}
	if len(gaps) == 0 {
		return time.Minute
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}

// audience draws the people in live Spaces, look by look.
func audience(ctx context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Wide, p.Empty = "looks", "Audience over time", true, "No run has seen a live Space yet."
	looks, err := slicesOf(ctx, d)
	if err != nil || !slices.ContainsFunc(looks, func(l look) bool { return l.people > 0 }) {
		return err
	}
	if len(looks) == 1 {
		p.Empty = fmt.Sprintf("Live Spaces were seen once so far: %s with %s at %s. From the next run on a curve stands here.",
			plural(looks[0].spaces, "Space", "Spaces"), plural(looks[0].people, "person", "people"), d.clock(looks[0].at))
		return nil
	}
	slice := (len(looks) + mostLooks - 1) / mostLooks
	if slice > 1 {
		p.Note = fmt.Sprintf("Of each %d looks the fullest is drawn.", slice)
	}
	byPeople := func(a, b look) int { return cmp.Compare(a.people, b.people) }
	curve := line{Name: "people"}
	p.Table = table{Caption: "People in live Spaces, the latest look first", Columns: slices.Concat(words("Seen at"), numbers("Live Spaces", "People", "In the fullest"))}
	top := slices.MaxFunc(looks, byPeople)
	for some := range slices.Chunk(looks, slice) {
		l := slices.MaxFunc(some, byPeople)
		curve.Points = append(curve.Points, [2]float64{float64(l.at.UnixMilli()), float64(l.people)})
		p.Table.Rows = append(p.Table.Rows, []cell{d.at(&l.at), count(l.spaces), countOf(l.people, top.people), count(l.fullest)})
	}
	slices.Reverse(curve.Points)
	p.Lead = fmt.Sprintf("Most people were in live Spaces at %s: %s in %s. At the last of %s it was %s.", d.clock(top.at), thousands(top.people),
		plural(top.spaces, "Space", "Spaces"), plural(int64(len(looks)), "look", "looks"), thousands(looks[0].people))
	p.Chart = &chart{p.ID, "lines", "Line of people in live Spaces over time. " + p.Lead, linesData{Zone: d.zone.String(), Lines: []line{curve}}}
	return nil
}

// mostCurves is how many curves are drawn.
const mostCurves = 8

// aligned is the span of time above which Spaces are laid over each other.
const aligned = 72 * time.Hour

// sighting is how many people were in a Space at a time, and for how long it was on.
type sighting struct {
	id      string
	at      time.Time
	people  int64
	minutes float64
}

// curvesOf draws the liveliest Spaces that were seen more than once; where none
// was, it ranks them.
func curvesOf(ctx context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Wide, p.Empty = "participants", "The liveliest Spaces", true, "No Space with people in it was seen live."
	curves, err := d.curves()
	if err != nil || len(curves) == 0 {
		return err
	}
	p.Table = curvesTable(d, curves[:min(len(curves), 15)])
	top := curves[0]
	p.Lead = fmt.Sprintf("Most people at a time were seen live in %s: %s (%s).", apart(titled(top.id, top.title)), thousands(top.peak), d.clock(top.peakAt))
	fewer := func(n int64) func(curve) bool { return func(c curve) bool { return c.sightings < n } }
	drawn := slices.DeleteFunc(slices.Clone(curves), fewer(3))
	if len(drawn) < 3 {
		drawn = slices.DeleteFunc(slices.Clone(curves), fewer(2))
	}
	if len(drawn) == 0 {
		var bars []bar
		for _, c := range curves[:min(len(curves), 10)] {
			bars = append(bars, bar{titled(c.id, c.title), float64(c.peak), thousands(c.peak)})
		}
		p.Lead += " Each was seen at one time only; run the job again while Spaces are live, and their curves stand here."
		if p.Table.Open = len(bars) < 2; !p.Table.Open {
			p.Chart = barChart(p.ID, "Bar chart of the Spaces with most people. "+p.Lead, "people", bars)
		}
		return nil
	}
	drawn = drawn[:min(len(drawn), mostCurves)]
	data, err := linesOf(ctx, d, drawn)
	if err != nil {
		return err
	}
	when := "over time"
	if data.Hours {
		when = "by hours since each began"
	}
	p.Lead += fmt.Sprintf(" The %s with the highest peaks of those seen often enough are drawn %s.", plural(int64(len(drawn)), "Space", "Spaces"), when)
	p.Chart = &chart{p.ID, "lines", "Lines of people in the room, one for each Space. " + p.Lead, data}
	return nil
}

func linesOf(ctx context.Context, d *data, drawn []curve) (linesData, error) {
	data := linesData{Zone: d.zone.String()}
	var ids []string
	first, last := drawn[0].first, drawn[0].last
	for _, c := range drawn {
		ids = append(ids, c.id)
		last = latest(last, c.last)
		if c.first.Before(first) {
			first = c.first
		}
	}
	data.Hours = last.Sub(first) > aligned
	all, err := rows(ctx, d.db, func(s *sighting) []any { return []any{&s.id, &s.at, &s.people, &s.minutes} }, curvePointsSQL, ids)
	points := grouped(all, func(s sighting) string { return s.id })
	for _, c := range drawn {
		l := line{Name: titled(c.id, c.title)}
		for _, s := range points[c.id] {
			x := float64(s.at.UnixMilli())
			if data.Hours {
				x = s.minutes / 60
			}
			l.Points = append(l.Points, [2]float64{x, float64(s.people)})
		}
		data.Lines = append(data.Lines, l)
	}
	return data, err
}

func curvesTable(d *data, curves []curve) table {
	t := table{Caption: "The liveliest Spaces", Columns: slices.Concat(words("Space"), numbers("Most people"), words("At"), numbers("Seen", "Half gone after", "Hours people spent there"))}
	for _, c := range curves {
		half, stayed := amount("not seen"), amount("not known")
		if c.sightings > 1 { // of one sighting nobody knows
			stayed = amount(fmt.Sprintf("%.1f", c.stayed/60))
			if c.stayed >= 600 {
				stayed = count(int64(c.stayed / 60))
			}
			if c.halfLife >= 0 {
				half = amount(lengthOf(c.halfLife))
			}
		}
		t.Rows = append(t.Rows, []cell{spaceCell(c.id, c.title), countOf(c.peak, curves[0].peak), d.at(&c.peakAt), count(c.sightings), half, stayed})
	}
	return t
}
