package jobs

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// OverError is a run that has ended, so that there is nothing to give up.
type OverError struct{ Run string }

func (e *OverError) Error() string { return "run " + e.Run + " is over: nothing to abandon" }

// abandon gives a run up: what it got is loaded, what it had left is not asked for.
func abandon(ctx context.Context, j *Job, id string) error {
	if _, err := runsOf(j.store, id); err != nil {
		return err
	}
	locked, err := j.store.Lock()
	if err != nil {
		return err
	}
	defer locked.Unlock()
	planned, err := j.store.Planned(id)
	if errors.Is(err, fs.ErrNotExist) {
		return &OverError{id} // killed before its plan was written: it cannot go on
	}
	if err != nil {
		return err
	}
	b := store.Begun{Planned: planned}
	switch m, err := j.store.Manifest(id); {
	case err == nil:
		if b.Manifest = &m; b.Over() {
			return &OverError{id}
		}
	case !store.Unwritten(err):
		return err
	}
	to := targets(j, locked.Dir, askedLast(j))
	to.elsewhere = nil // only the job knows where: its next run brings them up
	_, err = finish(ctx, j, locked, []store.Begun{b}, store.Abandoned, to)
	return err
}

// askedLast are the destinations of the store's newest manifest, or else the job's: a run
// that is given up makes no new one.
func askedLast(j *Job) []string {
	runs, _ := j.store.Runs() // were read before
	for _, id := range slices.Backward(runs) {
		if m, err := j.store.Manifest(id); err == nil {
			return m.To()
		}
	}
	return j.spec.To
}
