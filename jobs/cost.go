package jobs

import (
	"context"
	"errors"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs/account"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/schemas"
)

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
func settleLost(ctx context.Context, j *Job, days int) (account.Account, error) {
	if _, err := ledger(ctx, j); err != nil { // before there is a folder
		return account.Account{}, err
	}
	locked, err := j.store.Lock()
	if err != nil {
		return account.Account{}, err
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
func reconcile(ctx context.Context, j *Job, days int) (account.Account, error) {
	l, err := ledger(ctx, j)
	if err != nil {
		return account.Account{}, err
	}
	now := j.opts.Now()
	if days == 0 {
		days = account.Days(l, now)
	}
	if !j.opts.Tokens.hasApp() {
		return account.Account{}, stopped(&extract.AuthError{Endpoint: schemas.Usage, Kind: extract.AuthMissing, Token: "app-only token",
			Next: "set X_BEARER_TOKEN to the app's bearer token, or run spacesetl auth app"})
	}
	client, err := newClient(j, now)
	if err != nil {
		return account.Account{}, err
	}
	defer client.Close()
	a, err := account.Ask(ctx, extract.NewRetry(client), days, func(r money.Reported) money.Reconciliation {
		return money.Reconcile(l, r, j.spec.PriceTable(), now)
	})
	a.Settle, a.NoSettle = money.Settleable(l, a.Reconciliation, j.spec.PriceTable(), now)
	return a, stopped(err)
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
