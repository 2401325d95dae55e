package schemas

import (
	"slices"
	"strconv"
	"strings"
)

// Outcome says how a run ended.
type Outcome string

// The outcomes of a run.
const (
	Done         Outcome = "done"           // all that was asked for came
	DoneWithGaps Outcome = "done_with_gaps" // all was asked for; what did not come is listed
	Capped       Outcome = "capped"         // usage cap, spend cap or credits used up
	Unauthorised Outcome = "unauthorised"   // a token was refused
	Waiting      Outcome = "waiting"        // deadline or rate window not waited for
	Interrupted  Outcome = "interrupted"    // by a signal, after a clean checkpoint
	Failed       Outcome = "failed"
)

// Ending is what there is to say of an outcome. What lists outcomes or exit codes is
// made of the two tables here.
type Ending struct {
	Outcome  Outcome
	Exit     int  // exit code
	Complete bool // the run has asked for all it was to ask for
	// Tone, Title and Advice are those of a report: good, warn or bad, and what
	// somebody should know and do. Without a title there is nothing to do.
	Tone, Title, Advice string
}

var endings = []Ending{
	{Outcome: Done, Complete: true, Tone: "good"},
	{Outcome: DoneWithGaps, Complete: true}, // 3 of a strict job
	{Outcome: Capped, Exit: 4, Tone: "warn", Title: "The run stopped at a limit of money or usage.",
		Advice: "Everything received is kept and in the tables. Raise the limit or wait for the next period, then run the same command again: it asks only for what is missing."},
	{Outcome: Unauthorised, Exit: 5, Tone: "bad", Title: "X refused the tokens.",
		Advice: "See which are good with spacesetl auth status, log in again, then run the same command again: it asks only for what is missing."},
	{Outcome: Waiting, Exit: 75, Tone: "warn", Title: "The run stopped instead of waiting any longer.",
		Advice: "Everything received is kept and in the tables. Run the same command again once the rate window has opened: it asks only for what is missing."},
	{Outcome: Interrupted, Exit: 130, Tone: "warn", Title: "The run was interrupted.",
		Advice: "Everything received is kept. Run the same command again: it asks only for what is missing."},
	{Outcome: Failed, Exit: 1, Tone: "bad", Title: "The run failed.",
		Advice: "Everything received is kept. See to the reason, then run the same command again: it asks only for what is missing."},
}

// Endings are all that a run can come to.
func Endings() []Ending { return endings }

// Ending returns what there is to say of o. Of an outcome that this version does not
// know that is its name.
func (o Outcome) Ending() Ending {
	for _, e := range endings {
		if e.Outcome == o {
			return e
		}
	}
	return Ending{Outcome: o, Exit: 1}
}

// Complete reports whether a run has asked for all it was to ask for.
func (o Outcome) Complete() bool { return o.Ending().Complete }

// stops are the outcomes of runs that have not asked for all, as the dictionary lists them.
func stops() string {
	var names []string
	for _, e := range endings {
		if !e.Complete {
			names = append(names, string(e.Outcome))
		}
	}
	return strings.Join(names, ", ")
}

// Exit is an exit code of the program: of an outcome, or of what is none.
type Exit struct {
	Codes []int
	Means string
	// Resumes is where a run stopped that the next goes on from by itself, so that it
	// is no failure; empty of all other codes.
	Resumes   string
	Do        string // what an operator does, with the commands for it; empty is nothing
	Scheduler string // what a scheduler does
}

var exits = []Exit{
	{Codes: []int{0}, Means: "Done; what did not come, if anything, is named.", Scheduler: "nothing"},
	{Codes: []int{1}, Means: "Failed; with status --check and doctor, something is wrong.",
		Do:        "see the message and the table below; `spacesetl doctor FILE`, then the same command again",
		Scheduler: "tell somebody; running again goes on"},
	{Codes: []int{2}, Means: "Usage or configuration.", Do: "mend the job file, the command line or `base_url`: `spacesetl validate FILE`", Scheduler: "tell somebody; running again does not help"},
	{Codes: []int{3}, Means: "Done with gaps, of a strict job or an import: what did not come, or could not be read, is named.",
		Do:        "read the run's summary or `spacesetl report FILE`: mend names that are wrong; what is refused stays refused",
		Scheduler: "tell somebody: running again does not help"},
	{Codes: []int{4}, Means: "Stopped by a budget, a usage cap, a spend cap or used-up credits; run again to go on.",
		Do:        "`spacesetl cost FILE`, and raise the bound or wait; without a page: `spacesetl plan FILE` names a bound that is enough",
		Scheduler: "tell somebody, who raises the bound or waits: the next run goes on"},
	{Codes: []int{5}, Means: "Not authorised.", Do: "`spacesetl auth status`, then `spacesetl auth login` or `spacesetl auth app`", Scheduler: "tell somebody: log in again"},
	{Codes: []int{70}, Means: "An internal error: a bug of spacesetl. What has landed is safe.",
		Do: "run with `SPACESETL_DEBUG=1`, and report what it prints; the next run goes on", Scheduler: "tell somebody: the next run goes on"},
	{Codes: []int{75}, Means: "Stopped at a deadline, a rate window or an outage, or the store or its database is in use; run again to go on.",
		Resumes:   "the deadline, a rate window or an outage",
		Do:        "nothing: the next run goes on; each time: `spacesetl plan FILE` says how long it takes, `spacesetl doctor FILE` asks the API",
		Scheduler: "nothing: the next run goes on"},
	{Codes: []int{130, 143}, Means: "Interrupted by SIGINT or SIGTERM after a clean checkpoint; run again to go on.", Scheduler: "nothing, or run again"},
}

// Exits are all exit codes, the lowest first.
func Exits() []Exit { return exits }

// ExitOf returns what code is.
func ExitOf(code int) Exit {
	for _, e := range exits {
		if slices.Contains(e.Codes, code) {
			return e
		}
	}
	return Exit{Codes: []int{code}}
}

// Code is the exit code, or both, as text.
func (e Exit) Code() string {
	var all []string
	for _, c := range e.Codes {
		all = append(all, strconv.Itoa(c))
	}
	return strings.Join(all, ", ")
}
