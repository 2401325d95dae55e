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
	"sync/atomic"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Fetcher gets one page. It waits for rate windows and retries as it sees fit.
//
// An error that knows how the run ends has a method Outcome() schemas.Outcome;
// one that only rules out its own endpoint also has EndpointOnly() bool; one
// about a page token that no longer works has TokenExpired() bool.
//
// One that also has Lane(schemas.Request) string says what a request waits for:
// requests of different lanes do not wait for each other.
type Fetcher interface {
	Fetch(context.Context, schemas.Request) (schemas.Page, error)
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

// Publisher brings the files of a run into another destination. Prepare reads
// them from dir and changes nothing that anybody sees; Commit does that at
// once, and Close gives up what was not committed.
type Publisher interface {
	Prepare(ctx context.Context, parts []schemas.Part, dir string) error
	Commit(context.Context) error
	Close() error
}

// Pipeline runs one plan in one store.
type Pipeline struct {
	Plan    Plan
	Seeds   []schemas.Request // Planned.Seeds
	Run     schemas.Run       // RunID, StartedAt and Version are set by the caller
	Store   Store
	Out     Store   // where the manifest goes; default Store
	Fetcher Fetcher // not needed for Load
	// Tells says that the Fetcher calls Sending. Of one that does not, requests
	// are taken to be sent as soon as they are asked for.
	Tells   bool
	Loader  Loader
	Publish []Publisher
	// KeepsFiles says that the loader's files are a destination, not only on
	// their way to a publisher.
	KeepsFiles bool
	// Workers is the number of requests under way at a time; 0 means 4. Those
	// that wait for their lane's rate window do not count. Of a Fetcher that does
	// not tell when it sends, it is the number in each lane.
	Workers int
	// Shards is the number of decoders of a large load; 0 means 2. Equal
	// shards, equal files.
	Shards int
	// Budget bounds what the run may cost at Prices; default no bounds, and
	// schemas.DefaultPrices.
	Budget Budget
	Prices schemas.Prices
	// Now is the clock of the budget's days; default time.Now.
	Now func() time.Time
	// Step is called at each step towards the disk, by name, with the file; an
	// error of it is that step's error. Tests crash and fill disks with it; nil
	// otherwise.
	Step durable.Step
	// Crash is told of a panic in one of the pipeline's goroutines and should
	// end the program; nil leaves it to the runtime.
	Crash func(value any, stack []byte)
	// Notify is told of what a user should know; may be nil.
	Notify func(Notice)
	// Progress is told how far the run is, from several goroutines and often; may
	// be nil.
	Progress func(Progress)
	// Refused lists the fields the server refused so far; may be nil.
	Refused func() []Refusal

	landing *Landing
	walk    *walk
	fetched atomic.Int64
	purse   *purse // nil without a budget
	gauge   gauge
	sent    sentLog
	slots   chan struct{} // as many as Workers: requests sent whose page has not landed
	resumed bool          // pages had landed when the pipeline was opened
}

// Notice is one thing a user should know, in one line without a secret.
type Notice struct {
	Kind string // resumed, wave, skipped, stopped, truncated, never-seen, budget
	Text string
}

// Refusal is a field or expansion that the server refused and that was left
// out from then on.
type Refusal struct {
	Param  string `json:"param"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
}

// Open opens the landed pages of the run. The caller closes the pipeline.
func (p *Pipeline) Open() error {
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
	if p.Out == "" {
		p.Out = p.Store
	}
	p.gauge.report = p.Progress
	p.walk = newWalk(p.Plan, p.Seeds)
	var err error
	p.landing, err = OpenLanding(p.Store.Raw(), p.Run.RunID)
	if err == nil {
		p.landing.step = p.Step
		p.resumed = len(p.landing.pages) > 0
	}
	return err
}

// Creator is the user id of a Space's creator, as far as the run has seen it;
// empty otherwise. A Fetcher with several users' tokens asks.
func (p *Pipeline) Creator(spaceID string) string { return p.walk.creator(spaceID) }

// Fetched is the number of pages fetched, not found landed, since Open.
func (p *Pipeline) Fetched() int { return int(p.fetched.Load()) }

// Close closes the landed pages.
func (p *Pipeline) Close() error {
	if p.landing == nil {
		return nil
	}
	return errors.Join(p.sent.close(), p.landing.Close())
}
