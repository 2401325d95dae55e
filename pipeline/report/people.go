package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spacesetl/spacesetl/load/duckdb"
)

// person is somebody with the Spaces they were in.
type person struct {
	id, username, name                string
	spaces, audience, peak, followers int64
}

// label is what a chart calls a person.
func (p person) label() string {
	if p.username == "" {
		return p.id
	}
	return "@" + p.username
}

// ranking makes the panel of people in some roles, written as SQL has lists.
func ranking(id, title, roles, did string) fill {
	return func(ctx context.Context, db *duckdb.Reader, p *panel) error {
		p.ID, p.Title, p.Empty = id, title, "Nobody is known yet."
		people, err := rows(ctx, db, func(h *person) []any {
			return []any{&h.id, &h.username, &h.name, &h.spaces, &h.audience, &h.peak, &h.followers}
		}, fmt.Sprintf(peopleSQL, roles))
		if err != nil || len(people) == 0 {
			return err
		}
		p.Lead = fmt.Sprintf("By the Spaces they %s; the audience is the sum of people in the rooms when last seen.", did)
		p.Table = table{Caption: title, Columns: slices.Concat(words("Account", "Name"), numbers("Spaces", "Audience", "Fullest room", "Followers"))}
		var bars []bar
		for _, h := range people {
			followers := amount("not known")
			if h.followers >= 0 {
				followers = count(h.followers)
			}
			p.Table.Rows = append(p.Table.Rows, []cell{userCell(h.id, h.username), theirs(h.name), countOf(h.spaces, people[0].spaces), count(h.audience), count(h.peak), followers})
			bars = append(bars, bar{h.label(), float64(h.spaces), fmt.Sprintf("%s · audience %s", thousands(h.spaces), thousands(h.audience))})
		}
		p.Chart = barChart(id, fmt.Sprintf("Bar chart of people by Spaces: %s comes first with %s.", bars[0].Name, plural(people[0].spaces, "Space", "Spaces")), "Spaces", bars)
		return nil
	}
}

// topic is what Spaces are about.
type topic struct {
	name                 string
	spaces, people, peak int64
}

func topics(ctx context.Context, db *duckdb.Reader, p *panel) error {
	p.ID, p.Title, p.Wide, p.Empty = "topics", "Topics and how many people they draw", true, "No Space has a topic yet."
	topics, err := rows(ctx, db, func(t *topic) []any { return []any{&t.name, &t.spaces, &t.people, &t.peak} }, topicsSQL)
	if err != nil || len(topics) == 0 {
		return err
	}
	p.Lead = "The topics of most Spaces, by the average number of people in a room, scheduled ones aside."
	p.Table = table{Caption: "Topics of Spaces", Columns: slices.Concat(words("Topic"), numbers("Spaces", "People on average", "Fullest room"))}
	slices.SortStableFunc(topics, func(a, b topic) int { return cmp.Compare(b.people, a.people) })
	var bars []bar
	for _, t := range topics {
		average := amount("not known")
		if t.people >= 0 {
			average = countOf(t.people, max(topics[0].people, 1))
		}
		p.Table.Rows = append(p.Table.Rows, []cell{theirs(t.name), count(t.spaces), average, count(t.peak)})
		bars = append(bars, bar{t.name, float64(max(t.people, 0)), fmt.Sprintf("%s · %s", thousands(max(t.people, 0)), plural(t.spaces, "Space", "Spaces"))})
	}
	p.Chart = barChart("topics", fmt.Sprintf("Bar chart of the average number of people by topic: most, %s, in %s.", thousands(max(topics[0].people, 0)), topics[0].name), "people on average", bars)
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

func network(ctx context.Context, db *duckdb.Reader, p *panel) error {
	p.ID, p.Title, p.Wide, p.Empty = "network", "Who speaks with whom", true, "No two people are known to have spoken in one Space."
	ties, err := rows(ctx, db, func(t *tie) []any { return []any{&t.a, &t.b, &t.n} }, pairsSQL)
	if err != nil || len(ties) == 0 {
		return err
	}
	with := map[string]int64{}
	data := networkData{}
	for _, t := range ties {
		with[t.a]++
		with[t.b]++
		data.Edges = append(data.Edges, edge{t.a, t.b, t.n})
	}
	var ids []string
	for id := range with {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	people, err := rows(ctx, db, func(h *person) []any { return []any{&h.id, &h.username, &h.name, &h.spaces} }, speakersSQL, ids)
	if err != nil {
		return err
	}
	names := map[string]person{}
	for _, h := range people {
		names[h.id] = h
		data.Nodes = append(data.Nodes, node{h.id, h.label(), h.spaces, with[h.id]})
	}
	p.Table = table{Caption: "People who spoke in the same Spaces", Columns: slices.Concat(words("Person", "And"), numbers("Spaces together"))}
	for _, t := range ties[:min(len(ties), 40)] {
		p.Table.Rows = append(p.Table.Rows, []cell{userCell(t.a, names[t.a].username), userCell(t.b, names[t.b].username), countOf(t.n, ties[0].n)})
	}
	p.Lead = fmt.Sprintf("The %s who share most Spaces, creators and hosts included, and their %s. Larger dots spoke in more Spaces, thicker lines in more together.",
		plural(int64(len(data.Nodes)), "person", "people"), plural(int64(len(ties)), "strongest tie", "strongest ties"))
	p.Note = "A narrow screen shows the 26 with most ties."
	p.Chart = &chart{"network", "network", fmt.Sprintf("Network of %s joined where they spoke in the same Spaces. %s and %s share most: %s.", plural(int64(len(data.Nodes)), "person", "people"),
		names[ties[0].a].label(), names[ties[0].b].label(), thousands(ties[0].n)), data}
	return nil
}
