package jobs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Result is what a run or a replay came to.
type Result struct {
	Manifest *store.Manifest // nil when nothing was loaded
	Stats    extract.Stats   // of the requests; none of a replay
	Fetched  int             // pages fetched now, not found landed
	Took     time.Duration
	Expected forecast.MoneyRange // what the run was forecast to cost
	// Parquet, DuckDB and Latest are the folders and the file that the tables are in;
	// empty when they were not asked for.
	Parquet, DuckDB, Latest string
	Elsewhere               []Place // that they are in, too
}

// ClientError is a job that the API cannot be asked for: its settings or its
// tokens make no client.
type ClientError struct{ Err error }

func (e *ClientError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *ClientError) Unwrap() error { return e.Err }

// run fetches and loads.
func run(ctx context.Context, j *Job) (Result, error) {
	s, err := begun(ctx, j)
	if err != nil {
		return Result{}, err
	}
	defer s.end()
	return s.run(ctx, nil)
}

// session is a job that may ask the API and write its store.
type session struct {
	*Job
	client *extract.Client
	locked *store.Locked
	start  time.Time
}

// begun begins a session of a valid job. The caller ends it.
func begun(ctx context.Context, j *Job) (s *session, err error) {
	s = &session{Job: j, start: time.Now()}
	if j.invalid != nil {
		return nil, j.invalid
	}
	if err := j.opts.Tokens.enough(j.spec); err != nil {
		return nil, err
	}
	if s.client, err = newClient(j, s.start); err != nil {
		return nil, err
	}
	if s.locked, err = j.store.Lock(); err != nil {
		s.client.Close()
		return nil, err
	}
	if err := errors.Join(s.locked.Sweep(), noteForgets(j, s.locked)); err != nil {
		s.end()
		return nil, err
	}
	j.opts.Now = s.client.Clock(ctx, j.opts.Now, j.store.Newest())
	return s, nil
}

func (s *session) end() {
	s.locked.Unlock()
	s.client.Close()
}

// run is one run, in rounds where there are some.
func (s *session) run(ctx context.Context, rounds func(began time.Time) pipeline.Rounds) (Result, error) {
	j, locked, start := s.Job, s.locked, time.Now()
	to := targets(j, j.store, j.spec.To)
	damaged := health.KnownDamage(locked.Dir)
	behind := tend(ctx, j, locked, &to)
	if ctx.Err() != nil {
		return Result{}, behind
	}
	planned, err := begin(ctx, j, locked, to)
	if err != nil {
		return Result{}, err
	}
	p, done, err := assemble(j, planned, to, j.opts.Step)
	if err != nil {
		return Result{}, err
	}
	defer done()
	p.Lock = locked
	fetching(j, p, s.client)
	if rounds != nil {
		p.Rounds = rounds(planned.Run.StartedAt)
	}
	if err := p.Open(); err != nil {
		return Result{}, err
	}
	defer p.Close()
	asking, cancel := until(ctx, j.spec.Deadline, s.start)
	defer cancel()
	r := Result{Parquet: to.parquet, DuckDB: to.duckdb, Latest: to.latest, Elsewhere: placesOf(to.elsewhere)}
	if rounds == nil {
		r.Expected = foretell(asking, j, planned)
	}
	r.Manifest, err = p.RunAll(asking)
	if r.Manifest != nil {
		settle(ctx, j, locked, p)
		behind = cmp.Or(behind, keepLatest(ctx, j, locked))
		upkeep(ctx, j, locked, len(to.elsewhere) < len(serversOf(j, j.spec.To)))
	}
	r.Stats, r.Fetched, r.Took = s.client.Stats(), p.Fetched(), time.Since(start)
	if err == nil {
		err = cmp.Or(behind, health.NewDamage(locked.Dir, damaged))
	}
	return r, err
}

// until is the context of a run's requests, which end at its deadline.
func until(ctx context.Context, deadline time.Duration, start time.Time) (context.Context, context.CancelFunc) {
	if deadline <= 0 {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, start.Add(deadline))
}

