package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/term"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/scratch"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// readable bounds what is printed to be read.
var readable = answer.Bounds{Rows: 10_000, Bytes: 64 << 20}

// reply is what came of a question.
type reply struct {
	columns []answer.Column
	grid    answer.Grid
	file    string
}

// answer asks, and prints or writes what comes of it.
func (q question) answer(c *console, ctx context.Context) error {
	folder, err := scratch.New(os.TempDir(), "query")
	if err != nil {
		return err
	}
	defer folder.Remove()
	results := filepath.Join(folder.Path, "results")
	if err := os.Mkdir(results, 0o700); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	r, err := answer.Within(within, func(ctx context.Context) (reply, error) { return q.ask(ctx, results) })
	switch {
	case err == nil:
		return q.give(c, r)
	case ctx.Err() != nil:
		return fmt.Errorf("stopped: %w", context.Cause(ctx))
	case within.Err() != nil:
		return fmt.Errorf("stopped after %s: ask for less, or give it more with --timeout", q.timeout)
	case strings.Contains(err.Error(), "Out of Memory Error"):
		return errors.New("this does not fit in memory: ask for less, or allow it more with --memory")
	}
	now, none := answer.Look(q.dir)
	if errors.Is(none, fs.ErrNotExist) { // else a file of theirs is gone
		return noTables(q.dir)
	}
	err = answer.Wrong(err)
	if none == nil && now.File == nil && ofHistory.MatchString(err.Error()) {
		return fmt.Errorf("%s has Parquet files alone, and histories are in a database, which a job makes with to: [parquet, duckdb]: %w", q.dir, err)
	}
	return err
}

// ofHistory is DuckDB's word on a history that is not there.
var ofHistory = regexp.MustCompile(`with name \w+_(history|as_of) does not exist`)

// noTables says that a store has none yet.
func noTables(dir store.Dir) error {
	return usage.Errorf("there is no run with tables in %s: name a store with --store", dir)
}

// ask opens the tables and has the result made, in memory or in a file of a folder.
func (q question) ask(ctx context.Context, results string) (r reply, err error) {
	tables, err := answer.Open(ctx, q.dir, duckdb.ReaderConfig{Scratch: results, MemoryLimit: q.memory})
	if err != nil {
		return r, err
	}
	defer tables.Close()
	text, err := q.statement(ctx, tables)
	if err != nil {
		return r, err
	}
	form, ok := answer.FormNamed(q.form)
	if !ok { // to be read
		r.columns, r.grid, err = answer.Select(ctx, tables, text, readable)
		return r, err
	}
	inner, err := answer.Check(ctx, tables, text)
	if err != nil {
		return r, err
	}
	r.file = filepath.Join(results, "result")
	return r, form.Write(ctx, tables, inner, r.file)
}

// give prints a reply, or writes it to the file that was named.
func (q question) give(c *console, r reply) error {
	if r.grid.More {
		c.say(fmt.Sprintf("these are the first %s: --format csv has all", plural(len(r.grid.Rows), "row")))
	}
	if q.out != "" {
		return durable.Write(q.out, durable.Options{}, func(w io.Writer) error { return q.write(w, r, 0) })
	}
	width := 0
	if terminal := printable.Terminal(c.stdout); terminal != nil {
		width, _, _ = term.GetSize(int(terminal.Fd())) // of an odd one 0, which is no bound
	}
	return q.write(c.exact(), r, width)
}

func (q question) write(w io.Writer, r reply, width int) error {
	form, ok := answer.FormNamed(q.form)
	switch {
	case !ok && q.form == "markdown":
		return show.Markdown(w, r.columns, r.grid.Rows)
	case !ok:
		return show.Grid(w, r.columns, r.grid.Rows, width)
	}
	file, err := os.Open(r.file)
	if err != nil {
		return err
	}
	defer file.Close()
	return form.Send(w, file)
}
