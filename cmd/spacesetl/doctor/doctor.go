// Package doctor checks what a job needs of a machine, of its store and of the API.
// It says what is wrong and what to do, and changes nothing.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// Finding is what came of a check.
type Finding struct {
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

// Failed reports whether something is wrong that keeps the job from its work.
func (f Finding) Failed() bool { return f.Level == levelFail }

// Patient is what is examined.
type Patient struct {
	File      string // of the job; empty without one
	Job       error  // why the file is no job
	Spec      jobs.Spec
	Env       jobs.Tokens         // of the environment
	TokenFile string              // empty where none can be kept
	Insecure  bool                // tokens may go unencrypted
	Offline   bool                // nobody is asked
	Version   string              // of the program, as it says it to the API
	Built     string              // the same, as it says it to people
	Environ   []string            // for other programs
	Secret    func(string) string // jobs.Options.Env
	Now       time.Time
}

// Examine makes all checks, as far as ctx goes.
func Examine(ctx context.Context, p Patient) []Finding {
	dir := store.Dir(p.Spec.Store)
	e := &examination{Patient: p, ctx: ctx, store: dir, notes: health.ReadNotes(dir)}
	checkJob(e)
	checkVersions(e)
	checkMemory(e)
	checkTokens(e)
	checkDisk(e)
	checkLock(e)
	checkStore(e)
	checkDatabase(e)
	checkElsewhere(e)
	return e.found
}

// examination is one visit to the doctor.
type examination struct {
	Patient
	ctx   context.Context
	store store.Dir
	notes *health.Notes
	found []Finding
}

func (e *examination) ok(check, format string, args ...any) {
	e.found = append(e.found, Finding{check, levelOK, fmt.Sprintf(format, args...), ""})
}

func (e *examination) warn(check, do, format string, args ...any) {
	e.found = append(e.found, Finding{check, levelWarn, fmt.Sprintf(format, args...), do})
}

func (e *examination) fail(check, do, format string, args ...any) {
	e.found = append(e.found, Finding{check, levelFail, fmt.Sprintf(format, args...), do})
}

// checkJob says what is wrong with the job file.
func checkJob(e *examination) {
	var invalid *jobfile.InvalidError
	switch {
	case e.File == "":
	case errors.As(e.Job, &invalid):
		for _, p := range invalid.Problems {
			e.fail("job", "mend the job file; spacesetl validate -f "+jobs.ShellWord(e.File)+" checks it", "%s", p)
		}
	case e.Job != nil:
		e.fail("job", "mend the job file", "%v", e.Job)
	default:
		e.ok("job", "%s is valid: job %q", e.File, e.Spec.Name)
	}
	for _, doubt := range e.Spec.Doubts() {
		e.warn("job", "", "%s", doubt)
	}
}