// settle brings up what status and the next run read: that makes it, too, where it
// cannot be written now.
func settle(ctx context.Context, j *Job, locked *store.Locked, p *pipeline.Pipeline) {
	if err := health.Settle(context.WithoutCancel(ctx), locked, p.Known()); err != nil {
		j.opts.Log.Warn("what status reads could not be written: " + err.Error())
	}
}

// fetching gives a pipeline what it needs to ask the API.
func fetching(j *Job, p *pipeline.Pipeline, client *extract.Client) {
	p.Fetcher, p.Workers, p.Step = extract.NewRetry(client), j.spec.Workers, j.opts.Step
	if j.opts.Fetcher != nil {
		p.Fetcher = j.opts.Fetcher(p.Fetcher)
	}
	p.Budget, p.Prices, p.Now = j.spec.Budget, j.spec.PriceTable(), j.opts.Now
	p.Notify, p.Progress = j.opts.Notice, j.opts.Progress
	p.Refused = func() []store.Refusal { return refusals(client.Dropped()) }
	j.opts.Gauges(Gauges{Stats: client.Stats, Windows: client.Windows, Budget: p.BudgetLeft})
}

// newClient makes the client, for tokens that may be sent.
func newClient(j *Job, start time.Time) (*extract.Client, error) {
	if err := j.opts.Tokens.entrusted(j.spec); err != nil {
		return nil, err
	}
	client, err := extract.New(clientConfig(j, start))
	if err != nil {
		return nil, &ClientError{err}
	}
	return client, nil
}

// clientConfig is how the job asks the API.
func clientConfig(j *Job, start time.Time) extract.Config {
	cfg := extract.Config{
		BaseURL: j.spec.BaseURL, Insecure: j.spec.InsecureHTTP, Dialect: schemas.Dialect(j.spec.Dialect), Private: j.spec.Private,
		AppToken: extract.Token(j.opts.Tokens.App), UserToken: extract.Token(j.opts.Tokens.User), Credentials: j.opts.Tokens.Accounts,
		Version: j.opts.Version, MaxWait: j.spec.MaxWait, MaxTotalWait: j.spec.MaxTotalWait, RetryFor: j.spec.RetryFor, Refused: refusedBefore(j), Met: met(j), Notify: j.opts.Event,
	}
	if plan := j.spec.Plan(false); plan.NoExpand {
		cfg.Expansions = map[schemas.Endpoint][]string{}
		for _, spec := range schemas.Specs() {
			cfg.Expansions[spec.Endpoint] = plan.Expansions(spec.Endpoint)
		}
	}
	if j.spec.Deadline > 0 {
		cfg.Deadline = start.Add(j.spec.Deadline)
	}
	if j.opts.Client != nil {
		j.opts.Client(&cfg)
	}
	return cfg
}

func refusals(dropped []extract.Dropped) []store.Refusal {
	var all []store.Refusal
	for _, d := range dropped {
		all = append(all, store.Refusal{Param: d.Param, Value: d.Value, Reason: d.Reason, Data: d.Data})
	}
	return all
}

// host tells the host that the job asks from others, without naming it: where the API
// is stays out of the store.
func host(j *Job) string {
	u, err := url.Parse(cmp.Or(j.spec.BaseURL, extract.DefaultBaseURL))
	if err != nil {
		return "" // the client says so
	}
	sum := sha256.Sum256([]byte(u.Host))
	return hex.EncodeToString(sum[:8])
}

// met reports whether the newest run that got pages got them from the same server.
func met(j *Job) bool {
	runs, _ := j.store.Runs() // whoever needs the runs says so
	for _, id := range slices.Backward(runs) {
		if m, err := j.store.Manifest(id); err == nil && m.Run.Pages > 0 && m.Plan.Import == "" {
			planned, err := j.store.Planned(id)
			return err == nil && planned.Server == host(j)
		}
	}
	return false
}

// refusedBefore is what the store's newest run learned that the API refuses.
func refusedBefore(j *Job) (all []extract.Dropped) {
	for _, r := range j.store.RefusedBefore(j.opts.Version, schemas.Dialect(j.spec.Dialect), j.opts.Now()) {
		all = append(all, extract.Dropped{Param: r.Param, Value: r.Value, Reason: r.Reason, Data: r.Data})
	}
	return all
}
