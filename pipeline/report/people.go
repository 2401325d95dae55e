package report

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// person is somebody with the Spaces they were in, as one of a list.
type person struct {
	list, id, username, name          string
	spaces, audience, peak, followers int64
}

// label is what a chart calls a person.
func (p person) label() string {
	if p.username == "" {
		return p.id
	}
	return "@" + p.username
}

// fame is a cell of followers.
func (p person) fame() cell {
	if p.followers < 0 {
		return amount("not known")
	}
	return count(p.followers)
}

// hosts ranks by the people in the rooms of all Spaces somebody hosted.
func hosts(_ context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Empty = "hosts", "Hosts by audience", "Nobody is known yet."
	people, err := d.people()
	if err != nil || len(people["hosts"]) == 0 {
		return err
	}
	all := people["hosts"]
	p.Table = table{Caption: p.Title, Columns: slices.Concat(words("Host", "Name"), numbers("Audience", "Spaces", "Fullest"))}
	var bars []bar
	for _, h := range all {
		p.Table.Rows = append(p.Table.Rows, []cell{userCell(h.id, h.username), theirs(h.name), countOf(h.audience, all[0].audience), count(h.spaces), count(h.peak)})
		bars = append(bars, bar{h.label(), float64(h.audience), fmt.Sprintf("%s · %s", thousands(h.audience), plural(h.spaces, "Space", "Spaces"))})
	}
	if all[0].audience == 0 {
		p.Lead = "No host is known to have had an audience yet."
		return nil
	}
	p.Lead = fmt.Sprintf("The largest audience is that of %s: %s in %s.", apart(all[0].label()), plural(all[0].audience, "person", "people"), plural(all[0].spaces, "Space", "Spaces"))
	p.Note = "The audience is the most people seen in each Space, added up: who was in two counts twice."
	p.Chart = barChart(p.ID, "Bar chart of hosts by audience. "+p.Lead, "people", bars)
	return nil
}

func speakers(_ context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Empty = "speakers", "Speakers by Spaces", "Nobody is known to have spoken yet."
	people, err := d.people()
	if err != nil || len(people["speakers"]) == 0 {
		return err
	}
	all := people["speakers"]
	p.Table = table{Caption: p.Title, Columns: slices.Concat(words("Speaker", "Name"), numbers("Spaces", "Followers"))}
	var bars []bar
	for _, h := range all {
		p.Table.Rows = append(p.Table.Rows, []cell{userCell(h.id, h.username), theirs(h.name), countOf(h.spaces, all[0].spaces), h.fame()})
		bars = append(bars, bar{h.label(), float64(h.spaces), thousands(h.spaces)})
	}
	p.Lead = fmt.Sprintf("%s spoke in most Spaces: %s.", apart(all[0].label()), thousands(all[0].spaces))
	p.Chart = barChart(p.ID, "Bar chart of speakers by Spaces. "+p.Lead, "Spaces", bars)
	return nil
}

// returned is how many speakers of a first day or week spoke so many later.
type returned struct {
	first    time.Time
	later, n int64
}

// mostLater is how many days or weeks later are told of.
const mostLater = 8

