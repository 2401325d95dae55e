package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"

	"golang.org/x/term"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/box"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// readable bounds what is printed to be read.
var readable = answer.Bounds{Rows: 10_000, Bytes: 64 << 20}

// answer asks, and prints or writes what comes of it.
func (q question) answer(c *console, ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	err := q.ask(c, within)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("stopped: %w", context.Cause(ctx))
	case within.Err() != nil:
		return fmt.Errorf("stopped after %s: ask for less, or give it more with --timeout", q.timeout)
	}
	now, none := answer.Look(q.dir)
	if errors.Is(none, fs.ErrNotExist) { // else a file of theirs is gone
		return noTables(q.dir)
	}
	if none == nil && now.File == nil && ofHistory.MatchString(err.Error()) {
		return fmt.Errorf("%s has Parquet files alone, and histories are in a database, which a job makes with to: [parquet, duckdb]: %w", q.dir, err)
	}
	return err
}

// ofHistory is DuckDB's word on a history that is not there.
var ofHistory = regexp.MustCompile(`with name \w+_(history|as_of) does not exist`)

// noTables says that a store has none yet.
func noTables(dir store.Dir) error {
	if runs, _ := dir.Runs(); len(runs) > 0 {
		return usage.Errorf("no run in %s has tables yet: they come at its end, those of a watch when its hour is over; spacesetl status --store %s says how it goes", dir, dir)
	}
	return usage.Errorf("there is no run with tables in %s: name a store with --store", dir)
}

// ask has the answer made, in a process of its own, and prints it, or writes it to the
// file that was named.
func (q question) ask(c *console, ctx context.Context) error {
	b, err := box.Open(ctx, box.Config{Dir: q.dir, Memory: q.memory})
	if err != nil {
		return err
	}
	defer b.Close()
	if q.out != "" {
		return durable.Write(q.out, durable.Options{}, func(w io.Writer) error { return q.write(c, ctx, b, w, 0) })
	}
	width := 0
	if terminal := printable.Terminal(c.stdout); terminal != nil {
		width, _, _ = term.GetSize(int(terminal.Fd())) // of an odd one 0, which is no bound
	}
	return q.write(c, ctx, b, c.exact(), width)
}

// write writes an answer: a file as it comes.
func (q question) write(c *console, ctx context.Context, b *box.Box, w io.Writer, width int) error {
	if _, ok := answer.FormNamed(q.form); ok {
		q.Form = q.form
	}
	q.Bounds = readable
	sent := &counted{to: w}
	reply, err := b.Ask(ctx, q.Question, sent)
	switch {
	case err != nil && sent.n > 0 && q.out == "":
		return fmt.Errorf("not all rows have been written: %w", err)
	case err != nil || q.Form != "":
		return err
	}
	if reply.Grid.More {
		c.say(fmt.Sprintf("these are the first %s: --format csv has all", plural(len(reply.Grid.Rows), "row")))
	}
	if q.form == "markdown" {
		return show.Markdown(w, reply.Columns, reply.Grid.Rows)
	}
	return show.Grid(w, reply.Columns, reply.Grid.Rows, width)
}

// counted counts what is written.
type counted struct {
	to io.Writer
	n  int64
}

func (c *counted) Write(data []byte) (int, error) {
	n, err := c.to.Write(data)
	c.n += int64(n)
	return n, err
}
