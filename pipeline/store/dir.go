// Package store is the folder of one job: the names of what lies in it, its
// plans and manifests, and the lock that whoever writes it must hold.
//
// What reads needs a Dir; what writes is a method of Locked, or takes one.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Dir is the path of a store's folder, which need not exist yet.
type Dir string

// Raw is the folder of landed pages, one folder per run.
func (d Dir) Raw() string { return filepath.Join(string(d), "raw") }

// Parquet is the folder of published Parquet files.
func (d Dir) Parquet() string { return filepath.Join(string(d), "parquet") }

// DuckDB is the database file.
func (d Dir) DuckDB() string { return filepath.Join(string(d), "spaces.duckdb") }

// Latest is the folder of the database's rows as one Parquet file a table.
func (d Dir) Latest() string { return filepath.Join(string(d), "latest") }

// File is a file of the store itself, such as state.json.
func (d Dir) File(name string) string { return filepath.Join(string(d), name) }

// Is reports whether two names are of one folder.
func (d Dir) Is(other Dir) bool {
	a, err := os.Stat(string(d))
	b, otherErr := os.Stat(string(other))
	return d == other || err == nil && otherErr == nil && os.SameFile(a, b)
}

// What there is of a run beside its pages, and the notes of its requests.
const (
	planFile     = "plan.json"
	manifestFile = "manifest.json"
	SentFile     = "sent.ndjson" // of requests, each before it is sent
)

// RunFile is a file of a run's own folder, such as plan.json, where it is written. Who
// reads one of a run that is over asks ReadRunFile.
func (d Dir) RunFile(runID, name string) string {
	return filepath.Join(string(d), "runs", runID, name)
}

// Runs lists the ids of the store's runs, oldest first. Who looks at a store begins with
// it: the error is a *FormatError where a newer version has written it.
func (d Dir) Runs() ([]string, error) {
	if err := known(d); err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		entries, err := os.ReadDir(filepath.Join(string(d), "runs"))
		var joined []string
		if err == nil { // those with folders first: one that goes is in a bundle by then
			joined, err = joinedRuns(d)
			if errors.Is(err, fs.ErrNotExist) && try < 10 {
				continue
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("store %s: %w: name a folder that this user may read and write", d, durable.Cause(err))
		}
		ids := joined
		for _, e := range entries {
			if e.IsDir() && IsRun(d, e.Name()) {
				ids = append(ids, e.Name())
			}
		}
		slices.Sort(ids)
		return slices.Compact(ids), nil
	}
}

// Planned reads plan.json of a run. The error is an fs.ErrNotExist when the run
// was killed before it was written, so that nothing was fetched, or is a copy, and
// a *CorruptError when it is damaged or lost.
func (d Dir) Planned(runID string) (Planned, error) {
	var p Planned
	if err := CheckRunID(runID); err != nil {
		return p, err
	}
	path, err := readRunJSON(d, runID, planFile, &p)
	switch {
	case err == nil && p.Run.RunID != runID:
		err = &CorruptError{path, errors.New("it is the plan of " + named(p.Run.RunID))}
	case errors.Is(err, fs.ErrNotExist) && d.lost(runID):
		err = &CorruptError{path, errors.New("it is missing" + RunBundles.Nor(runID) + ", and the run has pages or a manifest")}
	}
	return p, err
}

// lost reports whether a run without plan.json had one: it is written first.
func (d Dir) lost(runID string) bool {
	if m, err := d.Manifest(runID); !errors.Is(err, fs.ErrNotExist) {
		return err != nil || !d.IsCopy(m)
	}
	pages, err := d.Pages(runID)
	return err == nil && len(pages.Files) > 0 // whoever cannot read them is told when he opens them
}

// Pages lists the files of a run's pages. The error is an fs.ErrNotExist where it has
// none, nor a folder for them, and a *CorruptError where nobody knows.
func (d Dir) Pages(runID string) (*Folder, error) { return NewBundles(d).Pages(runID) }

// IsCopy reports whether a run was loaded from the pages of another store, where
// its plan is, too. Manifests of before it was noted have neither here.
func (d Dir) IsCopy(m Manifest) bool {
	if m.Copy || m.Content != "" {
		return m.Copy
	}
	_, plan := NewBundles(d).RunFile(m.Run.RunID, planFile)
	_, pages := d.Pages(m.Run.RunID)
	return errors.Is(plan, fs.ErrNotExist) && errors.Is(pages, fs.ErrNotExist)
}

