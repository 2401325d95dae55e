// Package account asks the API for its own count of an account's posts and credits,
// and sets it beside a store's ledger.
package account

import (
	"context"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/schemas"
)

// Account is what the API tells of the account, beside the ledger.
type Account struct {
	Project string `json:"project"`
	// Cap is how many posts the project may read in a cycle; 0 is not told.
	Cap int64 `json:"cap"`
	money.Reconciliation
	Apps    []AppCount `json:"apps"` // of the project, over the days compared
	Credits *Balance   `json:"credits"`
	// NoCredits says why Credits are not known.
	NoCredits string `json:"credits_error,omitempty"`
	// Settle are the days whose lost answers the API's count bounds; NoSettle says
	// why it cannot, if so, and Settled whether it does from now on.
	Settle   []money.Settlement `json:"settle,omitempty"`
	NoSettle string             `json:"settle_error,omitempty"`
	Settled  bool               `json:"settled,omitempty"`
}

// AppCount is how many posts one app of the project has read.
type AppCount struct {
	ID    string `json:"app"`
	Posts int64  `json:"api"`
}

// Balance is what is left to spend, in dollars.
type Balance struct {
	Total   float64 `json:"usd"`
	Free    float64 `json:"usd_free"`
	Prepaid float64 `json:"usd_prepaid"`
}

// Days is how many days to ask for: those since the store's first
// page, as far back as the API tells.
func Days(l *money.Ledger, now time.Time) int {
	first, err := time.Parse(time.DateOnly, money.FirstDay(l))
	if err != nil {
		return 1 // nothing was charged yet
	}
	return min(max(int(now.Sub(first)/(24*time.Hour))+1, 1), extract.MaxUsageDays)
}

// Ask makes the requests. What is left to spend is told if the API
// tells it: some accounts have no such answer.
func Ask(ctx context.Context, retry *extract.Retry, days int, compare func(money.Reported) money.Reconciliation) (Account, error) {
	u, err := retry.Usage(ctx, days)
	if err != nil {
		return Account{}, err
	}
	r := money.Reported{Object: schemas.Tweet, Cycle: u.Posts, ResetDay: u.ResetDay}
	if u.Days != nil {
		r.Days = map[string]int64{}
	}
	for _, d := range u.Days {
		r.Days[d.Day] = d.Posts
	}
	a := Account{Project: u.Project, Cap: u.Cap, Apps: []AppCount{}, Reconciliation: compare(r)}
	for _, app := range u.Apps {
		count := AppCount{ID: app.ID}
		for _, d := range app.Days {
			count.Posts += d.Posts
		}
		a.Apps = append(a.Apps, count)
	}
	switch left, err := retry.Credits(ctx); {
	case ctx.Err() != nil:
		return a, err
	case err != nil:
		a.NoCredits = err.Error()
	default:
		a.Credits = &Balance{left.Total, left.Free, left.Prepaid}
	}
	return a, nil
}
