package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
)

// inside shows the data itself; db is nil where there are no tables to read.
func inside(ctx context.Context, db *duckdb.Reader) (section, error) {
	s := section{ID: "data", Title: "What is in the tables", Lead: "Over all runs of the store. Times are UTC. The API never lists listeners: people are hosts, speakers and those invited, participants a number."}
	if db == nil {
		return s, nil
	}
	var err error
	s.Panels, err = filled(ctx, db, []fill{
		participants, weekOf("started", "started", "Spaces started, by hour of the week"),
		weekOf("scheduled", "planned", "Spaces planned, by hour of the week"),
		topics, ranking("hosts", "Top hosts", "'creator', 'host'", "hosted"), ranking("speakers", "Top speakers", "'speaker'", "spoke in"),
		kinds("lang", "languages", "Languages"), kinds("state", "states", "States"), network, newest,
	})
	return s, err
}

// bar is one bar of a bar chart.
type bar struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Text  string  `json:"text"` // at its end
}

// barsData is what a bar chart draws.
type barsData struct {
	Unit string `json:"unit"`
	Bars []bar  `json:"bars"`
}

func barChart(id, label, unit string, bars []bar) *chart {
	return &chart{id, "bars", label, barsData{unit, bars}}
}

// titled is a Space's title, or its id.
func titled(id, title string) string { return cmp.Or(title, "untitled "+id) }

// sighting is how many people were in a Space at a time.
type sighting struct {
	id, title string
	peak      int64
	at        time.Time
	people    int64
	begun     time.Time
}

// line is one Space's people over time.
type line struct {
	Name   string       `json:"name"`
	Points [][2]float64 `json:"points"` // time, people
}

// linesData is what the chart of lines draws; times are milliseconds since
// 1970, or hours since each Space began.
type linesData struct {
	Hours bool   `json:"hours"`
	Lines []line `json:"lines"`
}

// aligned is the span of time above which Spaces are laid over each other.
const aligned = 72 * time.Hour

func participants(ctx context.Context, db *duckdb.Reader, p *panel) error {
	p.ID, p.Title, p.Wide = "participants", "People in the liveliest Spaces", true
	seen, err := rows(ctx, db, func(s *sighting) []any { return []any{&s.id, &s.title, &s.peak, &s.at, &s.people, &s.begun} }, sightingsSQL)
	if err != nil {
		return err
	}
	if len(seen) == 0 {
		return liveliest(ctx, db, p)
	}
	first, last := seen[0].at, seen[0].at
	for _, s := range seen {
		first, last = minTime(first, s.at), maxTime(last, s.at)
	}
	data := linesData{Hours: last.Sub(first) > aligned}
	p.Table = table{Caption: "People in the liveliest Spaces, by time", Columns: slices.Concat(words("Space", "First seen", "Last seen"), numbers("Times seen", "Fewest", "Most", "Last"))}
	for i := 0; i < len(seen); {
		n := i
		for n < len(seen) && seen[n].id == seen[i].id {
			n++
		}
		data.Lines = append(data.Lines, lineOf(seen[i:n], data.Hours))
		p.Table.Rows = append(p.Table.Rows, seenRow(seen[i:n]))
		i = n
	}
	when := "over time"
	if data.Hours {
		when = "by hours since each began"
	}
	p.Lead = fmt.Sprintf("The %s with most people of those that several runs saw, %s.", plural(int64(len(data.Lines)), "Space", "Spaces"), when)
	p.Chart = &chart{"participants", "lines", fmt.Sprintf("Lines of people in the room %s, one for each of %s. The most is %s.", when,
		plural(int64(len(data.Lines)), "Space", "Spaces"), thousands(seen[0].peak)), data}
	return nil
}

func lineOf(seen []sighting, hours bool) line {
	l := line{Name: titled(seen[0].id, seen[0].title)}
	for _, s := range seen {
		x := float64(s.at.UnixMilli())
		if hours {
			x = s.at.Sub(minTime(s.begun, seen[0].at)).Hours()
		}
		l.Points = append(l.Points, [2]float64{x, float64(s.people)})
	}
	return l
}

