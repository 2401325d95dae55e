// Command bench measures spacesetl against DuckDB's own SQL: the same landed
// pages into the same tables, whole processes, and every table compared.
//
//	go run ./pipeline/bench [-mb 200] [-runs 5] [-json]
//	go run ./pipeline/bench -age [-at 1,100,1000]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes.
const (
	exitFailed      = 1 // also when tables differ
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run is the command; a child of it is told apart by its first argument.
func run(ctx context.Context, args []string) int {
	if len(args) == 2 && args[0] == childCommand {
		if err := child(ctx, args[1], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return exitFailed
		}
		return 0
	}
	o, err := parse(args, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		return exitUsage
	}
	b, r := &bench{options: o, log: os.Stderr}, &report{}
	if o.age {
		err = b.age(ctx, os.Stdout)
	} else if r, err = b.run(ctx); err == nil {
		err = r.print(os.Stdout, o.json)
	}
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case err != nil:
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		return exitFailed
	case !o.age && !o.ours && !r.equal():
		return exitFailed
	}
	return 0
}

type options struct {
	mb   int
	seed uint64
	runs int
	json bool
	keep string
	node string
	// python is of a Python with the DuckDB to compare with.
	python string
	only   destination
	ours   bool
	// tuned gives the SQL every advantage found, see baseline.sql.
	tuned bool
	// age measures stores of so many runs instead.
	age  bool
	ages ages
}

// maxMB is what the simulated world has Spaces for.
const maxMB = 6000

// parse reads the flags; their faults and their help go to out.
func parse(args []string, out io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(out)
	f.IntVar(&o.mb, "mb", 200, "`MB` of raw pages (1 MB is 1,000,000 bytes)")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the simulated world")
	f.IntVar(&o.runs, "runs", 5, "rounds; the medians count")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	f.StringVar(&o.keep, "keep", "", "keep the pages in `DIR`, and take them from there when they are of this size and seed")
	f.StringVar(&o.node, "node", "", "also run the SQL on the DuckDB of `DIR`, in which npm install @duckdb/node-api was run")
	f.StringVar(&o.python, "python", "", "also run the SQL on the DuckDB of the Python environment in `VENV`")
	f.Func("only", "one destination, `parquet` or duckdb", func(text string) error {
		o.only = destination(text)
		if o.only != toParquet && o.only != toDuckDB {
			return errors.New("must be parquet or duckdb")
		}
		return nil
	})
	f.BoolVar(&o.ours, "ours", false, "measure spacesetl only")
	f.BoolVar(&o.tuned, "tuned", false, "write the SQL as only profiling makes one write it")
	f.BoolVar(&o.age, "age", false, "measure what stores of many runs take to keep and to look at, instead")
	o.ages = ages{1, 100, 1000}
	f.Var(&o.ages, "at", "with -age: after how many `RUNS`, such as 1,100,1000,8760")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is not a flag", f.Arg(0))
	case o.mb < 1 || o.mb > maxMB:
		return o, fmt.Errorf("-mb %d is not between 1 and %d", o.mb, maxMB)
	case o.runs < 1:
		return o, fmt.Errorf("-runs %d is not at least 1", o.runs)
	case o.node != "" && o.python != "":
		return o, errors.New("-node and -python are one DuckDB each: give one of them")
	case o.ours && o.node+o.python != "":
		return o, errors.New("-ours leaves out what -node and -python ask for")
	}
	return o, nil
}

// destinations are those to measure.
func (o options) destinations() []destination {
	if o.only != "" {
		return []destination{o.only}
	}
	return []destination{toParquet, toDuckDB}
}

// childCommand is the hidden first argument of a child; the second is a task.
const childCommand = "child"

// task is what a child does. The system counts what a process takes when it
// ends, and a process starts with the size of the one that started it: the
// parent stays small, and whatever is large or measured is a child.
type task struct {
	Corpus   *corpusTask `json:"corpus,omitempty"`
	Baseline *baseline   `json:"baseline,omitempty"`
	Compare  *compared   `json:"compare,omitempty"`
	Version  bool        `json:"version,omitempty"` // of the DuckDB that is linked in
	Aged     *agedRuns   `json:"aged,omitempty"`
	Glob     *globbed    `json:"glob,omitempty"`
}

// child does a task and writes what came of it as JSON.
func child(ctx context.Context, text string, out io.Writer) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return fmt.Errorf("task of a child: %w", err)
	}
	var result any
	var err error
	switch {
	case t.Corpus != nil:
		result, err = t.Corpus.open(ctx)
	case t.Baseline != nil:
		err = t.Baseline.run(ctx)
	case t.Compare != nil:
		result, err = t.Compare.run(ctx)
	case t.Aged != nil:
		result, err = t.Aged.run(ctx)
	case t.Glob != nil:
		err = t.Glob.run(ctx)
	case t.Version:
		result, err = duckDBVersion(ctx)
	}
	return errors.Join(err, json.NewEncoder(out).Encode(result))
}
