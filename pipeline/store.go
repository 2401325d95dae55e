package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Store is the folder of one job.
type Store string

// Raw is the folder of landed pages, one folder per run.
func (s Store) Raw() string { return filepath.Join(string(s), "raw") }

// Parquet is the folder of published Parquet files.
func (s Store) Parquet() string { return filepath.Join(string(s), "parquet") }

// DuckDB is the database file.
func (s Store) DuckDB() string { return filepath.Join(string(s), "spaces.duckdb") }

// RunFile is a file of a run's own folder, such as plan.json.
func (s Store) RunFile(runID, name string) string {
	return filepath.Join(string(s), "runs", runID, name)
}

// Planned is what plan.json of a run holds, written before its first request.
type Planned struct {
	Run  schemas.Run `json:"run"`
	Plan Plan        `json:"plan"`
	// Seeds are the plan's first requests as the store's state made them when
	// the run was started; they stay the same when it is resumed.
	Seeds []schemas.Request `json:"seeds"`
}

// WrongJobError is a store that another job writes.
type WrongJobError struct{ Store, Owner, Job string }

func (e *WrongJobError) Error() string {
	return fmt.Sprintf("store %s belongs to job %q, not %q: choose another --store, or name the job %q", e.Store, e.Owner, e.Job, e.Owner)
}

// Runs lists the ids of the store's runs, oldest first.
func (s Store) Runs() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(string(s), "runs"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store %s: %w: name a folder that this user may read and write", s, durable.Cause(err))
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(e.Name(), "_") {
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Planned reads plan.json of a run.
func (s Store) Planned(runID string) (Planned, error) {
	var p Planned
	err := readJSON(s.RunFile(runID, "plan.json"), &p)
	return p, err
}

// Manifest reads manifest.json of a run; fs.ErrNotExist when the run has not
// come to its end.
func (s Store) Manifest(runID string) (Manifest, error) {
	var m Manifest
	err := readJSON(s.RunFile(runID, "manifest.json"), &m)
	return m, err
}

// Resumable returns the newest run of this plan that can go on: one that has
// not come to its end, or with finished also one that has. It fails when the
// store belongs to another job.
func (s Store) Resumable(plan Plan, finished bool) (run Planned, ok bool, err error) {
	ids, err := s.Runs()
	if err != nil {
		return Planned{}, false, err
	}
	for _, id := range slices.Backward(ids) {
		planned, err := s.Planned(id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // killed before its plan was written: nothing was fetched
		}
		if err != nil {
			return Planned{}, false, err
		}
		if planned.Plan.Job != plan.Job {
			return Planned{}, false, &WrongJobError{string(s), planned.Plan.Job, plan.Job}
		}
		if planned.Plan.Hash() != plan.Hash() {
			continue
		}
		m, err := s.Manifest(id)
		if err != nil && !unwritten(err) {
			return Planned{}, false, err
		}
		if err != nil || m.Run.Outcome != schemas.Done || finished {
			return planned, true, nil
		}
		return Planned{}, false, nil // the newest run of this plan is done
	}
	return Planned{}, false, nil
}

// Start makes a new run of a plan and writes its plan.json. The state, if not
// nil, says which Spaces to ask for again and which not.
func (s Store) Start(plan Plan, state *State, version string, now time.Time) (Planned, error) {
	now = now.UTC().Truncate(time.Microsecond)
	id := now.Format("20060102T150405Z") + "-" + plan.Hash()[:6]
	for n := 2; ; n++ {
		err := os.MkdirAll(filepath.Dir(filepath.Dir(s.RunFile(id, "plan.json"))), 0o755)
		if err == nil {
			err = os.Mkdir(filepath.Dir(s.RunFile(id, "plan.json")), 0o755)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return Planned{}, fmt.Errorf("store %s: %w", s, err)
		}
		id = fmt.Sprintf("%s-%s-%d", now.Format("20060102T150405Z"), plan.Hash()[:6], n)
	}
	p := Planned{Plan: plan, Seeds: plan.Seeds, Run: schemas.Run{
		RunID: id, Job: plan.Job, PlanHash: plan.Hash(), Dialect: plan.Dialect, StartedAt: now, Version: version,
	}}
	if state != nil {
		p.Seeds = state.Seeds(plan)
	}
	return p, writeJSON(s.RunFile(id, "plan.json"), p, nil)
}

func readJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &CorruptError{path, err}
	}
	return nil
}

// CorruptError is a file of the store that is not what was written.
type CorruptError struct {
	Path string
	Err  error
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is damaged (%v): delete it and run again", e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// unwritten reports whether a manifest does not count: it was never written,
// or it is damaged and the run has to write it again.
func unwritten(err error) bool {
	var corrupt *CorruptError
	return errors.Is(err, fs.ErrNotExist) || errors.As(err, &corrupt)
}

// marshal is the text of a JSON file of the store.
func marshal(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return append(text, '\n'), err
}

// writeJSON writes a file that appears whole.
func writeJSON(path string, v any, step durable.Step) error {
	text, err := marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := durable.WriteFile(path, text, durable.Options{Step: step, Name: "json"}); err != nil {
		return fmt.Errorf("writing %w", err)
	}
	return nil
}