func seenRow(seen []sighting) []cell {
	fewest := slices.MinFunc(seen, func(a, b sighting) int { return cmp.Compare(a.people, b.people) }).people
	last := seen[len(seen)-1]
	return []cell{spaceCell(last.id, last.title), at(seen[0].at), at(last.at), count(int64(len(seen))), count(fewest), count(last.peak), count(last.people)}
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func maxTime(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// room is a Space with the people in it.
type room struct {
	id, title, creator, state string
	people                    int64
	at, created               *time.Time
}

// liveliest stands in for lines where every Space was seen by one run only.
func liveliest(ctx context.Context, db *duckdb.Reader, p *panel) error {
	p.Empty = "No Space with people in it was seen."
	rooms, err := rows(ctx, db, func(r *room) []any { return []any{&r.id, &r.title, &r.creator, &r.state, &r.people} }, liveliestSQL())
	if err != nil || len(rooms) == 0 {
		return err
	}
	p.Lead = "So far each Space was seen at one time only, so that these are the most people seen. Run the job again while Spaces are live, and lines over time stand here."
	p.Table = table{Caption: "The liveliest Spaces", Columns: slices.Concat(words("Space", "Creator", "State"), numbers("Most people seen"))}
	var bars []bar
	for _, r := range rooms {
		creator := theirs("@" + r.creator)
		if r.creator == "" {
			creator = said("not known")
		}
		p.Table.Rows = append(p.Table.Rows, []cell{spaceCell(r.id, r.title), creator, said(r.state), countOf(r.people, rooms[0].people)})
		bars = append(bars, bar{titled(r.id, r.title), float64(r.people), thousands(r.people)})
	}
	p.Chart = barChart("participants", fmt.Sprintf("Bar chart of the %d Spaces with most people; the first has %s.", len(rooms), thousands(rooms[0].people)), "people", bars)
	return nil
}

// hourly is how many Spaces fell into one hour of the week.
type hourly struct {
	kind string
	Day  int64 `json:"day"` // 1 is Monday
	Hour int64 `json:"hour"`
	N    int64 `json:"n"`
}

var weekdays = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// weekOf makes the panel of one kind of time.
func weekOf(kind, participle, title string) fill {
	return func(ctx context.Context, db *duckdb.Reader, p *panel) error {
		p.ID, p.Title, p.Empty = "week-"+kind, title, "No Space has a time for this yet."
		all, err := rows(ctx, db, func(h *hourly) []any { return []any{&h.kind, &h.Day, &h.Hour, &h.N} }, weekSQL)
		hours := slices.DeleteFunc(all, func(h hourly) bool { return h.kind != kind })
		if err != nil || len(hours) == 0 {
			return err
		}
		var grid [7][24]int64
		var sum int64
		for _, h := range hours {
			grid[h.Day-1][h.Hour] = h.N
			sum += h.N
		}
		busiest := slices.MaxFunc(hours, func(a, b hourly) int { return cmp.Compare(a.N, b.N) })
		p.Lead = fmt.Sprintf("%s, most on %s from %02d:00 UTC: %s.", plural(sum, "Space", "Spaces"), weekdays[busiest.Day-1], busiest.Hour, thousands(busiest.N))
		p.Chart = &chart{p.ID, "week", fmt.Sprintf("Heat map of hours and days, UTC. %s", p.Lead), hours}
		p.Legend = []key{{"k-h0", "none"}, {"k-h2", "some"}, {"k-h5", "most"}}
		p.Table = table{Caption: "Spaces " + participle + " by weekday and hour, UTC", Columns: words("Hour")}
		for _, day := range weekdays {
			p.Table.Columns = append(p.Table.Columns, column{day[:3], true})
		}
		for hour := range 24 {
			row := []cell{said(fmt.Sprintf("%02d:00", hour))}
			for day := range 7 {
				row = append(row, count(grid[day][hour]))
			}
			p.Table.Rows = append(p.Table.Rows, row)
		}
		return nil
	}
}

// kinds makes the panel of one way to sort Spaces; that of states tells of
// tickets, too.
func kinds(kind, id, title string) fill {
	type counted struct {
		kind, name string
		n          int64
	}
	return func(ctx context.Context, db *duckdb.Reader, p *panel) error {
		p.ID, p.Title, p.Empty = id, title, "There are no Spaces yet."
		all, err := rows(ctx, db, func(c *counted) []any { return []any{&c.kind, &c.name, &c.n} }, kindsSQL())
		if err != nil || len(all) == 0 {
			return err
		}
		p.Table = table{Caption: title + " of Spaces", Columns: slices.Concat(words(title), numbers("Spaces"))}
		var bars []bar
		tickets := ""
		for _, c := range all {
			if c.kind == "tickets" && c.name == "ticketed" {
				tickets = " Tickets are sold for " + plural(c.n, "Space", "Spaces") + "."
			}
			if c.kind != kind {
				continue
			}
			name := cmp.Or(c.name, "not said")
			if kind == "lang" {
				name = language(c.name)
			}
			p.Table.Rows = append(p.Table.Rows, []cell{theirs(name), count(c.n)})
			bars = append(bars, bar{name, float64(c.n), thousands(c.n)})
		}
		p.Lead = "The language is the creator's as X infers it."
		if kind == "state" {
			p.Title, p.Lead = "States and tickets", "What became of them: a no_show had not begun an hour after its planned start, gone was live and is not known any more."+cmp.Or(tickets, " No Space is ticketed.")
		}
		p.Chart = barChart(id, fmt.Sprintf("Bar chart of %s: most, %s Spaces, are %s.", title, bars[0].Text, bars[0].Name), "Spaces", bars)
		return nil
	}
}

func newest(ctx context.Context, db *duckdb.Reader, p *panel) error {
	p.ID, p.Title, p.Wide, p.Empty = "newest", "Newest Spaces", true, "There are no Spaces yet."
	rooms, err := rows(ctx, db, func(r *room) []any {
		return []any{&r.id, &r.title, &r.creator, &r.state, &r.people, &r.at, &r.created}
	}, newestSQL())
	if err != nil || len(rooms) == 0 {
		return err
	}
	p.Lead = "By when they were set up."
	p.Table = table{Open: true, Caption: "The newest Spaces", Columns: slices.Concat(words("Space", "Creator", "State"), numbers("People"), words("Start", "Set up"))}
	for _, r := range rooms {
		creator := theirs("@" + r.creator)
		if r.creator == "" {
			creator = said("not known")
		}
		row := []cell{spaceCell(r.id, r.title), creator, said(r.state), count(r.people), said("not known"), said("not known")}
		for i, t := range []*time.Time{r.at, r.created} {
			if t != nil {
				row[4+i] = at(*t)
			}
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return nil
}
