package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
)

// data is what the tables say of Spaces and people, over all runs of the store.
// What several parts of the page tell of is read once.
type data struct {
	db     *duckdb.Reader
	zone   *time.Location
	now    time.Time
	looks  func() ([]look, error) // the latest first
	known  func() error           // makes the table known
	rooms  func() (map[string][]room, error)
	counts func() (map[string][]counted, error)
	curves func() ([]curve, error)
	people func() (map[string][]person, error)
}

// look is a run with the Spaces that it saw live.
type look struct {
	began, at               time.Time
	spaces, people, fullest int64
	often                   float64 // how many times it saw each
}

func (l *look) into() []any {
	return []any{&l.began, &l.at, &l.spaces, &l.people, &l.fullest, &l.often}
}

// room is a Space as one of a list.
type room struct {
	list, id, title, host, handle, status string
	people, last                          int64 // most in the room, and when last seen
	minutes                               float64
	started, planned, created             *time.Time
	earlier, low, high                    int64 // Spaces of its creator before it, and the people they drew
}

// counted are Spaces of a kind with the most people seen in each.
type counted struct {
	kind, name string
	n, people  int64
}

// curve is a Space's audience over time.
type curve struct {
	id, title        string
	sightings, peak  int64
	first, last      time.Time
	peakAt           time.Time
	halfLife, stayed float64 // minutes; the first is -1 where it is not known
}

func newData(ctx context.Context, db *duckdb.Reader, zone *time.Location, now time.Time) *data {
	d := &data{db: db, zone: zone, now: now}
	d.looks = sync.OnceValues(func() ([]look, error) { return rows(ctx, db, (*look).into, looksSQL) })
	d.known = sync.OnceValue(func() error {
		_, err := db.ExecContext(ctx, knownSQL)
		return err
	})
	d.rooms = sync.OnceValues(func() (map[string][]room, error) {
		if err := d.known(); err != nil {
			return nil, err
		}
		all, err := rows(ctx, db, func(r *room) []any {
			return []any{&r.list, &r.id, &r.title, &r.host, &r.handle, &r.status, &r.people, &r.last, &r.minutes, &r.started, &r.planned, &r.created, &r.earlier, &r.low, &r.high}
		}, roomsSQL(d.lastLook(), now))
		return grouped(all, func(r room) string { return r.list }), err
	})
	d.counts = sync.OnceValues(func() (map[string][]counted, error) {
		if err := d.known(); err != nil {
			return nil, err
		}
		_, by := d.day()
		all, err := rows(ctx, db, func(c *counted) []any { return []any{&c.kind, &c.name, &c.n, &c.people} }, countsSQL(d.lastLook(), zone, by))
		return grouped(all, func(c counted) string { return c.kind }), err
	})
	d.curves = sync.OnceValues(func() ([]curve, error) {
		return rows(ctx, db, func(c *curve) []any {
			return []any{&c.id, &c.title, &c.sightings, &c.first, &c.last, &c.peak, &c.peakAt, &c.halfLife, &c.stayed}
		}, curvesSQL)
	})
	d.people = sync.OnceValues(func() (map[string][]person, error) {
		all, err := rows(ctx, db, func(h *person) []any {
			return []any{&h.list, &h.id, &h.username, &h.name, &h.spaces, &h.audience, &h.peak, &h.followers}
		}, peopleSQL)
		return grouped(all, func(h person) string { return h.list }), err
	})
	return d
}

func grouped[T any](all []T, by func(T) string) map[string][]T {
	groups := map[string][]T{}
	for _, one := range all {
		groups[by(one)] = append(groups[by(one)], one)
	}
	return groups
}

// lastLook is the latest run that saw Spaces, or now where none did.
func (d *data) lastLook() look {
	if looks, err := d.looks(); err == nil && len(looks) > 0 {
		return looks[0]
	}
	return look{began: d.now, at: d.now}
}

// span is how long the store has been looking.
func (d *data) span() time.Duration {
	looks, _ := d.looks()
	if len(looks) == 0 {
		return 0
	}
	return looks[0].at.Sub(looks[len(looks)-1].began)
}

