package health

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

const (
	// cappedRuns in a row without a page are no accident.
	cappedRuns = 3
	// silenceDays is how far back a job's usual silence is looked for.
	silenceDays = 30
	// silenceRuns are as few as say what is usual.
	silenceRuns = 10
)

// imported reports whether the run has answers that files had: it asked for nothing.
func (v *runView) imported() bool { return v.run.Job == store.ImportJob }

// asking are the runs that are no imports.
func (o *Overview) asking() []*runView {
	return slices.DeleteFunc(slices.Clone(o.views), (*runView).imported)
}

// capped finds that the last runs ended by a cap or budget, all before their first
// page.
func (o *Overview) capped() {
	all := o.asking()
	if len(all) < cappedRuns {
		return
	}
	last := all[len(all)-cappedRuns:]
	for _, v := range last {
		if v.err != nil || v.run.Outcome != schemas.Capped || v.run.Pages > 0 {
			return
		}
	}
	o.find(Problem, "capped", last[len(last)-1].id, "spacesetl cost --store "+o.Store+" says what was spent; raise the budget or the cap, or ask for less",
		"the last %d runs ended capped without a page: the budget or a cap lets nothing through", cappedRuns)
}

// nothing finds that runs have brought no Spaces for much longer than they usually
// do.
func (o *Overview) nothing() {
	var brought []time.Time
	for _, v := range o.asking() {
		if v.err == nil && v.run.Pages > 0 && v.spaces > 0 {
			brought = append(brought, v.run.StartedAt)
		}
	}
	if len(brought) < 2 {
		return // nobody knows how often
	}
	last := brought[len(brought)-1]
	since := last.AddDate(0, 0, -silenceDays)
	var longest time.Duration
	for i, at := range brought[1:] {
		if !brought[i].Before(since) {
			longest = max(longest, at.Sub(brought[i]))
		}
	}
	runs := 0
	for _, v := range o.asking() {
		if !v.run.StartedAt.Before(since) {
			runs++
		}
	}
	silence := o.At.Sub(last)
	if runs < silenceRuns || longest == 0 || silence <= max(usual*longest, time.Hour) {
		return
	}
	o.find(Problem, "silent", o.Runs[len(o.Runs)-1].RunID, "see what the last runs say: spacesetl report --store "+o.Store,
		"no run has brought a Space for %s; before, the longest such time in %d days was %s", silence.Round(time.Minute), silenceDays, longest.Round(time.Minute))
}

// gaps tells what the newest complete run asked for and did not get.
func (o *Overview) gaps() {
	for _, v := range slices.Backward(o.asking()) {
		if v.err != nil || !v.run.Outcome.Complete() {
			continue
		}
		var kinds []string
		for _, kind := range slices.Sorted(maps.Keys(v.missing)) {
			kinds = append(kinds, fmt.Sprintf("%s %d", kind, v.missing[kind]))
		}
		if v.cut > 0 {
			kinds = append(kinds, fmt.Sprintf("collections cut short %d", v.cut))
		}
		if len(kinds) > 0 {
			o.find(Note, "gaps", v.id, "see missing and cut in runs/"+v.id+"/manifest.json", "run %s is done with gaps: %s", v.id, strings.Join(kinds, ", "))
		}
		return
	}
}

// usual is how many times the usual interval between runs is too long.
const usual = 3

// stale finds that no run has come for long.
func (o *Overview) stale(cfg OverviewConfig) bool {
	runs := o.asking()
	if len(runs) == 0 || o.Runs[len(o.Runs)-1].Outcome == Running {
		return false
	}
	last := runs[len(runs)-1].run.StartedAt
	limit, why := cfg.Stale, "more than was asked for"
	if limit == 0 && len(runs) > 3 {
		var between []time.Duration
		for i, v := range runs[1:] {
			between = append(between, v.run.StartedAt.Sub(runs[i].run.StartedAt))
		}
		slices.Sort(between)
		interval := between[len(between)/2]
		limit, why = max(usual*interval, time.Hour), fmt.Sprintf("runs came every %s", interval.Round(time.Minute))
	}
	age := o.At.Sub(last)
	if limit <= 0 || age <= limit || last.IsZero() {
		return false
	}
	o.find(Problem, "stale", runs[len(runs)-1].id, "see why the job does not run",
		"the last run was started %s ago (%s)", age.Round(time.Minute), why)
	return true
}
