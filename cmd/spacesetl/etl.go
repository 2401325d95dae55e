package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// etl is one run of one job, wired together.
type etl struct {
	spec jobs.Spec
	tokens
	resume bool  // also a run that has come to its end
	memory int64 // bytes that DuckDB may take; 0 leaves it to DuckDB
	watch  *observe.Observer
	hooks
	expected pipeline.MoneyRange // what the run was forecast to cost
}

// hooks are what the demo and tests change about a run; each may be nil.
type hooks struct {
	shorten func(*extract.Config)                   // other waits than the API's
	now     func() time.Time                        // another clock for the run's id
	wrap    func(pipeline.Fetcher) pipeline.Fetcher // pages other than as fetched
	step    durable.Step
}

// result is what a run came to.
type result struct {
	manifest *pipeline.Manifest // nil when nothing was loaded
	stats    extract.Stats
	fetched  int // pages fetched now, not found landed
	took     time.Duration
	out      output
	job      *etl // nil of a replay
}

// output is where tables go.
type output struct {
	parquet, duckdb string // empty when not asked for
	inPlace         bool   // merge in the database itself
	memory          int64  // bytes that DuckDB may take; 0 leaves it to DuckDB
}

// run fetches and loads. The result is of use beside an error, too.
func (e *etl) run(ctx context.Context) (result, error) {
	start := time.Now()
	var p *pipeline.Pipeline // made later; the client asks it while fetching
	cfg := e.config(start)
	cfg.Creator = func(spaceID string) string { return p.Creator(spaceID) }
	cfg.Sending = func(ctx context.Context, r schemas.Request) (func(int, bool), error) { return p.Sending(ctx, r) }
	client, err := extract.New(cfg)
	if err != nil {
		return result{}, &usageError{"spacesetl run", err}
	}
	store := pipeline.Store(e.spec.Store)
	unlock, err := store.Lock()
	if err != nil {
		return result{}, err
	}
	defer unlock()
	if err := store.Sweep(); err != nil {
		return result{}, err
	}
	planned, err := e.planned(ctx, store)
	if err != nil {
		return result{}, err
	}
	out := destinations(e.spec.Store, e.spec.To)
	out.inPlace, out.memory = e.spec.Publish == jobs.PublishInPlace, e.memory
	assembled, done, err := assemble(store, planned, out, e.step)
	if err != nil {
		return result{}, err
	}
	defer done()
	p = assembled
	p.Fetcher, p.Tells, p.Workers, p.Step = extract.NewRetry(client), true, e.spec.Workers, e.step
	if e.wrap != nil {
		p.Fetcher = e.wrap(p.Fetcher)
	}
	p.Budget, p.Prices, p.Now = e.spec.Budget, e.spec.PriceTable(), e.now
	p.Notify = e.watch.Notice
	p.Progress = e.watch.Progress
	e.watch.Source(observe.Source{Stats: client.Stats, Windows: client.Windows, Budget: p.BudgetLeft})
	p.Refused = func() []pipeline.Refusal { return refusals(client.Dropped()) }
	if err := p.Open(); err != nil {
		return result{}, err
	}
	defer p.Close()
	if e.spec.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, start.Add(e.spec.Deadline))
		defer cancel()
	}
	e.watch.Log().Info(e.price(ctx, store, planned))
	m, err := p.RunAll(ctx)
	if err == nil {
		if err := store.Settle(ctx); err != nil { // the next run makes them, too
			e.watch.Log().Warn("what status reads could not be written: " + err.Error())
		}
	}
	return result{m, client.Stats(), p.Fetched(), time.Since(start), out, e}, err
}

func (e *etl) config(start time.Time) extract.Config {
	cfg := extract.Config{
		BaseURL: e.spec.BaseURL, Dialect: schemas.Dialect(e.spec.Dialect), Private: e.spec.Private,
		AppToken: extract.Token(e.app), UserToken: extract.Token(e.user), Credentials: e.accounts, Version: version,
		MaxWait: e.spec.MaxWait, Notify: e.watch.Event,
	}
	if plan := e.spec.Plan(false); plan.NoExpand {
		cfg.Expansions = map[schemas.Endpoint][]string{}
		for _, spec := range schemas.Specs() {
			cfg.Expansions[spec.Endpoint] = plan.Expansions(spec.Endpoint)
		}
	}
	if e.spec.Deadline > 0 {
		cfg.Deadline = start.Add(e.spec.Deadline)
	}
	if e.shorten != nil {
		e.shorten(&cfg)
	}
	return cfg
}

// planned finds the run to go on with, or starts a new one.
func (e *etl) planned(ctx context.Context, store pipeline.Store) (pipeline.Planned, error) {
	plan := e.plan(&e.spec)
	planned, ok, err := store.Resumable(plan, e.resume)
	if err != nil {
		return planned, err
	}
	if ok {
		e.watch.Run(planned.Run.RunID)
		e.watch.Log().Info("going on with run " + planned.Run.RunID)
		return planned, nil
	}
	var state *pipeline.State
	if e.spec.Follow == jobs.FollowOpen {
		if state, err = store.State(ctx); err != nil {
			return planned, err
		}
	}
	now := time.Now
	if e.now != nil {
		now = e.now
	}
	planned, err = store.Start(plan, state, version, now())
	if err == nil {
		e.watch.Run(planned.Run.RunID)
		e.watch.Log().Info("new run " + planned.Run.RunID)
	}
	return planned, err
}

// destinations says where the tables go below a folder.
func destinations(dir string, to []string) output {
	var out output
	store := pipeline.Store(dir)
	if slices.Contains(to, "parquet") {
		out.parquet = store.Parquet()
	}
	if slices.Contains(to, "duckdb") {
		out.duckdb = store.DuckDB()
	}
	return out
}

// assemble builds the pipeline of a run and its destinations. Files that only
// feed DuckDB go away when done is called.
func assemble(store pipeline.Store, planned pipeline.Planned, out output, step durable.Step) (p *pipeline.Pipeline, done func(), err error) {
	dir := filepath.Dir(out.parquet + out.duckdb) // both lie in one folder
	if out.parquet != "" {
		dir = filepath.Dir(out.parquet)
	}
	id := planned.Run.RunID
	parquet, remove := out.parquet, func() {}
	if parquet == "" {
		parquet = filepath.Join(dir, "_parts-"+id)
		remove = func() { _ = os.RemoveAll(parquet) } // only takes space
	}
	loader, err := load.NewParquet(load.ParquetConfig{
		Dir: parquet, Staging: filepath.Join(parquet, "_staging-"+id), RunID: id, RunDate: planned.Run.StartedAt, Step: step,
	})
	if err != nil {
		return nil, nil, err
	}
	p = &pipeline.Pipeline{
		Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Store: store,
		Loader: loader, KeepsFiles: out.parquet != "", Crash: crashed,
	}
	if out.duckdb != "" {
		p.Publish = append(p.Publish, load.NewDuckDB(load.DuckDBConfig{Path: out.duckdb, Parts: parquet, InPlace: out.inPlace, MemoryLimit: duckdbSize(out.memory), Step: step}))
	}
	return p, func() { _ = loader.Close(); remove() }, nil
}

func refusals(dropped []extract.Dropped) []pipeline.Refusal {
	var all []pipeline.Refusal
	for _, d := range dropped {
		all = append(all, pipeline.Refusal{Param: d.Param, Value: d.Value, Reason: d.Reason})
	}
	return all
}
