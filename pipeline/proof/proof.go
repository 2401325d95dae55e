// Package proof holds a store against its pages: that it is whole, and that its tables
// are what its pages say. What it proved it remembers, in the store.
package proof

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/scratch"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Options say what is looked at. The zero value proves what was not proved before, and
// what is not as it was then.
type Options struct {
	All bool // whatever was proved before
	// Files compares checksums only: nothing is unpacked, made anew or remembered.
	Files bool
	Only  []string  // of these runs; all without any
	Since time.Time // of runs that began then or later
	// Sample decodes every so-manieth page only; 0 and 1 decode all.
	Sample int
}

// Config says of what store, and how tables are made anew.
type Config struct {
	Options
	Store store.Dir
	Runs  []string // of the store, oldest first
	// Database is what the store's database says of itself.
	Database health.DatabaseView
	// Remake makes the files of a run anew below a folder, or without one only their
	// checksums, and returns the manifest that they would have. It is called from
	// several goroutines.
	Remake      func(ctx context.Context, m *store.Manifest, dir string) (*store.Manifest, error)
	Few         int    // of so many runs the versions that ended are compared without All, too; 0 for 24
	MemoryLimit string // of DuckDB
	Replay      string // the command that makes the tables of all runs anew
}

// atOnce is how many runs are proved before it is remembered.
const atOnce = 500

// proving is one Verify under way.
type proving struct {
	Config
	v         *health.Verification
	memory    *memory
	looking   sync.Mutex // bundles
	bundles   *store.Bundles
	where     store.Where
	pruned    landing.Pruned
	manifests map[string]*store.Manifest // without what is long and not looked at; nil of a run without
	loaded    []string                   // runs that are in the database, or are to be
	dir       string                     // for temporary files
}

// Verify proves it. What is wrong is in the Verification, not an error.
func Verify(ctx context.Context, cfg Config) (*health.Verification, error) {
	cfg.Sample = max(cfg.Sample, 1)
	p := &proving{Config: cfg, v: &health.Verification{}, memory: &memory{}, bundles: store.NewBundles(cfg.Store), manifests: make(map[string]*store.Manifest, len(cfg.Runs))}
	if !cfg.Files {
		p.memory = remembered(cfg.Store)
		if cfg.Database.Err != nil {
			p.v.Wrong("%v", cfg.Database.Err)
		}
	}
	p.where, _ = store.ReadWhere(cfg.Store) // what is wrong with it, p.joined says
	var err error
	if p.pruned, err = landing.ReadPruned(cfg.Store); err != nil {
		p.v.Wrong("%v", err)
	}
	folder, err := scratch.New(os.TempDir(), "verify")
	if err != nil {
		return nil, err
	}
	defer folder.Remove() // only takes space
	p.dir = folder.Path
	err = p.all(ctx)
	if err == nil || ctx.Err() != nil { // what was proved before it ended, is
		p.memory.remember(p.Store)
	}
	p.v.Forgotten = p.memory.why
	return p.v, err
}

func (p *proving) all(ctx context.Context) error {
	for some := range slices.Chunk(p.Runs, atOnce) {
		if err := p.runs(ctx, some); err != nil {
			return err
		}
		p.memory.remember(p.Store)
	}
	if months := p.pruned.Months; len(months) > 0 && p.v.Pruned > 0 {
		p.v.Notes = append(p.v.Notes, fmt.Sprintf("pages until run %s were pruned, of %d in all: that their rows are what these said is not proved", months[len(months)-1].Last, p.v.Pruned))
	}
	if tables := p.pruned.Tables; len(tables) > 0 {
		p.v.Notes = append(p.v.Notes, fmt.Sprintf("Parquet files of months until run %s were pruned", tables[len(tables)-1].Last))
	}
	if n := len(p.copies()); n > 0 {
		p.v.Notes = append(p.v.Notes, fmt.Sprintf("runs whose pages are in another store: %d; that their rows are what these say is proved there", n))
	}
	files, wrong := compact.Files(p.Store, p.Runs, p.manifests)
	p.v.Problems = append(p.v.Problems, wrong...)
	if err := p.joined(ctx, files); err != nil {
		return err
	}
	if text := p.Database.Unlisted(p.Runs); text != "" {
		p.v.Wrong("%s: restore their files from a backup", text)
	}
	if err := (&merged{proving: p, files: files, apart: map[string]bool{}, whole: map[string]bool{}, made: map[string][]schemas.Part{}, lost: map[string]bool{}}).compare(ctx); err != nil {
		return err
	}
	return compareLatest(ctx, p)
}

// copies are the runs that were loaded from the pages of another store.
func (p *proving) copies() (runs []string) {
	for _, id := range p.Runs {
		if m := p.manifests[id]; m != nil && p.Store.IsCopy(*m) {
			runs = append(runs, id)
		}
	}
	return runs
}

// chosen reports whether a run is to be looked at.
func (p *proving) chosen(id string) bool {
	if len(p.Only) > 0 && !slices.Contains(p.Only, id) {
		return false
	}
	return p.Since.IsZero() || id >= Begin(p.Since)
}

// Begin is what the ids of runs begin with that began at a time.
func Begin(at time.Time) string { return at.UTC().Format("20060102T150405Z") }

// each calls a function for each of so many things, a few at a time.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(min(runtime.GOMAXPROCS(0), 4)) // each takes memory
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(ctx, i)
		})
	}
	return g.Wait()
}

// runs looks at runs, and takes in what was found in their order.
func (p *proving) runs(ctx context.Context, ids []string) error {
	looked := make([]look, len(ids))
	err := each(ctx, len(ids), func(ctx context.Context, i int) (err error) {
		looked[i], err = p.run(ctx, ids[i])
		return err
	})
	for i, id := range ids {
		l := &looked[i]
		p.v.Add(&l.v)
		p.memory.add(l.proved...)
		p.manifests[id] = l.manifest
		if _, has := p.Database.Runs[id]; has || l.manifest != nil && l.manifest.LoadsTo(store.DuckDBFile) {
			if l.manifest != nil && len(l.manifest.Files) > 0 {
				p.loaded = append(p.loaded, id)
			}
		}
	}
	return err
}

// versions are what a proof depends on besides what is in the store: which rows are made
// of pages, and what is proved. Who proves more, or otherwise, counts on.
const versions = "tables " + schemas.Revision + ", proof 1"

// older says what is not compared because another version made it.
func (p *proving) older() string {
	noun := "runs"
	if len(p.v.Older) == 1 {
		noun = "run"
	}
	return fmt.Sprintf("%d %s loaded by an earlier version, which made other rows of their pages, the first %s; so the database is not compared: %s makes them anew",
		len(p.v.Older), noun, p.v.Older[0], p.Replay)
}
