package money

import (
	"cmp"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// Statement is a ledger added up in several ways: each list holds all of it.
// Its JSON names are an interface of the program: they may be added to, not
// changed.
type Statement struct {
	Days      []Spent       `json:"days"`      // UTC days, YYYY-MM-DD
	Endpoints []Spent       `json:"endpoints"` // by schemas.Endpoint
	Objects   []Spent       `json:"resources"` // by schemas.Object: space, user, tweet
	Runs      []Spent       `json:"runs"`      // by run id, oldest first
	Jobs      []Spent       `json:"jobs"`      // by the job's name
	Low       schemas.Money `json:"usd_low"`   // in the optimistic model
	High      schemas.Money `json:"usd_high"`  // in the pessimistic model
	// Lost are answers that a crash lost: part of High.
	Lost schemas.Money `json:"usd_lost"`
	// Damaged is how many pages cannot be read: what they cost is not counted.
	Damaged int `json:"damaged_pages"`
}

// Spent is one row of a statement.
type Spent struct {
	Name     string        `json:"name"`
	Returned int64         `json:"returned"` // objects in data
	Repeated int64         `json:"repeated"` // of those, returned before on the same UTC day
	Included int64         `json:"included"` // objects in includes
	Low      schemas.Money `json:"usd_low"`
	High     schemas.Money `json:"usd_high"`
}

// NewStatement adds a ledger up.
func NewStatement(l *Ledger, p schemas.Prices) Statement {
	s := Statement{Low: l.Cost(Optimistic, p, nil), High: l.Cost(Pessimistic, p, nil)}
	s.Lost = l.Cost(Pessimistic, p, func(line *Line) bool { return line.Lost })
	s.Days = by(l, p, func(line *Line) string { return line.Day })
	s.Endpoints = by(l, p, func(line *Line) string { return string(line.Endpoint) })
	s.Objects = by(l, p, func(line *Line) string { return string(line.Object) })
	s.Runs = ByRun(l, p)
	jobs := map[string]string{}
	for _, run := range l.Runs {
		jobs[run.RunID] = run.Job
		s.Damaged += run.Damaged
	}
	s.Jobs = by(l, p, func(line *Line) string { return jobs[line.RunID] })
	return s
}

// ByRun adds a ledger up by run.
func ByRun(l *Ledger, p schemas.Prices) []Spent {
	return by(l, p, func(line *Line) string { return line.RunID })
}

// by adds up the lines of one name.
func by(l *Ledger, p schemas.Prices, name func(*Line) string) []Spent {
	rows := map[string]*Spent{}
	for _, line := range l.Lines {
		row := rows[name(line)]
		if row == nil {
			row = &Spent{Name: name(line)}
			rows[row.Name] = row
		}
		if !line.Lost {
			row.Returned += line.Returned
			row.Repeated += line.Repeated()
			row.Included += line.Included
		}
		row.Low += p[line.Object] * schemas.Money(line.Billed(Optimistic))
		row.High += p[line.Object] * schemas.Money(line.Billed(Pessimistic))
	}
	all := []Spent{}
	for _, row := range rows {
		all = append(all, *row)
	}
	slices.SortFunc(all, func(a, b Spent) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
