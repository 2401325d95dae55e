package pipeline

import "github.com/spacesetl/spacesetl/schemas"

// BudgetLeft is what the bounds of the budget have room for, by period: run,
// day, month. It is empty without a budget. It can be asked once Progress has
// told of a wave: before, the budget is not known.
func (p *Pipeline) BudgetLeft() map[string]schemas.Money {
	left := map[string]schemas.Money{}
	w := p.purse
	if w == nil {
		return left
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	today := dayOf(w.now().Add(w.skew))
	var month schemas.Money
	for day, spent := range w.days {
		if day[:len("2006-01")] == today[:len("2006-01")] {
			month += spent
		}
	}
	for period, of := range map[string][2]schemas.Money{
		"run": {w.budget.Run, w.run}, "day": {w.budget.Day, w.days[today]}, "month": {w.budget.Month, month},
	} {
		if of[0] > 0 {
			left[period] = max(of[0]-of[1], 0)
		}
	}
	return left
}
