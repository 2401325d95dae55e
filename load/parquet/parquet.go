// Package parquet writes record batches to Parquet files, and reads, joins and takes
// apart the files that it wrote. Nothing is visible before a commit, and loading the same
// batches again gives the same bytes.
package parquet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Config says where the files of one run go.
type Config struct {
	Dir     string // destination folder
	Staging string // folder on the same file system for unfinished files
	RunID   string
	RunDate time.Time // names the folder in that of each table, as Partition has it
	Step    durable.Step
	// Sums writes no file, and needs no folder: the parts say what would be written.
	Sums      bool
	Partition schemas.Partition
}

// Writer writes the batches of one run as one file per table and shard. Rows
// keep the order in which they were loaded, and how they were cut into batches
// leaves no mark: the same rows give the same bytes.
type Writer struct {
	cfg      Config
	repaired atomic.Int64
	packers  packers

	mu       sync.Mutex
	files    map[fileKey]*file
	err      error // the first failure; after it nothing is committed
	finished []*file
	done     bool
}

type fileKey struct {
	table *schemas.Table
	shard int
}

// New prepares a run. Files of an earlier attempt in the staging folder
// are removed.
func New(cfg Config) (*Writer, error) {
	if !cfg.Sums && (cfg.Dir == "" || cfg.Staging == "") {
		return nil, errors.New("parquet: no destination or staging folder")
	}
	if cfg.RunID == "" || strings.ContainsAny(cfg.RunID, `/\`) {
		return nil, fmt.Errorf("parquet: %q is no run id", cfg.RunID)
	}
	if cfg.Sums {
		return &Writer{cfg: cfg, files: map[fileKey]*file{}}, nil
	}
	if err := os.RemoveAll(cfg.Staging); err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	if err := os.MkdirAll(cfg.Staging, 0o777); err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	return &Writer{cfg: cfg, files: map[fileKey]*file{}}, nil
}

// Load writes batches to the files of a shard, in order. Calls for different
// shards may run at the same time. The caller keeps and releases the records.
// After an error, or a cancelled context, the run cannot be committed.
func (p *Writer) Load(ctx context.Context, shard int, batches []schemas.Batch) error {
	for _, b := range batches {
		err := ctx.Err()
		if err == nil {
			err = p.load(shard, b)
		}
		if err != nil {
			return p.fail(err)
		}
	}
	return nil
}

func (p *Writer) load(shard int, b schemas.Batch) error {
	if err := checkBatch(b); err != nil {
		return err
	}
	if b.Record.NumRows() == 0 {
		return nil
	}
	f, err := p.file(b.Table, shard)
	if err != nil {
		return err
	}
	return f.write(b.Record)
}

// file returns the open file of a table and shard.
func (p *Writer) file(t *schemas.Table, shard int) (*file, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done || p.finished != nil {
		return nil, fmt.Errorf("parquet %s: the run is closed", t.Name)
	}
	key := fileKey{t, shard}
	if f := p.files[key]; f != nil {
		return f, nil
	}
	name := ""
	if !p.cfg.Sums {
		name = p.staged(key)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return nil, fmt.Errorf("parquet %s: %w", t.Name, err)
		}
	}
	f, err := create(name, key, p)
	if err != nil {
		return nil, err
	}
	p.files[key] = f
	return f, nil
}

func (p *Writer) fail(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	return err
}

// Repaired counts the texts in which bytes that are not UTF-8, or NUL, were
// replaced by U+FFFD.
func (p *Writer) Repaired() int64 { return p.repaired.Load() }

// Finish writes the end of every file and makes it durable, still unseen: until
// Commit the paths of the parts are relative to Staged. A table without rows has
// no part. The parts are in schemas.Tables order, then by shard. Nothing more can be
// loaded; called again it returns the same.
func (p *Writer) Finish(ctx context.Context) ([]schemas.Part, error) {
	files := p.finished
	if files == nil {
		var err error
		if files, err = p.finish(ctx); err != nil {
			return nil, p.fail(err)
		}
		p.mu.Lock()
		p.finished = files
		p.mu.Unlock()
	}
	parts := make([]schemas.Part, len(files))
	for i, f := range files {
		parts[i] = p.part(f)
	}
	return parts, nil
}

// Staged is the folder that the files lie in until they are committed, under
// the paths that they will have in Config.Dir.
func (p *Writer) Staged() string { return p.cfg.Staging }

// Commit finishes the files, if Finish has not, and renames them into
// <Dir>/<table>/run_date=YYYY-MM-DD/<run_id>-<shard>.parquet, or as another
// partition has it, in place of what an earlier commit of the run left, for every
// table. A table without any file gets EmptyFile, so that it can be read from the
// first run. It returns the parts of Finish. When the context ends before the
// first rename nothing is committed.
func (p *Writer) Commit(ctx context.Context) ([]schemas.Part, error) {
	parts, err := p.Finish(ctx)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil || p.cfg.Sums {
		return parts, p.fail(err)
	}
	if err := p.publish(parts); err != nil {
		return nil, p.fail(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = true
	if err := os.RemoveAll(p.cfg.Staging); err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	return parts, nil
}

// finish writes the end of every file.
func (p *Writer) finish(ctx context.Context) ([]*file, error) {
	p.mu.Lock()
	err := p.err
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	files := p.sorted()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(finishers)
	for _, f := range files {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return f.finish(p.cfg.Step)
		})
	}
	err = g.Wait()
	p.packers.drop()
	return files, err
}

// finishers is how many files are finished at a time. They wait for the disk
// more than they compute.
const finishers = 4

// sorted returns the files in schemas.Tables order, then by shard.
func (p *Writer) sorted() []*file {
	p.mu.Lock()
	defer p.mu.Unlock()
	keys := make([]fileKey, 0, len(p.files))
	for key := range p.files {
		keys = append(keys, key)
	}
	order := schemas.Tables()
	slices.SortFunc(keys, func(a, b fileKey) int {
		if a.table != b.table {
			return slices.Index(order, a.table) - slices.Index(order, b.table)
		}
		return a.shard - b.shard
	})
	files := make([]*file, len(keys))
	for i, key := range keys {
		files[i] = p.files[key]
	}
	return files
}

// Close ends the run. Without a Commit before it, no file of the run is left;
// after one it does nothing.
func (p *Writer) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done {
		return nil
	}
	p.done = true
	for _, f := range p.files {
		f.abandon()
	}
	if p.cfg.Sums {
		return nil
	}
	if err := os.RemoveAll(p.cfg.Staging); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	return nil
}
