// Package jobs carries out what a user asks for, as a job file or a Spec says it:
//
//	job := jobs.Open(jobs.Spec{Creators: []string{"@XDevelopers"}, Store: "./spaces"},
//		jobs.Options{Tokens: jobs.Tokens{App: token}})
//	result, err := job.Run(ctx)
//
// Running again goes on where the last run stopped.
package jobs

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs/account"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/imports"
	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/report"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// What a job is, as jobfile has it.
type (
	Spec         = jobfile.Spec
	Search       = jobfile.Search
	InvalidError = jobfile.InvalidError
	Problem      = jobfile.Problem
)

// Options are what carries a job out, beside what its Spec says. The zero value
// works, but for Run and Reconcile: they ask the API, with one token or more.
type Options struct {
	Tokens  Tokens
	Resume  bool   // Run goes on with the job's last run even if that has come to its end
	Version string // of the program, for the API and the manifest; default dev
	Memory  int64  // bytes that DuckDB may take; 0 leaves it to DuckDB
	// Env looks up the variables that say where destinations are which stand in no store's
	// folder: they can hold passwords, and are in no file. It may be nil.
	Env func(string) string
	Listener
	Now func() time.Time // default time.Now
	// Origin is how the job was given: a new run notes it, for the command that
	// goes on with the run.
	Origin store.JobNote
	// Crash is told of a panic in a goroutine of the pipeline, before it ends
	// the process.
	Crash func(value any, stack []byte)
	// Client changes how the API is asked, such as the waits of a server that is
	// not X's, and Fetcher what is got there. Step is taken at each step towards
	// the disk; its error is that of the step. Each may be nil.
	Client  func(*extract.Config)
	Fetcher func(pipeline.Fetcher) pipeline.Fetcher
	Step    durable.Step
}

// Job is a job that can be carried out. Its methods are the program's commands:
// they return what came of them and print nothing. One store takes one Run or
// Replay at a time; the others may be called meanwhile.
type Job struct {
	spec    Spec
	invalid error // of the spec; nil if it can be run
	opts    Options
	store   store.Dir
}

// Open returns the job of a spec, with defaults for what it leaves out. Nothing
// but Spec.IDsFile is read yet. Run and Plan return an *InvalidError for a spec
// with mistakes; the other methods need its Store and money only.
func Open(spec Spec, o Options) *Job {
	spec.Defaults()
	spec.IDs, spec.Posts = slices.Clone(spec.IDs), slices.Clone(spec.Posts) // links become ids
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Listener = o.quietly()
	invalid := spec.Valid() // completes the spec
	return &Job{spec: spec, invalid: invalid, opts: o, store: store.Dir(spec.Store)}
}

// Run fetches what the job asks for and loads it, or goes on where the job's
// last run stopped. The result is of use beside an error, too: one that stopped
// early is a *pipeline.StoppedError, and what had come is in the tables. Before
// the first request a *TokenError says which tokens lack, a *ClientError what the
// settings of the API's client lack, a *store.BusyError who is at work in the
// store, and a *store.WrongJobError whose it is.
func (j *Job) Run(ctx context.Context) (Result, error) { return run(ctx, j) }

// Watch looks at the live Spaces that the job finds, in runs of an hour each, until ctx
// ends or what it cannot go on after: see WatchOptions. Its errors are those of Run.
func (j *Job) Watch(ctx context.Context, w WatchOptions) error { return watchOn(ctx, j, w) }

// Foresee says how dense a watch of the job can be, and what it costs, without a request.
func (j *Job) Foresee(ctx context.Context) (WatchForecast, error) { return foreseeWatch(ctx, j) }

// Replay makes the tables again from landed pages, without the API, one run
// after the other, and yields what each came to. The first error ends it.
func (j *Job) Replay(ctx context.Context, r ReplayOptions) iter.Seq2[Result, error] {
	return replay(ctx, j, r)
}

// Import lands answers of the API that files hold as one run, and loads it; with dry it
// says only what they hold. It asks nobody. The error is a *store.BusyError while another
// is at work in the store.
func (j *Job) Import(ctx context.Context, from imports.Config, dry bool) (Imported, error) {
	return importFiles(ctx, j, from, dry)
}

// Abandon gives up a run that has not come to its end: what it got is loaded, what
// it had left is not asked for. The error is a *NoRunError for a run that there is
// not, and an *OverError for one that has ended.
func (j *Job) Abandon(ctx context.Context, runID string) error { return abandon(ctx, j, runID) }

// Compact joins the store's Parquet files of days and months that are over. The error
// is a *store.BusyError while another is at work in the store.
func (j *Job) Compact(ctx context.Context, all bool) (compact.Summary, error) {
	return joinFiles(ctx, j, all)
}