// day is the latest day of the zone of which there is something to say, and up to
// what time of it: early in the morning it is the day before, the whole of it, if
// the store had begun to look by then.
func (d *data) day() (day time.Time, by time.Duration) {
	at := d.lastLook().at.In(d.zone)
	day = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	by = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
	if before := day.AddDate(0, 0, -1); at.Hour() < 6 && before.Format(time.DateOnly) > d.lastLook().at.Add(-d.span()).In(d.zone).Format(time.DateOnly) {
		return before, 24 * time.Hour
	}
	return day, by
}

// clock names a time in the zone, with the day where it is not today.
func (d *data) clock(t time.Time) string {
	t, now := t.In(d.zone), d.now.In(d.zone)
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format("15:04 MST")
	case t.Year() == now.Year():
		return t.Format("Mon 2 Jan, 15:04 MST")
	}
	return t.Format("Mon 2 Jan 2006, 15:04 MST")
}

// at is a time in a table.
func (d *data) at(t *time.Time) cell {
	if t == nil {
		return said("not known")
	}
	format := "2 Jan 15:04"
	if t.In(d.zone).Year() != d.now.In(d.zone).Year() {
		format = "2 Jan 2006 15:04"
	}
	return cell{Time: t.In(d.zone), Text: t.In(d.zone).Format(format)}
}

// mostLooked is how many runs looksSQL lists.
const mostLooked = 2000

// seen tells what the page is of.
func (d *data) seen(runs int) string {
	counts, err := d.counts()
	looks, _ := d.looks()
	if err != nil || len(looks) == 0 {
		return plural(int64(runs), "run", "runs")
	}
	var all int64
	for _, c := range counts["state"] {
		all += c.n
	}
	const date = "2 Jan 2006 15:04"
	if runs == 1 {
		return fmt.Sprintf("%s, seen in 1 run until %s", plural(all, "Space", "Spaces"), looks[0].at.In(d.zone).Format(date))
	}
	in := plural(int64(runs), "run", "runs")
	if len(looks) < min(runs, mostLooked) { // others saw none
		in = fmt.Sprintf("%d of %s", len(looks), in)
	}
	return fmt.Sprintf("%s, seen in %s from %s to %s", plural(all, "Space", "Spaces"), in,
		looks[len(looks)-1].began.In(d.zone).Format(date), looks[0].at.In(d.zone).Format(date))
}

// part makes a panel of what the tables say of Spaces.
type part func(context.Context, *data, *panel) error

// sections are those of the page of Spaces.
func (d *data) sections(ctx context.Context) ([]section, error) {
	all := []section{
		{ID: "audience", Title: "Audience"},
		{ID: "calendar", Title: "Spaces"},
		{ID: "people", Title: "People", Lead: "The API names hosts, speakers and those invited; listeners are a number."},
		{ID: "subjects", Title: "Subjects"},
	}
	for i, parts := range [][]part{
		{audience, curvesOf, hours, week}, {liveNow, comingUp, newest, noShows, states}, {hosts, speakers, returning, network}, {topics, languagesOf},
	} {
		var fills []fill
		for _, p := range parts {
			fills = append(fills, func(ctx context.Context, _ *duckdb.Reader, into *panel) error { return p(ctx, d, into) })
		}
		var err error
		if all[i].Panels, err = filled(ctx, d.db, fills); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func latest(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }

// apart keeps words of strangers from turning the sentence around them.
func apart(words string) string { return "\u2068" + words + "\u2069" }

// titled is a Space's title, or its id.
func titled(id, title string) string { return cmp.Or(title, "untitled "+id) }

// share writes n of all in percent.
func share(n, all int64) string {
	return fmt.Sprintf("%.0f\u00a0%%", 100*float64(n)/float64(max(all, 1)))
}

// lengthOf writes minutes.
func lengthOf(minutes float64) string {
	if 1 <= minutes && minutes < 60 {
		return fmt.Sprintf("%.0f min", minutes)
	}
	return lasting(time.Duration(minutes * float64(time.Minute)))
}
