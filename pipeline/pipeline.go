// Package pipeline runs a plan: it fetches pages in waves, lands each one,
// and loads what has landed into tables. Landing is the checkpoint: running
// again walks the same plan and fetches only what is missing.
//
// It knows extract and load through the small interfaces below and starts no
// stage but transform.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Fetcher gets one page. It waits for rate windows and retries as it sees fit,
// and passes the gate before each request that it sends.
//
// Its errors may be schemas.Stopper: they know what they put an end to. It may
// be schemas.Laned: it knows which requests wait for each other.
type Fetcher interface {
	Fetch(context.Context, schemas.Request, schemas.Gate) (schemas.Page, error)
}

// Loader writes batches into files. Calls of Load with different shards may run
// at the same time. After Finish the files lie unseen in the folder Staged;
// Commit makes them visible, Close without it leaves nothing.
type Loader interface {
	Load(ctx context.Context, shard int, batches []schemas.Batch) error
	Finish(context.Context) ([]schemas.Part, error)
	Staged() string
	Commit(context.Context) ([]schemas.Part, error)
	Close() error
}

// Publisher brings the files of a run into another destination, which then says
// by run id and content that it has them. Prepare reads them from dir and changes
// nothing that anybody sees; Commit does that at once, and Close gives up what
// was not committed.
type Publisher interface {
	Prepare(ctx context.Context, l schemas.Load, dir string) error
	Commit(context.Context) error
	Close() error
}

// Pipeline runs one plan in one store: Open, then Crawl, Load or both with
// RunAll, then Close.
type Pipeline struct {
	Plan  store.Plan
	Seeds []schemas.Request // Planned.Seeds
	Left  []schemas.Request // Planned.Left
	// Resting is Planned.Resting.
	Resting []store.Missing
	Run     schemas.Run // RunID, StartedAt and Version are set by the caller
	// Store is where the pages are, Lock its lock: fetching takes it, reading
	// what has landed does not.
	Store store.Dir
	Lock  *store.Locked
	// Out is where the manifest goes; default Lock.
	Out     *store.Locked
	Fetcher Fetcher // not needed for Load
	// Rounds are what a crawl goes on with; nil ends it with what the plan leads to.
	Rounds  Rounds
	Loader  Loader
	Publish []Publisher
	// Destinations are the names of those that the tables go to. Without Parquet
	// among them the loader's files are only on their way to a publisher.
	Destinations []string
	// Salvage reads around pages that cannot be read any more: they are named in
	// the manifest, and the others are loaded. It is for pipelines that only read.
	Salvage bool
	// Apart takes the joined files apart that have rows of a run, which is about to
	// have others. Whoever loads runs of days that are over needs it.
	Apart func(ctx context.Context, out *store.Locked, runID string) error
	// Workers is the number of requests under way at a time; 0 means 4. Those
	// that wait for their lane's rate window do not count.
	Workers int
	// Shards is the number of decoders of a large load; 0 means 2. Equal
	// shards, equal files.
	Shards int
	// Budget bounds what the run may cost at Prices; default no bounds, and
	// schemas.DefaultPrices.
	Budget money.Budget
	Prices schemas.Prices
	// Now is the clock of the budget's days; default time.Now.
	Now func() time.Time
	// Step is taken at each step towards the disk. Tests crash and fill disks
	// with it; nil otherwise.
	Step durable.Step
	// Crash is told of a panic in one of the pipeline's goroutines and should
	// end the program; nil leaves it to the runtime.
	Crash func(value any, stack []byte)
	// Notify is told of what a user should know; may be nil.
	Notify func(Notice)
	// Progress is told how far the run is, from several goroutines and often; may
	// be nil.
	Progress func(Progress)
	// Note notes in the manifest what landing does not know; may be nil.
	Note func(*store.Manifest)
	// Refused lists the fields the server refused so far; may be nil.
	Refused func() []store.Refusal

	pages   *landing.Reader
	writer  *landing.Writer             // nil for one that only reads
	crawl   *crawl                      // nil before Crawl
	purse   atomic.Pointer[money.Purse] // the crawl's; nil without a budget
	known   facts.Known
	fetched atomic.Int64
	gauge   gauge
}

