package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
)

func (c *console) doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "check tokens, clock, disk, lock, store and versions",
		UsageText: `spacesetl doctor
spacesetl doctor -f job.yaml
spacesetl doctor --store ./spaces --offline --output json`,
		Description: "Says what is wrong and what to do. Asks the API one request for each token and one without,\n" +
			"all to an endpoint that returns nothing X charges for. Exit code 1 when a check fails.",
		Flags: []cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store, API and accounts", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			text("base-url", "", "`URL` of the API (default https://api.x.com)"),
			flag("offline", "ask nobody"),
			tokenFileFlag(),
			text("output", "text", "print text, or json; `FORMAT`", "o"),
		},
		Action: c.doctor,
	}
}

// verdict is what came of a check.
type verdict struct {
	Check string `json:"check"`
	Level string `json:"level"` // ok, warn or fail
	Text  string `json:"text"`
	Do    string `json:"do,omitempty"`
}

const (
	levelOK   = "ok"
	levelWarn = "warn"
	levelFail = "fail"
)

// examination is one visit to the doctor.
type examination struct {
	ctx     context.Context
	cli     *cli.Context
	spec    jobs.Spec
	store   pipeline.Store
	offline bool
	now     time.Time
	found   []verdict
}

func (e *examination) ok(check, format string, args ...any) {
	e.found = append(e.found, verdict{check, levelOK, fmt.Sprintf(format, args...), ""})
}

func (e *examination) warn(check, do, format string, args ...any) {
	e.found = append(e.found, verdict{check, levelWarn, fmt.Sprintf(format, args...), do})
}

func (e *examination) fail(check, do, format string, args ...any) {
	e.found = append(e.found, verdict{check, levelFail, fmt.Sprintf(format, args...), do})
}

// unwellError is what doctor ends with when checks failed.
type unwellError struct{ failed int }

func (e *unwellError) Error() string { return fmt.Sprintf("checks that failed: %d", e.failed) }

func (c *console) doctor(ctx *cli.Context) error {
	out, err := format(ctx)
	if err != nil {
		return err
	}
	e := &examination{ctx: ctx.Context, cli: ctx, offline: ctx.Bool("offline"), now: c.clock()}
	e.job()
	e.versions()
	e.memory()
	e.tokens()
	e.disk()
	e.lock()
	e.integrity()
	e.database()
	if err := ctx.Context.Err(); err != nil {
		return err
	}
	failed := 0
	for _, v := range e.found {
		if v.Level == levelFail {
			failed++
		}
	}
	if out == "json" {
		err = c.printJSON(struct {
			OK     bool      `json:"ok"`
			Store  string    `json:"store"`
			Checks []verdict `json:"checks"`
		}{failed == 0, e.spec.Store, e.found})
	} else {
		err = c.printVerdicts(e.found)
	}
	if err == nil && failed > 0 {
		err = &unwellError{failed}
	}
	return err
}

func (c *console) printVerdicts(found []verdict) error {
	for _, v := range found {
		if err := c.print("%-4s  %-10s %s\n", v.Level, v.Check, v.Text); err != nil {
			return err
		}
		if v.Do != "" {
			_ = c.print("                 -> %s\n", v.Do)
		}
	}
	return nil
}

// job reads the job file; its mistakes are findings, too.
func (e *examination) job() {
	file := e.cli.String("file")
	if file != "" {
		var err error
		e.spec, err = jobs.Load(file, os.LookupEnv, nil)
		var invalid *jobs.InvalidError
		switch {
		case errors.As(err, &invalid):
			for _, p := range invalid.Problems {
				e.fail("job", "mend the job file; spacesetl validate -f "+shellQuoted(file)+" checks it", "%s", p)
			}
		case err != nil:
			e.fail("job", "mend the job file", "%v", err)
		default:
			e.ok("job", "%s is valid: job %q", file, e.spec.Name)
		}
	}
	if e.cli.IsSet("store") {
		e.spec.Store = e.cli.String("store")
	}
	if e.cli.IsSet("base-url") {
		e.spec.BaseURL = e.cli.String("base-url")
	}
	e.spec.Defaults()
	e.store = pipeline.Store(e.spec.Store)
}

// lock says who is at work in the store.
func (e *examination) lock() {
	h, err := e.store.Holder()
	switch {
	case err != nil:
		e.fail("lock", "let this user read and write the store", "%v", err)
	case h.Held && h.Sure:
		e.warn("lock", "another run on this store would end at once with exit code 1: wait for this one", "in use by %s", h)
	case h.Held:
		e.warn("lock", "this system does not say who holds a lock; if it is no spacesetl, the lock is free", "%s is alive", h)
	case !h.Sure && h.PID > 0 && !h.Here:
		e.warn("lock", "look on that machine; if the process is gone, the lock is free", "last taken by %s: this machine cannot tell whether it is still held", h)
	case h.PID > 0 && !h.Alive:
		e.ok("lock", "free; its last holder, %s, is gone", h)
	default:
		e.ok("lock", "free")
	}
}
