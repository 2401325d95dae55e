package health

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// examine finds what is not as it should be.
func (o *Overview) examine(d store.Dir, files *publishedFiles, cfg OverviewConfig) {
	if o.Lock.Held && !o.Lock.Sure {
		o.find(Note, "lock", "", "", "%s seems to be at work; this system cannot tell for sure", o.Lock)
	}
	o.unfinished()
	o.damage(d)
	for _, e := range cfg.Elsewhere {
		if err := e.View.Err; err != nil {
			o.find(Problem, e.Name, "", "make it answer; the next run brings it up", "%v", err)
		}
	}
	o.behind(d, cfg.Database, cfg.Elsewhere)
	o.orphans(d, files)
	if names := strays(d); len(names) > 0 {
		o.find(Note, "strays", "", "", "not of this program, and left alone: %d files or folders in the store, such as %s", len(names), names[0])
	}
	if !o.stale(cfg) {
		o.nothing()
	}
	o.capped()
	o.gaps()
	o.answers()
}

// find notes what was found, once.
func (o *Overview) find(level, kind, run, do, format string, args ...any) {
	f := Finding{Level: level, Kind: kind, Run: run, Text: fmt.Sprintf(format, args...), Do: do}
	if !slices.Contains(o.Findings, f) {
		o.Findings = append(o.Findings, f)
	}
}

// unfinished finds that the newest run did not come to its end: it can go on. Older
// ones do not, and what they brought is counted all the same. Imports can.
func (o *Overview) unfinished() {
	newest := true
	for i, v := range slices.Backward(o.views) {
		if v.imported() || newest {
			o.unended(v, o.Runs[i])
		}
		newest = newest && v.imported()
	}
}

func (o *Overview) unended(v *runView, r RunSummary) {
	switch {
	case r.Outcome == Running, v.closed, schemas.Outcome(r.Outcome).Complete():
	case v.run.PlanHash == "", v.err != nil && !missingManifest(v.err):
		// killed before its plan was written, so that nothing was fetched; or damage
	case r.Outcome == Unfinished:
		o.find(Problem, "unfinished", v.id, "run the same job again", "run %s of %s was not finished: its %d pages are not in the tables", v.id, v.run.StartedAt.Format(time.DateTime), r.Pages)
	case v.run.Outcome == schemas.Capped && v.run.Pages == 0:
		o.find(Note, "unfinished", v.id, "run the same job again", "run %s was stopped (%s) before its first page", v.id, r.Outcome)
	default:
		o.find(Problem, "unfinished", v.id, "run the same job again", "run %s was stopped (%s)", v.id, r.Outcome)
	}
}

// damage finds files that are not as they were written, or as the manifests list
// them.
func (o *Overview) damage(d store.Dir) {
	const restore = "restore what is damaged from a backup"
	look := restore + "; spacesetl verify --store " + string(d) + " looks at every page"
	gone := o.gone(look)
	for _, v := range o.views {
		again := fmt.Sprintf("spacesetl replay --store %s --run %s", d, v.id)
		var lost *store.CorruptError
		switch {
		case v.err != nil && !missingManifest(v.err) && errors.As(v.err, &lost) && lost.Path != d.RunFile(v.id, "manifest.json"):
			o.find(Problem, "damaged", v.id, restore, "%s is damaged: %v", lost.Path, lost.Err) // in a bundle
		case v.err != nil && !missingManifest(v.err):
			o.find(Problem, "damaged", v.id, again, "%v", v.err)
		case !v.planless && v.err != nil && missingManifest(v.err) && errors.As(v.planErr, &lost):
			o.find(Problem, "damaged", v.id, restore, "%s is damaged: %v", lost.Path, lost.Err)
		}
		if v.planless {
			o.find(Problem, "damaged", v.id, restore, "%s is damaged: nobody knows what run %s was to ask for", d.RunFile(v.id, "plan.json"), v.id)
		}
		n := 0
		for _, damage := range v.damaged {
			n += damage.Pages
		}
		switch {
		case gone && v.lost > 0:
		case n > 0:
			o.find(Problem, "damaged", v.id, restore+", or leave it out of the tables: "+again+" --skip-damaged",
				"pages of run %s that cannot be read: %d, the first in %s", v.id, n, v.damaged[0])
		case v.short != "":
			o.find(Problem, "damaged", v.id, look, "%s", v.short)
		}
		if n := len(v.wrong); n > 0 && v.asked(store.ParquetFiles) {
			o.find(Problem, "files", v.id, again, "%s of run %s and %d more files are missing or not of the size listed", filepath.Join(d.Parquet(), v.wrong[0]), v.id, n-1)
		}
	}
}