// returning tells how many speakers speak again, by days, or by weeks once there
// are some.
func returning(ctx context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Wide, p.Empty = "returning", "Who speaks again", true, "Nobody is known to have spoken yet."
	people, err := d.people()
	if err != nil || len(people[""]) == 0 || people[""][0].spaces == 0 {
		return err
	}
	all := people[""][0]
	p.Lead = fmt.Sprintf("%s of %s spoke in more than one Space (%s).", thousands(all.audience), plural(all.spaces, "speaker", "speakers"), share(all.audience, all.spaces))
	p.Empty = ""
	days, one, many := 1, "day", "days"
	if d.span() > 21*24*time.Hour {
		days, one, many = 7, "week", "weeks"
	}
	cohorts, err := rows(ctx, d.db, func(r *returned) []any { return []any{&r.first, &r.later, &r.n} }, returnsSQL(d.zone, days))
	if err != nil {
		return err
	}
	var again, could [mostLater + 1]int64
	var end time.Time // of what is known: the last day or week that anybody spoke in
	for _, r := range cohorts {
		end = latest(end, r.first.AddDate(0, 0, int(r.later)*days))
	}
	for _, r := range cohorts {
		if r.later <= mostLater {
			again[r.later] += r.n
		}
		for later := 1; r.later == 0 && later <= mostLater; later++ {
			if !r.first.AddDate(0, 0, later*days).After(end) {
				could[later] += r.n
			}
		}
	}
	if could[1] == 0 {
		p.Lead += fmt.Sprintf(" Who speaks again on a later %s is told once there are several.", one)
		return nil
	}
	p.Lead += fmt.Sprintf(" Of %s, %s spoke again a %s later (%s).", thousands(could[1]), thousands(again[1]), one, share(again[1], could[1]))
	p.Table = table{Caption: "Speakers who speak again", Columns: slices.Concat(words("After their first"), numbers("Speakers", "Spoke then", "Share"))}
	var bars []bar
	for later := 1; later <= mostLater && could[later] > 0; later++ {
		name := plural(int64(later), one, many) + " later"
		p.Table.Rows = append(p.Table.Rows, []cell{said(name), count(could[later]), count(again[later]), amount(share(again[later], could[later]))})
		bars = append(bars, bar{name, 100 * float64(again[later]) / float64(could[later]), fmt.Sprintf("%s · %s of %s", share(again[later], could[later]), thousands(again[later]), thousands(could[later]))})
	}
	if p.Table.Open = len(bars) < 2; !p.Table.Open {
		p.Chart = barChart(p.ID, "Bar chart of speakers who speak again. "+p.Lead, "", bars)
	}
	return nil
}

// tie is two people and the Spaces both spoke in.
type tie struct {
	a, b string
	n    int64
}

// node is a person of the network.
type node struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Spaces int64  `json:"spaces"`
	Ties   int64  `json:"ties"` // people spoken with
}

// edge is a tie of the network.
type edge struct {
	Source string `json:"source"`
	Target string `json:"target"`
	N      int64  `json:"n"`
}

// networkData is what the network draws.
type networkData struct {
	Nodes []node `json:"nodes"`
	Edges []edge `json:"edges"`
}

func network(ctx context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Wide, p.Empty = "network", "Who speaks with whom", true, "No two people are known to have spoken in one Space."
	ties, err := rows(ctx, d.db, func(t *tie) []any { return []any{&t.a, &t.b, &t.n} }, pairsSQL)
	if err != nil || len(ties) == 0 {
		return err
	}
	with := map[string]int64{}
	drawn := networkData{}
	for _, t := range ties {
		with[t.a]++
		with[t.b]++
		drawn.Edges = append(drawn.Edges, edge{t.a, t.b, t.n})
	}
	var ids []string
	for id := range with {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	people, err := rows(ctx, d.db, func(h *person) []any { return []any{&h.id, &h.username, &h.name, &h.spaces} }, speakersSQL, ids)
	if err != nil {
		return err
	}
	names := map[string]person{}
	for _, h := range people {
		names[h.id] = h
		drawn.Nodes = append(drawn.Nodes, node{h.id, h.label(), h.spaces, with[h.id]})
	}
	p.Table = table{Caption: "People who spoke in the same Spaces", Columns: slices.Concat(words("Person", "And"), numbers("Spaces together"))}
	for _, t := range ties[:min(len(ties), 40)] {
		p.Table.Rows = append(p.Table.Rows, []cell{userCell(t.a, names[t.a].username), userCell(t.b, names[t.b].username), countOf(t.n, ties[0].n)})
	}
	p.Lead = fmt.Sprintf("%s and %s share most Spaces: %s. Drawn are the %s who share most, hosts included, and their %s: larger dots spoke in more Spaces, thicker lines in more together.",
		apart(names[ties[0].a].label()), apart(names[ties[0].b].label()), thousands(ties[0].n),
		plural(int64(len(drawn.Nodes)), "person", "people"), plural(int64(len(ties)), "strongest tie", "strongest ties"))
	p.Note = "A narrow screen shows the 26 with most ties."
	if p.Table.Open = len(ties) < 2; !p.Table.Open {
		p.Chart = &chart{"network", "network", "Network of people joined where they spoke in the same Spaces. " + p.Lead, drawn}
	}
	return nil
}
