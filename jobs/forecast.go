package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Forecast is what a job will ask and cost. As JSON it is what the plan command
// prints: dollars are numbers, ranges have low and high.
type Forecast struct {
	Job string `json:"job"` // its name
	forecast.Forecast
	Tokens TokenCount          `json:"tokens"` // that the minutes are for
	Wide   []forecast.Narrower `json:"wide"`   // what makes the range wide
	// Guessed is what is guessed of how much comes with what.
	Guessed []forecast.Guessed `json:"guessed,omitempty"`
	Budget  money.Budget       `json:"budget"` // of the job; empty without one
	// Aside is the most that a budget sets aside for one request, until its answer
	// has come; where it does not fit, less is asked for.
	Aside schemas.Money `json:"usd_aside"`
	// Posts are those of the store's runs of the calendar month, and with those of
	// this run at most: X's cap on a month is schemas.PostCap.
	Posts forecast.Range `json:"posts_month"`
	// Batch is the forecast with users: batch, where that saves over 20 %.
	Batch *forecast.Cheaper `json:"batch,omitempty"`
}

// TokenCount is with how many tokens a forecast reckons.
type TokenCount struct {
	App  int `json:"app"`
	User int `json:"user"`
	// Assumed: there is no token, so one app token is taken to be there.
	Assumed bool `json:"assumed,omitempty"`
	// AssumedUser: buyers are asked for and no user's token is there, so one
	// of their Spaces' creator is taken to be.
	AssumedUser bool `json:"assumed_user,omitempty"`
}

// foresee is what a run started now will ask and cost.
func foresee(ctx context.Context, j *Job) (Forecast, error) {
	f := Forecast{Job: j.spec.Name, Budget: j.spec.Budget}
	if j.invalid != nil {
		return f, j.invalid
	}
	if err := folder(j.spec.Store); err != nil {
		return f, err
	}
	plan := j.opts.Tokens.plan(&j.spec)
	f.Aside = forecast.Aside(plan, j.spec.PriceTable())
	f.Tokens = j.opts.Tokens.count(j.spec.Owned() != "")
	seeds, err := firstRequests(ctx, j, plan)
	if err != nil {
		return f, err
	}
	forecaster, err := forecaster(ctx, j)
	if err != nil {
		return f, err
	}
	if forecaster.Pace, err = pace(j); err != nil {
		return f, err
	}
	f.Forecast = forecaster.Forecast(plan, seeds)
	f.Posts, f.Guessed = forecaster.Posts(f.Forecast), forecaster.Guessed(plan)
	f.Wide, f.Batch = forecaster.Wide(plan, f.Forecast), forecaster.Cheaper(plan, seeds)
	return f, nil
}

// folder reports a store that is something else. One that is not there yet is
// no mistake.
func folder(store string) error {
	if info, err := os.Stat(store); err == nil && !info.IsDir() {
		return fmt.Errorf("store %s: not a directory: name a folder that this user may read and write", store)
	}
	return nil
}

// firstRequests are those a run started now would begin with.
func firstRequests(ctx context.Context, j *Job, plan store.Plan) ([]schemas.Request, error) {
	if _, err := os.Stat(j.spec.Store); errors.Is(err, fs.ErrNotExist) {
		return plan.Seeds, nil
	}
	posts, err := missingPosts(ctx, j, plan)
	if err != nil || j.spec.Follow != jobfile.FollowOpen {
		return append(posts, plan.Seeds...), err
	}
	state, err := health.ReadState(ctx, j.store)
	if err != nil {
		return nil, err
	}
	return append(state.Seeds(plan), posts...), nil
}

// forecaster has what a forecast depends on; without the store's history it is
// of use, too.
func forecaster(ctx context.Context, j *Job) (forecast.Forecaster, error) {
	ledger, err := money.Recent(ctx, j.store)
	return forecast.Forecaster{
		Prices: j.spec.PriceTable(), Ledger: ledger, Today: j.opts.Now().UTC().Format(time.DateOnly),
		Workers: j.spec.Workers, Budget: j.spec.Budget,
	}, err
}

// foretell logs, before the first request, what the run can cost.
func foretell(ctx context.Context, j *Job, planned store.Planned) forecast.MoneyRange {
	forecaster, err := forecaster(ctx, j)
	if err != nil { // only the history is missing
		j.opts.Log.Warn("the forecast goes without the store's history: " + err.Error())
	}
	foreseen := forecaster.Forecast(planned.Plan, planned.Seeds)
	if text := forecast.CapText(forecaster.Posts(foreseen)); text != "" && err == nil {
		j.opts.Log.Warn(text)
	}
	for _, stop := range foreseen.Stops {
		j.opts.Log.Warn(stop.Text())
	}
	planned.Plan.Seeds = planned.Seeds
	j.opts.Log.Info(forecaster.Price(planned.Plan, foreseen))
	return foreseen.Cost
}

// count counts the tokens of a run.
func (t Tokens) count(owned bool) (n TokenCount) {
	if t.App != "" {
		n.App++
	}
	if t.User != "" {
		n.User++
	}
	for _, a := range t.Accounts {
		if a.Kind == extract.AppCredential {
			n.App++
		} else {
			n.User++
		}
	}
	n.AssumedUser = owned && n.User == 0
	if n.Assumed = n.App+n.User == 0; n.Assumed {
		n.App = 1
	}
	return n
}

// pace is what the job's tokens may send, as the client that would send it
// says. Without any it is nil.
func pace(j *Job) (func(schemas.Endpoint) forecast.Pace, error) {
	if j.opts.Tokens.count(false).Assumed {
		return nil, nil
	}
	client, err := extract.New(clientConfig(j, j.opts.Now()))
	if err != nil {
		return nil, &ClientError{err}
	}
	return func(e schemas.Endpoint) forecast.Pace {
		n := client.Capacity(e)
		return forecast.Pace{Most: n.Most, Least: n.Least, Apps: n.Apps}
	}, nil
}
