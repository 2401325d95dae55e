package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

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
	store   store.Dir
	notes   *health.Notes
	offline bool
	now     time.Time
	say     func(string)
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

// readJob reads the job file; its mistakes are findings, too.
func readJob(e *examination) {
	file := jobFile(e.cli, e.say, "store")
	if file != "" {
		var err error
		e.spec, err = loadJob(e.cli, file, nil)
		var invalid *jobs.InvalidError
		switch {
		case errors.As(err, &invalid):
			for _, p := range invalid.Problems {
				e.fail("job", "mend the job file; spacesetl validate -f "+jobs.ShellWord(file)+" checks it", "%s", p)
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
		e.spec.Elsewhere("base_url")
		e.spec.BaseURL = e.cli.String("base-url")
	}
	sayAll(func(doubt string) { e.warn("job", "", "%s", doubt) }, e.spec.Doubts())
	e.spec.Defaults()
	e.store = store.Dir(e.spec.Store)
	e.notes = health.ReadNotes(e.store)
}