// gone finds runs of whose pages none is there, as of those that share a file, and reports
// whether they are several: one is found as the others that are damaged.
func (o *Overview) gone(do string) bool {
	var first, last *runView
	runs, pages := 0, 0
	for _, v := range o.views {
		if v.lost > 0 {
			if first == nil {
				first = v
			}
			last, runs, pages = v, runs+1, pages+v.lost
		}
	}
	if runs > 1 {
		o.find(Problem, "damaged", first.id, do, "%s; and so are those of %d more runs, to %s, with %d pages", first.short, runs-1, last.id, pages-first.lost)
	}
	return runs > 1
}

// behind finds runs that are not in every destination that has runs.
func (o *Overview) behind(d store.Dir, db DatabaseView, elsewhere []Elsewhere) {
	if db.Err != nil && o.Lock.Held {
		o.find(Note, "database", "", "", "the run that is under way has the database open: its rows are not counted here")
	} else if db.Err != nil {
		o.find(Problem, "database", "", "close what has it open, or see spacesetl doctor", "%v", db.Err)
	}
	ids := make([]string, len(o.views))
	for i, v := range o.views {
		ids[i] = v.id
	}
	if text := db.Unlisted(ids); text != "" {
		o.find(Problem, "damaged", "", "restore the files of these runs from a backup", "%s", text)
	}
	if o.Lock.Held {
		return
	}
	if db.Latest != "" {
		o.find(Problem, "behind", "", fmt.Sprintf("spacesetl replay --store %s --to %s", d, store.LatestFiles), "%s", db.Latest)
	}
	pruned, _ := landing.ReadPruned(d) // what is wrong with it is found
	for _, name := range o.destinations(elsewhere) {
		wanted, view, title, lacks := false, db, name, []string{}
		if !store.InFolder(name) {
			view = DatabaseView{}
			for _, e := range elsewhere {
				if e.Name == name {
					wanted, view, title = e.View.Runs != nil, e.View, e.Title
				}
			}
		}
		unasked := !store.InFolder(name) && view.Runs == nil
		for _, v := range o.views {
			if v.err != nil || len(v.to) == 0 {
				continue // without tables: it has stopped before its first page, if it ended at all
			}
			wanted = wanted || v.asked(name)
			if unasked {
				continue
			}
			if !v.in(name, view) && !(name == store.ParquetFiles && v.asked(name)) { // those are damage
				lacks = append(lacks, v.id)
			}
		}
		if lost := pruned.Lost(d, lacks); wanted && lost != nil {
			level, do := Note, ""
			if len(view.Runs) == 0 {
				level, do = Problem, fmt.Sprintf("bring them back first, or do without them: spacesetl replay --store %s --to %s", d, name)
			}
			o.find(level, "pruned", lost.First, do, "%s lacks runs that it cannot be brought up to: %v", name, lost)
			lacks = slices.DeleteFunc(lacks, func(id string) bool { return do != "" || pruned.Lost(d, []string{id}) != nil })
		}
		if wanted && len(lacks) > 0 {
			o.find(Problem, "behind", lacks[0], fmt.Sprintf("spacesetl replay --store %s --to %s", d, name),
				"%s lacks %d runs that other tables have, the first %s", name, len(lacks), lacks[0])
		}
		if unasked && wanted && view.Err == nil {
			o.find(Note, name, "", "", "%s, which runs were loaded into, is asked only where the job says so: name its file with -f", title)
		}
	}
}

