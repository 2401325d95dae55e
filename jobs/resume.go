package jobs

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// longestCommand is the longest that is worth printing, in bytes.
const longestCommand = 600

// unnoted is the advice where nobody knows how the job was given: a command that
// is made of its plan would leave out its budget, or ask another server.
const unnoted = "run the job's own command again"

// onward says how to go on with a run: the command that gives its job again, or
// why there is none.
func onward(j *Job, p store.Planned, o StatusOptions) string {
	switch note := p.Job; {
	case p.Plan.Import != "":
		return "import the same files again; or give the run up: " + giveUp(j, p)
	case note == nil && o.File != "" && samePlan(j.spec, p.Plan):
		return Command(verbOf(p.Plan), "-f", o.File)
	case note == nil:
		return unnoted
	case len(note.Flags) == 0:
		return byFile(j, p, o.Env)
	default:
		words, doubt := jobfile.Noted(note.Flags, j.here)
		command := Command(words...)
		if doubt != "" {
			return fmt.Sprintf("%s; %s has it, but look at it first if you did not run it yourself: %s", unnoted, j.store.RunFile(p.Run.RunID, "plan.json"), doubt)
		}
		if note.File != "" && !isThere(note.File) {
			return gone(j, p)
		}
		if len(command) > longestCommand {
			return unnoted + ", which is in " + j.store.RunFile(p.Run.RunID, "plan.json")
		}
		return command
	}
}

// here is the store that a note names, unless that is another than this one: a store
// can have been moved.
func (j *Job) here(noted string) string {
	if store.Dir(noted).Is(j.store) {
		return noted
	}
	return string(j.store)
}

// byFile is the command of a run whose job is a file, if that still gives it.
func byFile(j *Job, p store.Planned, env func(string) (string, bool)) string {
	file := p.Job.File
	if !isThere(file) {
		return gone(j, p)
	}
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	command := []string{verbOf(p.Plan), "-f", file}
	spec, err := jobfile.Load(file, env, nil)
	var invalid *InvalidError
	switch {
	case errors.As(err, &invalid):
		return fmt.Sprintf("mend the job file (%s), then: %s", invalid.Problems[0], Command(command...))
	case err != nil:
		return fmt.Sprintf("mend the job file (%v), then: %s", err, Command(command...))
	case !samePlan(spec, p.Plan):
		return file + " asks for something else now, and running it does that; to give this run up: " + giveUp(j, p)
	case !store.Dir(spec.Store).Is(j.store): // the file's is relative to another folder
		command = append(command, "--store", string(j.store))
	}
	return Command(command...)
}

// isThere reports whether a job file is there to be read; what a store names may
// be anything.
func isThere(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Size() <= 1<<20
}

// gone is said of a run whose job file is no more.
func gone(j *Job, p store.Planned) string {
	return "put the job file " + p.Job.File + " back, and run it; or give this run up: " + giveUp(j, p)
}

func giveUp(j *Job, p store.Planned) string {
	return Command("abandon", p.Run.RunID, "--store", string(j.store))
}

// verbOf is the command that goes on with a run of a plan.
func verbOf(plan store.Plan) string {
	if plan.Watch {
		return "watch"
	}
	return "run"
}

// samePlan reports whether a job asks for what a plan does. Tokens change a plan:
// those of the plan are taken to be there.
func samePlan(spec Spec, plan store.Plan) bool {
	spec.Watching = plan.Watch
	again := spec.Plan(plan.Self || len(plan.Owners) > 0)
	again.Self, again.Owners = plan.Self, plan.Owners
	return again.Hash() == plan.Hash()
}

// Command is the program's command of these words, as shells read it.
func Command(words ...string) string {
	var b strings.Builder
	b.WriteString("spacesetl")
	for _, word := range words {
		b.WriteString(" " + ShellWord(word))
	}
	return b.String()
}

// ShellWord is a text as one word of a shell's command.
func ShellWord(text string) string { return store.ShellWord(text) }