// Feed returns the runs that a database lacks which says what it has, oldest first, with
// the files of their rows; from a run on, if one is named. Notes tell what is missing.
func (j *Job) Feed(has map[string]string, since string) (runs []schemas.Load, notes []string, err error) {
	return lacking(j, has, since)
}

// Backup copies the store, also while a run is at work in it: see keep.Backup.
func (j *Job) Backup(ctx context.Context, to string, out io.Writer) (keep.Summary, error) {
	if _, err := runsOf(j.store, ""); err != nil {
		return keep.Summary{}, err
	}
	return keep.Backup(ctx, keep.Config{Store: j.store, To: to, Out: out, Step: j.opts.Step})
}

// Prune removes what the job keeps no longer, or with dry says what it would.
func (j *Job) Prune(ctx context.Context, dry bool) (keep.PruneSummary, error) {
	if _, err := runsOf(j.store, ""); err != nil {
		return keep.PruneSummary{}, err
	}
	if err := elsewhereHasAll(ctx, j); err != nil {
		return keep.PruneSummary{}, err
	}
	sum, err := keep.PruneStore(ctx, j.store, dry, j.pruning(false))
	if err == nil {
		sum.Versions, err = forget(ctx, j, dry)
	}
	return sum, err
}

func (j *Job) pruning(begun bool) keep.PruneConfig {
	has := func(ctx context.Context) (map[string]string, error) {
		db := databaseView(ctx, j.store)
		return db.Runs, db.Err
	}
	return keep.PruneConfig{Policy: j.spec.Keep, Now: j.opts.Now(), Begun: begun, Database: has, Step: j.opts.Step}
}

// Verify proves that the store is whole, and that its tables are what its pages
// say, as far as that was not proved before. What is wrong is in the Verification,
// not an error; that is a *NoRunError where one that is named is not there.
func (j *Job) Verify(ctx context.Context, o proof.Options) (*health.Verification, error) {
	return verify(ctx, j, o)
}

// Plan says what a run started now will ask and cost, without a request.
func (j *Job) Plan(ctx context.Context) (Forecast, error) { return foresee(ctx, j) }

// Status shows the store at a glance: runs, tables, money, what is wrong. It
// takes no lock and changes nothing.
func (j *Job) Status(ctx context.Context, s StatusOptions) (*health.Overview, error) {
	return status(ctx, j, s)
}

// Places asks the job's destinations that stand in no store's folder which runs they have.
func (j *Job) Places(ctx context.Context) []Place {
	servers := serversOf(j, j.spec.To)
	places := placesOf(servers)
	for i, s := range servers {
		view := s.view(ctx)
		places[i].Runs, places[i].Err = len(view.Runs), view.Err
	}
	return places
}

// Cost says what the store's pages have cost.
func (j *Job) Cost(ctx context.Context) (money.Statement, error) { return cost(ctx, j) }

// Reconcile asks the API for its own count of posts, of so many days or with 0
// of all that the store has and the API tells, and sets it beside the ledger's.
func (j *Job) Reconcile(ctx context.Context, days int) (account.Account, error) {
	return reconcile(ctx, j, days)
}

// Settle is Reconcile, and books what was lost on days that are over as no more than
// the API's count leaves for it, so that the budget has that again. The error is a
// *store.BusyError while another is at work in the store.
func (j *Job) Settle(ctx context.Context, days int) (account.Account, error) {
	return settleLost(ctx, j, days)
}

// Report makes one HTML page of a run and its store.
func (j *Job) Report(ctx context.Context, r ReportOptions) (*report.Page, error) {
	return makeReport(ctx, j, r)
}

// Listener is told of a run while it goes. Each part may be nil, and is called
// from several goroutines.
type Listener struct {
	Log      *slog.Logger
	Started  func(runID string) // a run begins, or goes on
	Gauges   func(Gauges)       // once, before the first request
	Event    func(extract.Event)
	Notice   func(pipeline.Notice)
	Progress func(pipeline.Progress)
}

// Gauges can be read while a run goes.
type Gauges struct {
	Stats   func() extract.Stats
	Windows func() []extract.Window
	Budget  func() map[string]schemas.Money // what is left of it, by period
}

// quietly fills in listeners that do nothing.
func (l Listener) quietly() Listener {
	if l.Log == nil {
		l.Log = slog.New(slog.DiscardHandler)
	}
	if l.Started == nil {
		l.Started = func(string) {}
	}
	if l.Gauges == nil {
		l.Gauges = func(Gauges) {}
	}
	return l
}
