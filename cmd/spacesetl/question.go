package main

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// question is what a command asks of a store.
type question struct {
	dir     store.Dir
	timeout time.Duration
	form    string // of answer.Forms, or table or markdown
	out     string // file; empty for stdout
	memory  int64  // bytes
	answer.Question
}

// answerFlags are those of a question.
func answerFlags(formats []string, timeout string) []cli.Flag {
	return []cli.Flag{
		text("file", "", "job `FILE` (YAML), for its store", "f"),
		text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
		usage.OneOf(text("format", "", strings.Join(formats, ", ")+"; default as --out ends, or "+formats[0]+"; `FORMAT`"), formats...),
		usage.OneOf(text("for", "", "`excel`, a CSV in which ids stay text and formulas do nothing"), "excel"),
		text("out", "", "`FILE` to write; default standard output", "o"),
		usage.Duration("timeout", "longest time to take, default "+timeout+"; `TIME`"),
		memoryFlag(),
	}
}

// endings are those of files that are not named as their format is.
var endings = map[string]string{"md": "markdown", "ndjson": "jsonl", "txt": "table"}

// newQuestion reads the flags; formats are those that the command has, the default first.
func newQuestion(c *console, ctx *cli.Context, formats []string) (q question, err error) {
	spec, err := storeSpec(c, ctx)
	if err != nil {
		return q, err
	}
	q = question{dir: store.Dir(spec.Store), timeout: ctx.Duration("timeout"), form: ctx.String("format"), out: ctx.String("out")}
	if q.timeout < 0 {
		return q, usage.Errorf("--timeout: %s is over before it begins", q.timeout)
	}
	if q.out == "-" {
		q.out = ""
	}
	if q.form == "" {
		ending := strings.TrimPrefix(filepath.Ext(q.out), ".")
		q.form = cmp.Or(endings[ending], ending, formats[0])
		if !slices.Contains(formats, q.form) && ctx.String("for") == "" {
			return q, usage.Errorf("--out %s: no format ends in .%s: name its --format, %s", q.out, ending, strings.Join(formats, ", "))
		}
	}
	if ctx.String("for") != "" {
		if ctx.IsSet("format") && q.form != "csv" {
			return q, usage.Errorf("--for excel is a CSV: leave out --format %s", q.form)
		}
		q.form = answer.Sheet
	}
	if info, err := os.Stat(q.out); err == nil && !info.Mode().IsRegular() {
		return q, usage.Errorf("--out %s is no file", q.out)
	}
	if _, err := os.Stat(filepath.Dir(q.out)); q.out != "" && err != nil { // before the work, which may take an hour
		return q, usage.Errorf("--out %s: %w", q.out, err)
	}
	if q.form == "parquet" && q.out == "" && printable.Terminal(c.stdout) != nil {
		return q, usage.Errorf("Parquet is not for a terminal: name a file with --out")
	}
	q.memory, err = queryMemory(ctx)
	return q, err
}
