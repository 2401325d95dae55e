package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/schemas"
)

// bill adds up the lines of the ledger that pass.
func (m *maker) bill(pass func(*money.Line) bool) money.Statement {
	part := &money.Ledger{}
	for _, line := range m.ledger.Lines {
		if pass(line) {
			part.Lines = append(part.Lines, line)
		}
	}
	return money.NewStatement(part, m.Prices)
}

// costs tells what the run and the store cost, against the budget.
func (m *maker) costs() section {
	run := m.bill(func(line *money.Line) bool { return line.RunID == m.manifest.Run.RunID })
	return section{
		ID: "money", Title: "What it cost",
		Lead: "Costs are ranges: nothing official says whether X bills objects that expansions bring in, or one returned twice on a UTC day. " +
			"The low end bills neither, the high end both, and answers that a crash lost.",
		Panels: []panel{m.byEndpoint(run), m.budget(run), m.days()},
	}
}

// The ends of a range in the charts.
var (
	lowEnd  = key{"k-page", "low end"}
	highEnd = key{"k-high", "up to the high end"}
)

// priced is a range of dollars.
type priced struct {
	Name string  `json:"name"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	Text string  `json:"text"`
}

func (m *maker) byEndpoint(run money.Statement) panel {
	p := panel{ID: "cost", Title: "By endpoint", Empty: "Nothing that X charges for came back.",
		Lead:  fmt.Sprintf("This run cost %s.", span(run.Low, run.High)),
		Table: table{Caption: "What this run cost by endpoint", Columns: slices.Concat(words("Endpoint"), numbers("Returned", "Of those again", "Included", "Low", "High"))}}
	var bars []priced
	for _, s := range run.Endpoints {
		p.Table.Rows = append(p.Table.Rows, spentRow(s))
		bars = append(bars, priced{s.Name, dollars(s.Low), dollars(s.High), span(s.Low, s.High)})
	}
	if m.Expected.High > 0 {
		p.Lead += fmt.Sprintf(" Before the first request it was forecast to cost %s.", span(m.Expected.Low, m.Expected.High))
	}
	if len(bars) > 0 {
		p.Legend = []key{lowEnd, highEnd}
		p.Chart = &chart{"cost", "ranges", "Cost of this run by endpoint, as ranges from low to high: " + p.Lead, bars}
	}
	return p
}

func spentRow(s money.Spent) []cell {
	return []cell{said(s.Name), count(s.Returned), count(s.Repeated), count(s.Included), amount(s.Low.Cents()), amount(s.High.Cents())}
}

// budget compares what was spent, at the high end, with the job's bounds.
func (m *maker) budget(run money.Statement) panel {
	p := panel{ID: "budget", Title: "Against the budget"}
	day := m.manifest.Run.EndedAt.UTC().Format(time.DateOnly)
	prefix := func(prefix string) schemas.Money {
		return m.ledger.Cost(money.Pessimistic, m.Prices, func(line *money.Line) bool { return strings.HasPrefix(line.Day, prefix) })
	}
	for _, bound := range []struct {
		name         string
		spent, bound schemas.Money
	}{
		{"This run", run.High, m.Budget.Run},
		{"UTC day " + day, prefix(day), m.Budget.Day},
		{"Month " + day[:7], prefix(day[:7]), m.Budget.Month},
	} {
		if bound.bound == 0 {
			continue
		}
		share := float64(bound.spent) / float64(bound.bound)
		tone := "good"
		if share >= 0.9 {
			tone = "warn"
		}
		if share > 1 {
			tone = "bad"
		}
		p.Meters = append(p.Meters, meter{bound.name, fmt.Sprintf("%s of %s, %.0f %%", bound.spent.Cents(), bound.bound.Cents(), 100*share), share, tone})
	}
	all := money.NewStatement(m.ledger, m.Prices)
	p.Lead = fmt.Sprintf("The store has cost %s in all.", span(all.Low, all.High))
	if all.Lost > 0 {
		p.Lead += fmt.Sprintf(" Up to %s of it are answers that a crash lost.", all.Lost.Cents())
	}
	p.Note = "A budget is held against the high end, so that it cannot be passed whatever X bills."
	if len(p.Meters) == 0 {
		p.Note = "No budget is known here: a job sets one with budget: {usd_per_run, usd_per_day, usd_per_month}; name its file with -f to see it."
	}
	p.Table = table{Open: true, Caption: "What the store has cost, by kind of object", Columns: slices.Concat(words("Object"), numbers("Returned", "Of those again", "Included", "Low", "High"))}
	for _, s := range all.Objects {
		p.Table.Rows = append(p.Table.Rows, spentRow(s))
	}
	return p
}

// mostDays is how many days are shown, the latest.
const mostDays = 62

// daysData is what the chart of days draws.
type daysData struct {
	Days   []priced `json:"days"`
	Budget float64  `json:"budget"` // dollars a day; 0 for none
}

func (m *maker) days() panel {
	p := panel{ID: "days", Title: "By day", Wide: true, Empty: "Nothing that X charges for came back.",
		Table: table{Caption: "What the store has cost by UTC day", Columns: slices.Concat(words("Day"), numbers("Returned", "Of those again", "Included", "Low", "High"))}}
	days := money.NewStatement(m.ledger, m.Prices).Days
	days = days[max(len(days)-mostDays, 0):]
	data := daysData{Budget: dollars(m.Budget.Day)}
	for _, s := range days {
		p.Table.Rows = append(p.Table.Rows, spentRow(s))
		data.Days = append(data.Days, priced{s.Name, dollars(s.Low), dollars(s.High), span(s.Low, s.High)})
	}
	if len(days) < 2 {
		p.Table.Open = true
		return p
	}
	p.Lead = fmt.Sprintf("%s with requests, from %s to %s.", plural(int64(len(days)), "UTC day", "UTC days"), days[0].Name, days[len(days)-1].Name)
	p.Chart = &chart{"days", "days", "Cost per UTC day as ranges from low to high. " + p.Lead, data}
	p.Legend = []key{lowEnd, highEnd}
	if m.Budget.Day > 0 {
		p.Legend = append(p.Legend, key{"k-budget", "budget of a day"})
	}
	return p
}
