package jobs_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/schemas"
)

// allowance is what the bounds of the budget allow, and what was billed.
type allowance struct {
	days, months       map[string]float64 // billed
	daily, monthly     map[string]float64 // the largest bound that was in force
	freeDays, freeMons map[string]bool    // without a bound for a while
	wrong              []string
}

func (a *allowance) spend(s *start) {
	if a.days == nil {
		*a = allowance{map[string]float64{}, map[string]float64{}, map[string]float64{}, map[string]float64{}, map[string]bool{}, map[string]bool{}, nil}
	}
	date, month := s.at.Format(time.DateOnly), s.at.Format("2006-01")
	a.days[date] += s.bill
	a.months[month] += s.bill
	b := s.spec.Budget
	bound := func(largest map[string]float64, free map[string]bool, name string, m schemas.Money) {
		largest[name] = max(largest[name], dollars(m))
		free[name] = free[name] || m == 0
	}
	bound(a.daily, a.freeDays, date, b.Day)
	bound(a.monthly, a.freeMons, month, b.Month)
	if b.Run > 0 && s.bill > dollars(b.Run)+0.0005 {
		a.wrong = append(a.wrong, fmt.Sprintf("%s: billed $%.3f, usd_per_run %s", s.at, s.bill, b.Run))
	}
	for name, billed := range a.days {
		if !a.freeDays[name] && billed > a.daily[name]+0.0005 {
			a.wrong = append(a.wrong, fmt.Sprintf("%s: billed $%.3f, usd_per_day %.2f", name, billed, a.daily[name]))
		}
	}
	for name, billed := range a.months {
		if !a.freeMons[name] && billed > a.monthly[name]+0.0005 {
			a.wrong = append(a.wrong, fmt.Sprintf("%s: billed $%.3f, usd_per_month %.2f", name, billed, a.monthly[name]))
		}
	}
}

func dollars(m schemas.Money) float64 {
	var f float64
	_, _ = fmt.Sscanf(strings.TrimPrefix(m.String(), "$"), "%g", &f)
	return f
}

// money compares the bill with the ledger.
func (y *year) money(d int) {
	for _, text := range y.bounds.wrong {
		y.Errorf("seed %d, day %d: %s", y.seed, d, text)
	}
	y.bounds.wrong = nil
	c, err := jobs.Open(y.spec, jobs.Options{Now: y.clock.Now}).Cost(y.Context())
	if err != nil {
		y.Errorf("seed %d, day %d: cost: %v", y.seed, d, err)
		return
	}
	y.tally.bill, y.tally.low, y.tally.high = y.world.Billing().Dollars, c.Low, c.High
	if bill := y.tally.bill; bill < dollars(c.Low)-0.0005 || bill > dollars(c.High)+0.0005 {
		y.Errorf("seed %d, day %d: billed $%.3f, the ledger says %s to %s", y.seed, d, bill, c.Low, c.High)
	}
	for _, spent := range c.Runs {
		log := y.runs[spent.Name]
		if log == nil || log.starts[0].at.Before(y.today[0].at) {
			continue
		}
		billed, lost := 0.0, false
		for _, s := range log.starts {
			billed, lost = billed+s.bill, lost || s.cut()
		}
		if !lost && billed > dollars(spent.High)+0.0005 { // what a killed run was billed for, the next has for nothing
			y.wrong(log.starts[0], "billed $%.3f, the ledger says %s to %s; fate %+v, %d starts", billed, spent.Low, spent.High, log.starts[0].fate, len(log.starts))
		}
	}
	for _, spent := range c.Days {
		billed, ok := y.bounds.days[spent.Name]
		if ok && (billed < dollars(spent.Low)-0.0005 || billed > dollars(spent.High)+0.0005) {
			y.Errorf("seed %d, day %d: billed on %s $%.3f, the ledger says %s to %s", y.seed, d, spent.Name, billed, spent.Low, spent.High)
		}
	}
}
