package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
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

// ledger is that of a store which has run.
func ledger(ctx context.Context, j *Job) (*money.Ledger, error) {
	if err := folder(j.spec.Store); err != nil {
		return nil, err
	}
	if _, err := runsOf(j.store, ""); err != nil {
		return nil, err
	}
	return money.Read(ctx, j.store)
}

func cost(ctx context.Context, j *Job) (money.Statement, error) {
	l, err := ledger(ctx, j)
	if err != nil {
		return money.Statement{}, err
	}
	return money.NewStatement(l, j.spec.PriceTable()), nil
}

// settleLost is reconcile, and books what the API's count leaves for lost answers.
func settleLost(ctx context.Context, j *Job, days int) (Account, error) {
	if _, err := ledger(ctx, j); err != nil { // before there is a folder
		return Account{}, err
	}
	locked, err := j.store.Lock()
	if err != nil {
		return Account{}, err
	}
	defer locked.Unlock()
	a, err := reconcile(ctx, j, days)
	if err != nil || a.NoSettle != "" {
		return a, err
	}
	err = money.Settle(locked, a.Settle, a.Reconciliation)
	a.Settled = err == nil && len(a.Settle) > 0
	return a, err
}

// reconcile asks the API for its own count and compares it with the ledger.
func reconcile(ctx context.Context, j *Job, days int) (Account, error) {
	l, err := ledger(ctx, j)
	if err != nil {
		return Account{}, err
	}
	now := j.opts.Now()
	if days == 0 {
		days = daysToCompare(l, now)
	}
	if !j.opts.Tokens.hasApp() {
		return Account{}, stopped(&extract.AuthError{Endpoint: schemas.Usage, Kind: extract.AuthMissing, Token: "app-only token",
			Next: "set X_BEARER_TOKEN to the app's bearer token, or run spacesetl auth app"})
	}
	client, err := newClient(j, now)
	if err != nil {
		return Account{}, err
	}
	defer client.Close()
	a, err := askAccount(ctx, extract.NewRetry(client), days, func(r money.Reported) money.Reconciliation {
		return money.Reconcile(l, r, j.spec.PriceTable(), now)
	})
	a.Settle, a.NoSettle = money.Settleable(l, a.Reconciliation, j.spec.PriceTable(), now)
	return a, stopped(err)
}

// daysToCompare is how many days to ask for: those since the store's first
// page, as far back as the API tells.
func daysToCompare(l *money.Ledger, now time.Time) int {
	first, err := time.Parse(time.DateOnly, money.FirstDay(l))
	if err != nil {
		return 1 // nothing was charged yet
	}
	return min(max(int(now.Sub(first)/(24*time.Hour))+1, 1), extract.MaxUsageDays)
}

// stopped gives an error of a request outside of a run the outcome it has in one.
func stopped(err error) error {
	var e schemas.Stopper
	if !errors.As(err, &e) {
		return err
	}
	outcome, _ := e.Stop()
	return &pipeline.StoppedError{Outcome: outcome, Err: err}
}

// askAccount makes the requests. What is left to spend is told if the API
// tells it: some accounts have no such answer.
func askAccount(ctx context.Context, retry *extract.Retry, days int, compare func(money.Reported) money.Reconciliation) (Account, error) {
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
