package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// account is what the API tells of the account, beside the ledger: what cost
// --reconcile prints as JSON.
type account struct {
	Project string `json:"project"`
	// Cap is how many posts the project may read in a cycle; 0 is not told.
	Cap int64 `json:"cap"`
	pipeline.Reconciliation
	Apps    []appCount `json:"apps"` // of the project, over the days compared
	Credits *balance   `json:"credits"`
	// NoCredits says why Credits are not known.
	NoCredits string `json:"credits_error,omitempty"`
}

// appCount is how many posts one app of the project has read.
type appCount struct {
	ID    string `json:"app"`
	Posts int64  `json:"api"`
}

// balance is what is left to spend, in dollars.
type balance struct {
	Total   float64 `json:"usd"`
	Free    float64 `json:"usd_free"`
	Prepaid float64 `json:"usd_prepaid"`
}

// reconcile asks the API for its own count and compares it with the ledger.
func (c *console) reconcile(ctx *cli.Context, spec jobs.Spec, ledger *pipeline.Ledger, out string) error {
	now := c.clock()
	days, err := daysToCompare(ctx, ledger, now)
	if err != nil {
		return err
	}
	tokens, err := findTokens(ctx, spec)
	if err == nil {
		err = tokens.appToken()
	}
	if err != nil {
		return err
	}
	client, err := extract.New((&etl{spec: spec, tokens: tokens, watch: c.observer(), hooks: c.hooks}).config(now))
	if err != nil {
		return &usageError{"spacesetl cost", err}
	}
	a, err := askAccount(ctx.Context, extract.NewRetry(client), days, func(r pipeline.Reported) pipeline.Reconciliation {
		return ledger.Reconcile(r, spec.PriceTable(), now)
	})
	if err != nil {
		return stopped(err)
	}
	if out == "json" {
		encoder := json.NewEncoder(c.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(a)
	}
	return c.printAccount(a)
}

// daysToCompare is how many days to ask for: those since the store's first
// page, as far back as the API tells.
func daysToCompare(ctx *cli.Context, ledger *pipeline.Ledger, now time.Time) (int, error) {
	if ctx.IsSet("days") {
		n := ctx.Int("days")
		if n < 1 || n > extract.MaxUsageDays {
			return 0, &usageError{"spacesetl cost", fmt.Errorf("--days: %d is not between 1 and %d", n, extract.MaxUsageDays)}
		}
		return n, nil
	}
	first, err := time.Parse(time.DateOnly, ledger.FirstDay())
	if err != nil {
		return 1, nil // nothing was charged yet
	}
	return min(max(int(now.Sub(first)/(24*time.Hour))+1, 1), extract.MaxUsageDays), nil
}

// appToken says what is missing to ask for the API's count.
func (t tokens) appToken() error {
	if t.app != "" || slices.ContainsFunc(t.accounts, func(a extract.Credential) bool { return a.Kind == extract.AppCredential }) {
		return nil
	}
	return stopped(&extract.AuthError{Endpoint: schemas.Usage, Kind: extract.AuthMissing, Token: "app-only token",
		Next: "set X_BEARER_TOKEN to the app's bearer token, or run spacesetl auth app"})
}

// stopped gives an error of a request outside of a run the exit code that it
// has in one.
func stopped(err error) error {
	var e interface {
		Stop() (schemas.Outcome, schemas.Scope)
	}
	if !errors.As(err, &e) {
		return err
	}
	outcome, _ := e.Stop()
	return &pipeline.StoppedError{Outcome: outcome, Err: err}
}

// askAccount makes the requests. What is left to spend is told if the API
// tells it: some accounts have no such answer.
func askAccount(ctx context.Context, retry *extract.Retry, days int, compare func(pipeline.Reported) pipeline.Reconciliation) (account, error) {
	u, err := retry.Usage(ctx, days)
	if err != nil {
		return account{}, err
	}
	r := pipeline.Reported{Object: schemas.Tweet, Cycle: u.Posts, ResetDay: u.ResetDay}
	if u.Days != nil {
		r.Days = map[string]int64{}
	}
	for _, d := range u.Days {
		r.Days[d.Day] = d.Posts
	}
	a := account{Project: u.Project, Cap: u.Cap, Apps: []appCount{}, Reconciliation: compare(r)}
	for _, app := range u.Apps {
		count := appCount{ID: app.ID}
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
		a.Credits = &balance{left.Total, left.Free, left.Prepaid}
	}
	return a, nil
}

func (c *console) printAccount(a account) error {
	_ = c.print("posts read, by UTC day. The API counts posts (tweets) only, of all apps of project %s together;\n"+
		"it has no count of Spaces and users, so the ledger's are left out here, too.\n\n", orDash(a.Project))
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "day\tledger low\tledger high\tAPI\tdifference\t\n")
	row := func(name string, r pipeline.Reconciled) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", name, thousands(r.Low), thousands(r.High), thousands(r.API), signed(r.Difference))
	}
	for _, r := range a.Days {
		if r.High > 0 || r.API > 0 {
			row(r.Name, r)
		}
	}
	if len(a.Days) > 0 {
		row(plural(len(a.Days), "day"), a.Total)
	}
	if a.Cycle != nil {
		row("cycle since "+a.Cycle.Name, *a.Cycle)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, line := range a.meaning() {
		_ = c.print("%s\n", line)
	}
	return c.printCredits(a)
}

func (c *console) printCredits(a account) error {
	if a.Cap > 0 && a.Cycle != nil {
		_ = c.print("cap: %s of %s posts of the cycle are used\n", thousands(a.Cycle.API), thousands(a.Cap))
	}
	if a.Credits == nil {
		return c.print("credits: not told: %s\n", a.NoCredits)
	}
	return c.print("credits: $%.2f left (prepaid $%.2f, free $%.2f)\n", a.Credits.Total, a.Credits.Prepaid, a.Credits.Free)
}

// signed writes a difference.
func signed(n int64) string {
	switch {
	case n > 0:
		return "+" + thousands(n)
	case n < 0:
		return "-" + thousands(-n)
	}
	return "0"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(int64(n)) + " " + what + "s"
}
