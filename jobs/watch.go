package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/watch"
	"github.com/spacesetl/spacesetl/schemas"
)

// What a watch is, as its own package has it.
type (
	Watching      = watch.Watch
	WatchForecast = watch.Forecast
)

// WatchOptions say how a watch goes on. The zero value works.
type WatchOptions struct {
	Standby bool                // while another has the store, wait for it
	Watched func(*Watching)     // it begins
	Ended   func(Result, error) // an hour's run has ended, the error says how early
}

// watching is the job as a watch has it.
func watching(j *Job) *Job {
	of := *j
	of.spec.Watching, of.spec.Follow, of.spec.Deadline = true, jobfile.FollowOpen, 0
	return &of
}

// watchOn watches until ctx ends: what is under way then is finished and loaded.
func watchOn(ctx context.Context, j *Job, o WatchOptions) error {
	j = watching(j)
	s, err := standby(ctx, j, o.Standby)
	switch {
	case err != nil && o.Standby && ctx.Err() != nil: // it was told to end before its turn
		return nil
	case err != nil:
		return err
	}
	defer s.end()
	w := watch.New(watch.Config{
		Pace: watch.Pace(j.spec.Watch), Plan: j.opts.Tokens.plan(&j.spec), Window: func(e schemas.Endpoint) watch.Window { return windowOf(s.client, e) },
		Now: j.opts.Now, Sleep: s.client.Sleep, Stop: ctx, Say: func(text string) { j.opts.Log.Info(text) },
	})
	if o.Watched != nil {
		o.Watched(w)
	}
	for came := false; ctx.Err() == nil; { // anything, in the run before
		s.client.TryAgain()
		r, err := s.run(context.WithoutCancel(ctx), w.Run)
		if o.Ended != nil {
			o.Ended(r, err)
		}
		wait, ends := after(j, r, err, came)
		came = r.Fetched > 0
		if ends {
			return err
		}
		if wait > 0 && ctx.Err() == nil {
			j.opts.Log.Warn(fmt.Sprintf("the watch goes on at %s", j.opts.Now().Add(wait).UTC().Format(time.DateTime)))
			_ = s.client.Sleep(ctx, wait)
		}
	}
	return nil
}

// standby begins the session, where it may wait as soon as the store is free.
func standby(ctx context.Context, j *Job, wait bool) (*session, error) {
	for said := false; ; said = true {
		s, err := begun(ctx, j)
		var busy *store.BusyError
		if !wait || !errors.As(err, &busy) {
			return s, err
		}
		if !said {
			j.opts.Log.Info("standing by: " + err.Error())
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(250 * time.Millisecond): // by the machine's clock: it asks nobody else
		}
	}
}

// after is how long a watch waits after a run, and whether that is its end: nothing came
// and somebody has to see to it, or nothing can be kept. What came in the run before is
// tried for once more: a token can be refused in passing.
func after(j *Job, r Result, err error, came bool) (wait time.Duration, ends bool) {
	var stopped *pipeline.StoppedError
	var full *pipeline.LandingError
	var budget *money.BudgetError
	now := j.opts.Now()
	switch {
	case err == nil || errors.As(err, new(*pipeline.DestinationError)) && !errors.As(err, &stopped):
		return 0, false
	case r.Manifest != nil && watch.Over(r.Manifest.Run.StartedAt, now): // it got what it could of its hour
		return 0, false
	case !errors.As(err, &stopped) || errors.As(err, &full):
		return 0, true
	case errors.As(err, &budget) && !budget.Resume.IsZero():
		return budget.Resume.Sub(now), budget.Never()
	case stopped.Outcome == schemas.Capped: // the budget of a run, or a cap of the API's
		return now.Truncate(watch.RunLength).Add(watch.RunLength).Sub(now), false
	case r.Fetched > 0, came, stopped.Outcome == schemas.Waiting:
		return j.spec.Watch.Discover, false
	}
	return 0, true
}

// windowOf is what a client may send to an endpoint: as documented, and as answers told.
func windowOf(client *extract.Client, e schemas.Endpoint) watch.Window {
	n := client.Capacity(e)
	if n.Most == 0 { // no token is left, whatever its window was
		return watch.Window{}
	}
	w := watch.Window{Limit: n.Most, Left: n.Most}
	for _, met := range client.Windows() {
		if met.Endpoint == e {
			w.Limit += met.Limit - e.Spec().Limit
			w.Left += met.Remaining - e.Spec().Limit
			if met.Reset.After(w.Reset) {
				w.Reset = met.Reset
			}
		}
	}
	return w
}

// foreseeWatch is Foresee.
func foreseeWatch(ctx context.Context, j *Job) (WatchForecast, error) {
	if j.invalid != nil {
		return WatchForecast{}, j.invalid
	}
	j = watching(j)
	state, err := health.ReadState(ctx, j.store)
	if err != nil {
		return WatchForecast{}, err
	}
	f := WatchForecast{Pace: watch.Pace(j.spec.Watch), Plan: j.opts.Tokens.plan(&j.spec), Prices: j.spec.PriceTable(), Budget: j.spec.Budget}
	for _, s := range state.Spaces {
		switch {
		case s.Gone != nil:
		case s.State == "live":
			f.Live++
		case s.State == "scheduled":
			f.Planned++
		}
	}
	capacity, err := pace(j)
	if err != nil {
		return f, err
	}
	f.Limit = schemas.Spaces.Spec().Limit
	if capacity != nil {
		f.Limit = capacity(schemas.Spaces).Most
	}
	return f, nil
}
