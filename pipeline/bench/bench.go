package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// bench is one benchmark under way.
type bench struct {
	options options
	log     io.Writer

	dir    string // of everything that goes away at the end
	binary string // the program that is measured
	corpus *corpus
	newest *newest // nil without -node or -python
}

// work is what is measured: somebody's way to a destination.
type work struct {
	side   string // ours, sql or newest
	engine string // the side for people
	to     destination
	// run makes the tables in dir, which is not there yet, and returns the path
	// of the files or the database, or of files that are copies of its tables.
	run func(ctx context.Context, to destination, dir string) (measurement, string, error)
}

// The sides.
const (
	sideOurs   = "ours"
	sideSQL    = "sql"
	sideNewest = "newest"
)

// key names the work in measurements.
func (w work) key() string { return w.side + "." + string(w.to) }

func (w work) String() string { return w.engine + " → " + w.to.title() }

// run prepares and measures, and compares the tables of the first round.
func (b *bench) run(ctx context.Context) (r *report, err error) {
	if b.dir, err = os.MkdirTemp("", "spacesetl-bench-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(b.dir) // only takes space
	r = &report{options: b.options, date: time.Now().UTC(), results: map[string]comparison{}}
	if err := b.prepare(ctx, r); err != nil {
		return nil, err
	}
	for round := 1; round <= b.options.runs; round++ {
		for _, to := range b.options.destinations() {
			if err := b.round(ctx, r, round, to); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// prepare builds what is measured and makes its input.
func (b *bench) prepare(ctx context.Context, r *report) (err error) {
	b.say("building spacesetl")
	if err := b.build(ctx); err != nil {
		return err
	}
	dir := b.options.keep
	if dir == "" {
		dir = filepath.Join(b.dir, "corpus")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	b.say("making %d MB of pages", b.options.mb)
	b.corpus = &corpus{dir: dir}
	t := corpusTask{Dir: dir, MB: b.options.mb, Seed: b.options.seed, Plain: !b.options.ours}
	if _, err := b.child(ctx, task{Corpus: &t}, b.corpus); err != nil {
		return err
	}
	r.corpus = b.corpus
	if _, err := b.child(ctx, task{Version: true}, &r.duckdb); err != nil {
		return err
	}
	if b.options.node != "" || b.options.python != "" {
		if b.newest, err = findNewest(ctx, b.options, b.dir); err != nil {
			return err
		}
		r.newest = b.newest.version
	}
	return b.corpus.warm()
}

// works are the ways to a destination, ours first.
func (b *bench) works(to destination) []work {
	works := []work{{sideOurs, "spacesetl", to, b.replay}}
	if !b.options.ours {
		works = append(works, work{sideSQL, "SQL", to, b.sql})
	}
	if b.newest != nil {
		works = append(works, work{sideNewest, "SQL, DuckDB " + b.newest.version + " (" + b.newest.host + ")", to, b.sqlNewest})
	}
	return works
}

// round measures each way to a destination once.
func (b *bench) round(ctx context.Context, r *report, round int, to destination) error {
	dir, err := os.MkdirTemp(b.dir, "round-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // only takes space
	outputs := map[string]string{}
	for _, w := range b.works(to) {
		m, out, err := w.run(ctx, to, filepath.Join(dir, w.side))
		if err != nil {
			return fmt.Errorf("%s: %w", w, err)
		}
		if m.Size == 0 {
			if m.Size, err = sizeOf(out); err != nil {
				return err
			}
		}
		m.Round, m.Work, outputs[w.side] = round, w.key(), out
		r.add(w, m)
		b.say("round %d of %d, %s: %.2f s, %.2f CPU s, %d MiB", round, b.options.runs, w, m.Wall, m.CPU, m.RSS>>20)
	}
	if round > 1 {
		return nil // the same again
	}
	for _, w := range b.works(to)[1:] {
		var c comparison
		t := compared{Ours: outputs[sideOurs], Theirs: outputs[w.side]}
		if _, err := b.child(ctx, task{Compare: &t}, &c); err != nil {
			return fmt.Errorf("%s: comparing its tables: %w", w, err)
		}
		r.results[w.key()] = c
	}
	return nil
}

// replay is spacesetl.
func (b *bench) replay(ctx context.Context, to destination, dir string) (measurement, string, error) {
	m, _, err := measure(ctx, b.dir, b.binary, "replay", "--store", b.corpus.dir, "--to", string(to), "--out", dir)
	if to == toDuckDB {
		return m, filepath.Join(dir, "spaces.duckdb"), err
	}
	return m, filepath.Join(dir, "parquet"), err
}

// sql is the baseline on the DuckDB that is linked in.
func (b *bench) sql(ctx context.Context, to destination, dir string) (measurement, string, error) {
	t := baseline{In: b.corpus.plain(), Out: dir, To: to, Tuned: b.options.tuned}
	if err := t.prepare(); err != nil {
		return measurement{}, "", err
	}
	m, err := b.child(ctx, task{Baseline: &t}, nil)
	return m, dir, err
}

// sqlNewest is the baseline on the DuckDB of node or Python.
func (b *bench) sqlNewest(ctx context.Context, to destination, dir string) (measurement, string, error) {
	t := baseline{In: b.corpus.plain(), Out: dir, To: to, Tuned: b.options.tuned}
	if err := t.prepare(); err != nil {
		return measurement{}, "", err
	}
	return b.newest.run(ctx, t)
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.log, format+"\n", args...)
}
