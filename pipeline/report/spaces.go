package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

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

// host is who set a Space up.
func (r room) by() cell {
	if r.host == "" {
		return said("not known")
	}
	return userCell(r.host, r.handle)
}

func liveNow(_ context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Wide, p.Empty = "live-now", "Live when last looked at", true, "No Space was live when last looked at."
	rooms, err := d.rooms()
	if err != nil || len(rooms["live"]) == 0 {
		return err
	}
	counts, err := d.counts()
	if err != nil {
		return err
	}
	all := counts["live"][0]
	p.Lead = fmt.Sprintf("%s live with %s at %s.", plural(all.n, "Space was", "Spaces were"), plural(all.people, "person", "people"), d.clock(d.lastLook().at))
	if n := int64(len(rooms["live"])); n < all.n {
		p.Lead += fmt.Sprintf(" These are the %d with most people.", n)
	}
	p.Table = table{Open: true, Caption: "Live Spaces, by people", Columns: slices.Concat(words("Space", "By"), numbers("People"), words("Began"))}
	for _, r := range rooms["live"] {
		p.Table.Rows = append(p.Table.Rows, []cell{spaceCell(r.id, r.title), r.by(), countOf(r.last, rooms["live"][0].last), d.at(r.started)})
	}
	return nil
}

func newest(_ context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Wide, p.Empty = "newest", "Newest Spaces", true, "There are no Spaces yet."
	rooms, err := d.rooms()
	if err != nil || len(rooms["newest"]) == 0 {
		return err
	}
	first := rooms["newest"][0]
	p.Lead = fmt.Sprintf("The last that was set up is %s.", apart(titled(first.id, first.title)))
	if first.created != nil {
		p.Lead = fmt.Sprintf("The last is %s, set up at %s.", apart(titled(first.id, first.title)), d.clock(*first.created))
	}
	p.Table = table{Caption: "The newest Spaces", Columns: slices.Concat(words("Space", "By", "State"), numbers("People"), words("Start", "Set up"))}
	for _, r := range rooms["newest"] {
		p.Table.Rows = append(p.Table.Rows, []cell{spaceCell(r.id, r.title), r.by(), said(r.status), count(r.last), d.at(cmp.Or(r.started, r.planned)), d.at(r.created)})
	}
	return nil
}

// comingUp lists what is to begin after the last look and after now.
func comingUp(_ context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Wide = "coming", "Coming up", true
	p.Empty = "No Space is known that is planned for after " + d.clock(latest(d.lastLook().at, d.now)) + "."
	rooms, err := d.rooms()
	if err != nil || len(rooms["coming"]) == 0 {
		return err
	}
	next := rooms["coming"][0]
	p.Lead = fmt.Sprintf("Next is %s, at %s.", apart(titled(next.id, next.title)), d.clock(*next.planned))
	p.Table = table{Open: true, Caption: "Spaces that are planned, the next first", Columns: words("Space", "By", "Planned start")}
	for _, r := range rooms["coming"] {
		p.Table.Rows = append(p.Table.Rows, []cell{spaceCell(r.id, r.title), r.by(), d.at(r.planned)})
	}
	return nil
}

func noShows(_ context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Empty = "no-shows", "Planned and never begun", "No Space is known that was planned for a time now past."
	counts, err := d.counts()
	if err != nil {
		return err
	}
	var missed int64
	for _, c := range counts["state"] {
		if c.name == "no_show" {
			missed = c.n
		}
	}
	due := counts["due"][0].n
	rooms, err := d.rooms()
	if err != nil || due == 0 {
		return err
	}
	p.Lead = fmt.Sprintf("%s of the %s planned for a time now past had not begun an hour later (%s).", thousands(missed), plural(due, "Space", "Spaces"), share(missed, due))
	p.Empty = ""
	p.Table = table{Caption: "Spaces that were planned and did not begin, the latest first", Columns: words("Space", "By", "Planned start")}
	for _, r := range rooms["no_show"] {
		p.Table.Rows = append(p.Table.Rows, []cell{spaceCell(r.id, r.title), r.by(), d.at(r.planned)})
	}
	return nil
}

// kinds fills a panel with Spaces of several kinds.
func kinds(p *panel, title string, all []counted, name func(string) string) {
	var bars []bar
	var sum int64
	p.Table = table{Caption: title + " of Spaces", Columns: slices.Concat(words(title), numbers("Spaces", "People on average"))}
	for _, c := range all {
		sum += c.n
		p.Table.Rows = append(p.Table.Rows, []cell{theirs(name(c.name)), count(c.n), count(c.people / c.n)})
		bars = append(bars, bar{name(c.name), float64(c.n), thousands(c.n)})
	}
	p.Lead = fmt.Sprintf("Most Spaces are %s (%s of %s).", apart(bars[0].Name), bars[0].Text, thousands(sum))
	if p.Table.Open = len(bars) < 2; !p.Table.Open {
		p.Chart = barChart(p.ID, fmt.Sprintf("Bar chart of %s. %s", title, p.Lead), "Spaces", bars)
	}
}

func states(_ context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Empty = "states", "What became of them", "There are no Spaces yet."
	counts, err := d.counts()
	if err != nil || len(counts["state"]) == 0 {
		return err
	}
	kinds(p, "States", counts["state"], func(name string) string { return cmp.Or(name, "not said") })
	if n := counts["tickets"][0].n; n > 0 {
		p.Lead += fmt.Sprintf(" Tickets are sold for %s.", plural(n, "Space", "Spaces"))
	}
	p.Note = "A no_show had not begun an hour after its planned start; gone was live and is not known any more."
	return nil
}

func languagesOf(_ context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Empty = "languages", "Languages", "There are no Spaces yet."
	counts, err := d.counts()
	if err != nil || len(counts["lang"]) == 0 {
		return err
	}
	kinds(p, "Languages", counts["lang"], language)
	p.Note = "The language is the creator's as X infers it."
	return nil
}