// Manifest reads manifest.json of a run. The error is an fs.ErrNotExist when the
// run has not come to its end, and a *CorruptError when it is damaged; see
// Unwritten. Its checksum is not looked at: see Manifest.Text.
func (d Dir) Manifest(runID string) (Manifest, error) {
	var m Manifest
	if err := CheckRunID(runID); err != nil {
		return m, err
	}
	path, err := readRunJSON(d, runID, manifestFile, &m)
	switch {
	case err != nil:
	case m.Run.RunID != runID:
		err = &CorruptError{path, errors.New("it is the manifest of " + named(m.Run.RunID))}
	default:
		if wrong := m.check(); wrong != nil {
			err = &CorruptError{path, wrong}
		}
	}
	return m, err
}

// CheckPlan compares a run's plan with its manifest, which names the checksum. The
// plan of a copy is in another store.
func (d Dir) CheckPlan(m Manifest) error {
	if d.IsCopy(m) {
		return nil
	}
	plan, path, err := ReadRunFile(d, m.Run.RunID, planFile)
	if sum := sha256.Sum256(plan); err == nil && hex.EncodeToString(sum[:]) != m.PlanSHA256 {
		err = fmt.Errorf("%s: is not the plan that the manifest names", path)
	}
	return err
}

// Begun is a run that has been begun: its plan, and its manifest if it has one.
type Begun struct {
	Planned
	Manifest *Manifest // nil before it has come to an end, or where it is damaged
}

// PlanHash names the plan that the run was begun with.
func (b Begun) PlanHash() string { return b.Plan.Hash() }

// Over reports whether nobody has to ask for what the run has left: it has ended, and
// if that was before its first page, earlier runs had left it nothing.
func (b Begun) Over() bool {
	m := b.Manifest
	return m != nil && m.Ended() && (m.Run.Outcome.Complete() || m.ClosedBy != "" || len(b.Left) == 0)
}

// Unended returns the runs that are not over, newest first, as far as they are
// newer than every run that is; not those of imports. With finished it begins with the newest run of the
// plan, ended or not. Runs whose plan cannot be read are passed by. The error is a
// *WrongJobError when the store belongs to another job.
func (d Dir) Unended(plan Plan, finished bool) ([]Begun, error) {
	ids, err := d.Runs()
	if err != nil {
		return nil, err
	}
	var begun []Begun
	for _, id := range slices.Backward(ids) {
		planned, err := d.Planned(id)
		if err != nil {
			continue // killed before its plan was written, so that nothing was fetched, or damaged: status says so
		}
		if planned.Plan.Import != "" {
			continue // whoever imports the same again goes on with it
		}
		if planned.Plan.Job != plan.Job {
			return nil, &WrongJobError{string(d), planned.Plan.Job, plan.Job}
		}
		m, err := d.Manifest(id)
		if err != nil && !Unwritten(err) {
			return nil, err
		}
		b := Begun{Planned: planned}
		if err == nil {
			b.Manifest = &m
		}
		if b.Over() {
			if finished && len(begun) == 0 && planned.Plan.Hash() == plan.Hash() {
				begun = append(begun, b)
			}
			break
		}
		begun = append(begun, b)
	}
	return begun, nil
}

// RefusedBefore is what the newest run learned that the API refuses: the next need not
// learn it again. Another version of the program may ask for other things, and the next
// month the API may take what it refused.
func (d Dir) RefusedBefore(version string, dialect schemas.Dialect, now time.Time) []Refusal {
	runs, err := d.Runs()
	if err != nil {
		return nil // whoever needs the runs says so
	}
	month := func(t time.Time) string { return t.UTC().Format("2006-01") }
	for _, id := range slices.Backward(runs) {
		m, err := d.Manifest(id)
		if err != nil {
			continue
		}
		if m.Plan.Import != "" {
			continue
		}
		if m.Versions["spacesetl"] != version || m.Run.Dialect != dialect || month(m.Run.StartedAt) != month(now) {
			return nil
		}
		// Manifests of before do not say at which endpoints an expansion is refused.
		return slices.DeleteFunc(m.Dropped, func(r Refusal) bool { return r.Data == "" && schemas.FieldsObject(r.Param) == "" })
	}
	return nil
}

// WrongJobError is a store that another job writes.
type WrongJobError struct{ Store, Owner, Job string }

func (e *WrongJobError) Error() string {
	owner, do := fmt.Sprintf("job %q", e.Owner), fmt.Sprintf(", or name the job %q", e.Owner)
	if e.Owner == "" {
		owner, do = "a job that its plan does not name", ""
	}
	return fmt.Sprintf("store %s belongs to %s, not %q: choose another --store%s", e.Store, owner, e.Job, do)
}
