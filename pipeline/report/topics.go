package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// topic is what Spaces are about; before and since are those that began in the
// two spans that are compared.
type topic struct {
	name                                string
	spaces, people, peak, before, since int64
}

func (t topic) change() int64 { return t.since - t.before }

// topics ranks the topics of most Spaces by what they won or lost between two
// spans of up to a week, or by the people they draw while there is nothing to compare.
func topics(ctx context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Empty = "topics", "Topics that rise and fall", "No Space has a topic yet."
	span := min(7*24*time.Hour, d.span()/2).Truncate(time.Hour)
	if span >= 48*time.Hour {
		span = span.Truncate(24 * time.Hour)
	}
	if err := d.known(); err != nil {
		return err
	}
	topics, err := rows(ctx, d.db, func(t *topic) []any { return []any{&t.name, &t.spaces, &t.people, &t.peak, &t.before, &t.since} }, topicsSQL(d.lastLook(), span))
	if err != nil || len(topics) == 0 {
		return err
	}
	if span < time.Hour || !slices.ContainsFunc(topics, func(t topic) bool { return t.before+t.since > 0 }) {
		byAudience(p, topics)
		if span >= time.Hour {
			p.Note = fmt.Sprintf("Which topics rise and fall cannot be told: no Space of these began in the %s to the last look.", lasting(2*span))
		}
		return nil
	}
	slices.SortStableFunc(topics, func(a, b topic) int {
		return cmp.Or(cmp.Compare(b.change(), a.change()), cmp.Compare(b.since, a.since))
	})
	p.Table = table{Caption: p.Title, Columns: slices.Concat(words("Topic"), numbers("Before", "Since", "Change", "In all", "People on average"))}
	var bars []bar
	for _, t := range topics {
		change := fmt.Sprintf("%+d", t.change())
		p.Table.Rows = append(p.Table.Rows, []cell{theirs(t.name), count(t.before), count(t.since), amount(change), count(t.spaces), t.average()})
		bars = append(bars, bar{t.name, float64(t.change()), fmt.Sprintf("%s · %d after %d", change, t.since, t.before)})
	}
	first, last := topics[0], topics[len(topics)-1]
	p.Lead = fmt.Sprintf("%s won most: %s began in the %s to the last look, after %d in the %[3]s before.", apart(first.name), plural(first.since, "Space", "Spaces"), lasting(span), first.before)
	if first.change() <= 0 {
		p.Lead = fmt.Sprintf("No topic had more Spaces in the %s to the last look than in the %[1]s before.", lasting(span))
	}
	if last.change() < 0 {
		p.Lead += fmt.Sprintf(" %s lost most: %d after %d.", apart(last.name), last.since, last.before)
	}
	if p.Table.Open = len(bars) < 2; !p.Table.Open {
		p.Chart = barChart(p.ID, "Bar chart of the change in Spaces by topic. "+p.Lead, "Spaces", bars)
	}
	return nil
}

// average is a cell of the people a topic draws.
func (t topic) average() cell {
	if t.people < 0 {
		return amount("not known")
	}
	return count(t.people)
}

// byAudience ranks topics by the people they draw.
func byAudience(p *panel, topics []topic) {
	p.Title = "Topics and how many people they draw"
	p.Note = "There are no earlier runs to compare with: which topics rise and fall is told once there are."
	slices.SortStableFunc(topics, func(a, b topic) int { return cmp.Compare(b.people, a.people) })
	p.Table = table{Caption: p.Title, Columns: slices.Concat(words("Topic"), numbers("Spaces", "People on average", "Fullest"))}
	var bars []bar
	for _, t := range topics {
		p.Table.Rows = append(p.Table.Rows, []cell{theirs(t.name), count(t.spaces), t.average(), count(t.peak)})
		bars = append(bars, bar{t.name, float64(max(t.people, 0)), fmt.Sprintf("%s · %s", thousands(max(t.people, 0)), plural(t.spaces, "Space", "Spaces"))})
	}
	p.Lead = fmt.Sprintf("Of the topics of most Spaces %s draws most people: %s on average.", apart(bars[0].Name), thousands(int64(bars[0].Value)))
	if p.Table.Open = len(bars) < 2; !p.Table.Open {
		p.Chart = barChart(p.ID, "Bar chart of the average number of people by topic. "+p.Lead, "people on average", bars)
	}
}