// destinations are those that runs were asked to load, or that have runs.
func (o *Overview) destinations(elsewhere []Elsewhere) (names []string) {
	for _, v := range o.views {
		for _, name := range v.to {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, e := range elsewhere {
		if e.View.Runs != nil {
			names = append(names, e.Name)
		}
	}
	return store.InOrder(names)
}

// orphans finds files that nothing lists. While a run is at work they are its.
func (o *Overview) orphans(d store.Dir, files *publishedFiles) {
	if o.Lock.Held {
		return
	}
	dead, unlisted := []string{}, []string{}
	for _, name := range files.unclaimed() {
		name = filepath.Join(d.Parquet(), name)
		if d.Dying(store.RunOf(name)) {
			dead = append(dead, name)
		} else {
			unlisted = append(unlisted, name)
		}
	}
	for _, pattern := range d.Leftovers() {
		left, _ := filepath.Glob(pattern) // the patterns are ours
		dead = append(dead, left...)
	}
	for _, v := range o.views {
		dead = append(dead, v.left...)
	}
	slices.Sort(dead)
	slices.Sort(unlisted)
	if len(dead) > 0 {
		o.find(Problem, "orphans", "", "the next run removes what a run left that died; do not read Parquet files that no manifest lists",
			"%d files that no manifest lists, such as %s", len(dead), dead[0])
	}
	if len(unlisted) > 0 {
		run := store.RunOf(unlisted[0])
		do := "nobody removes them: move them away, and do not read Parquet files that no manifest lists"
		switch _, err := d.Planned(run); {
		case err == nil:
			do = fmt.Sprintf("spacesetl replay --store %s --run %s", d, run)
		case errors.Is(err, fs.ErrPermission):
			do = fmt.Sprintf("let this user read %s: what lies in it may list them", filepath.Dir(d.RunFile(run, "plan.json")))
		}
		o.find(Problem, "orphans", "", do, "%d files that no manifest lists and that no run is known to have left when it died, such as %s", len(unlisted), unlisted[0])
	}
}

const (
	// fewErrors are too few to call a growth.
	fewErrors = 10
	// earlierRuns are compared with the newest.
	earlierRuns = 5
)

// answers tells what the newest finished run says of the API's answers.
func (o *Overview) answers() {
	var done []*runView
	for _, v := range o.views {
		if v.err == nil && v.run.Outcome.Complete() && v.run.Pages > 0 {
			done = append(done, v)
		}
	}
	if len(done) == 0 {
		return
	}
	newest := done[len(done)-1]
	share := func(v *runView) float64 { return float64(v.errors) / float64(v.run.Pages) }
	most := 0.0
	earlier := done[max(0, len(done)-1-earlierRuns) : len(done)-1]
	for _, v := range earlier {
		most = max(most, share(v))
	}
	if len(earlier) > 0 && newest.errors >= fewErrors && share(newest) > 2*most {
		o.find(Problem, "errors", newest.id, "FROM api_errors WHERE _run_id = '"+newest.id+"'",
			"%d things the API did not give in %d pages, over twice the most of the %d runs before", newest.errors, newest.run.Pages, len(earlier))
	}
	if newest.truncated > 0 {
		o.find(Note, "truncated", newest.id, "narrow them, or run more often",
			"searches that returned the most there is, so that Spaces may be missing: %d", newest.truncated)
	}
	if newest.drift > 0 {
		o.find(Note, "drift", newest.id, "see drift in runs/"+newest.id+"/manifest.json; a newer spacesetl may know them",
			"API fields no column knows, kept in extras: %d values", newest.drift)
	}
}

// missingManifest reports whether a run simply has not come to its end.
func missingManifest(err error) bool { return errors.Is(err, fs.ErrNotExist) }