// Notice is one thing a user should know, in one line without a secret.
type Notice struct {
	Kind string // skipped, stopped, truncated, never-seen, budget, cut, cut-short, replaced, damaged, behind
	Text string
}

// ErrNotOpen is what a pipeline says that was not opened, or not for what is
// asked of it.
var ErrNotOpen = errors.New("the pipeline is not open: call Open, with a Fetcher and the store's Lock to fetch")

// ErrNoPages is a run that was killed before its first page landed.
var ErrNoPages = errors.New("nothing of it has landed")

// Open opens the landed pages of the run: for adding where there is a Fetcher,
// which takes the Lock, else for reading. It returns ErrNoPages, wrapped, where
// there is none to read, and a *landing.DamageError where they are not what was
// landed. The caller closes the pipeline.
func (p *Pipeline) Open() error {
	p.defaults()
	if p.Fetcher == nil {
		open := landing.OpenReader
		if p.Salvage {
			open = landing.OpenSalvage
		}
		pages, err := open(p.Store, p.Run.RunID)
		var pruned *landing.PrunedError
		if errors.As(err, &pruned) {
			return pruned
		}
		if errors.Is(err, landing.ErrNone) {
			return fmt.Errorf("run %s in %s: %w", p.Run.RunID, p.Store.Raw(), ErrNoPages)
		}
		p.pages = pages
		return err
	}
	if p.Lock == nil {
		return fmt.Errorf("run %s: fetching takes the lock of its store", p.Run.RunID)
	}
	writer, err := landing.Open(p.Lock, p.Run.RunID, p.Step)
	if err != nil {
		return err
	}
	p.writer, p.pages = writer, writer.Reader
	for _, torn := range writer.Cut {
		p.Notify(Notice{"cut", torn.String() + ": cut off, what was being landed is asked for again"})
	}
	return nil
}

func (p *Pipeline) defaults() {
	if p.Workers <= 0 {
		p.Workers = 4
	}
	if p.Shards <= 0 {
		p.Shards = 2
	}
	if p.Notify == nil {
		p.Notify = func(Notice) {}
	}
	if p.Prices == nil {
		p.Prices = schemas.DefaultPrices()
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Lock != nil && p.Store == "" {
		p.Store = p.Lock.Dir
	}
	if p.Out == nil {
		p.Out = p.Lock
	}
	p.gauge.report = p.Progress
}

// FirstAnswer is when the first page of a run was received; when the run was
// started if none has landed. The error is a *landing.DamageError, or that of the
// system.
func FirstAnswer(d store.Dir, run schemas.Run) (time.Time, error) {
	pages, err := landing.OpenReader(d, run.RunID)
	if errors.Is(err, landing.ErrNone) {
		return run.StartedAt, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	defer pages.Close()
	for _, e := range pages.Received() {
		return e.FetchedAt, nil
	}
	return run.StartedAt, nil
}

// Landed is the number of pages that have landed, since Open.
func (p *Pipeline) Landed() int { return p.pages.Len() }

// Fetched is the number of pages fetched, not found landed, since Open.
func (p *Pipeline) Fetched() int { return int(p.fetched.Load()) }

// Known are the facts of the pages that Crawl has seen.
func (p *Pipeline) Known() *facts.Known { return &p.known }

// BudgetLeft is what the bounds of the budget have room for, by period: run,
// day, month. It is empty without a budget, and until Crawl has read what was
// spent. It can be asked at any time, from any goroutine.
func (p *Pipeline) BudgetLeft() map[string]schemas.Money { return p.purse.Load().Left() }

// Close closes the landed pages. It does nothing to a pipeline that is not open.
func (p *Pipeline) Close() error {
	writer, pages := p.writer, p.pages
	p.writer, p.pages = nil, nil
	switch {
	case writer != nil:
		return writer.Close()
	case pages != nil:
		return pages.Close()
	}
	return nil
}

// guarded is do for a goroutine of its own: a panic there is out of reach for
// whoever waits, and so is told to crash on the spot. It is not turned into an
// error: others may wait for what the goroutine had in hand.
func guarded(crash func(value any, stack []byte), do func() error) func() error {
	return func() error {
		defer func() {
			if crash == nil {
				return
			}
			if value := recover(); value != nil {
				crash(value, debug.Stack())
				panic(value)
			}
		}()
		return do()
	}
}
