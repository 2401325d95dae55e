package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// verdict is what an error puts an end to. One that does not know ends the run.
func verdict(ctx context.Context, err error) (schemas.Outcome, schemas.Scope) {
	var e schemas.Stopper
	switch {
	case errors.As(err, &e):
		return e.Stop()
	case errors.Is(err, errLeft):
		return schemas.Waiting, schemas.LaterScope
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return schemas.Waiting, schemas.RunScope
	case ctx.Err() != nil:
		return schemas.Interrupted, schemas.RunScope
	}
	return schemas.Failed, schemas.RunScope
}

// StoppedError is a run that ended early. What was landed stays; running again
// goes on from there.
type StoppedError struct {
	Outcome schemas.Outcome
	Err     error
}

func (e *StoppedError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *StoppedError) Unwrap() error { return e.Err }

// DestinationError is a destination that could not take a run in. The others have
// it, the manifest says so, and what is behind is brought up by the next run.
type DestinationError struct{ Err error }

func (e *DestinationError) Error() string {
	return fmt.Sprintf("%v: everything received is kept, the other tables have the run, and the next run brings this one up to them", e.Err)
}

// Unwrap returns the cause.
func (e *DestinationError) Unwrap() error { return e.Err }

// LandingError is a page that could not be put on disk, for one because that
// is full. It ends the run.
type LandingError struct{ Err error }

func (e *LandingError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *LandingError) Unwrap() error { return e.Err }

// failure is a request that could not be answered, and what that puts an end to.
type failure struct {
	store.Failure
	stopped *StoppedError
}

func (w *walk) stop(err *StoppedError) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end(err)
}

// end is stop, under the lock.
func (w *walk) end(err *StoppedError) {
	if w.halt != nil {
		return
	}
	w.halt = err
	if w.halting != nil {
		w.halting()
	}
}

// stopped returns why nothing more can be fetched, or nil.
func (w *walk) stopped() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.halt == nil {
		return nil
	}
	return w.halt
}

// close rules out an endpoint and reports whether it was open.
func (w *walk) close(e schemas.Endpoint, err *StoppedError) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shut[e] != nil {
		return false
	}
	w.shut[e] = err
	return true
}

func (w *walk) closed(e schemas.Endpoint) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shut[e] != nil
}

// works reports whether an endpoint has given what it was asked for.
func (w *walk) works(e schemas.Endpoint) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.given[e]
}

func (w *walk) skip(reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.skipped[reason]++
}

func (w *walk) skips() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.skipped)
}

// fail notes a request that could not be answered: what it asked for is missing.
func (w *walk) fail(r schemas.Request, err *StoppedError) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, failure{store.Failure{Request: r, Error: err.Error()}, err})
	kind := schemas.GapTemporary
	if err.Outcome == schemas.Unauthorised {
		kind = schemas.GapRefused
	}
	for _, m := range members(r) {
		w.miss(r.Endpoint, m, kind, err.Error())
	}
}

// failed lists the requests that could not be answered.
func (w *walk) failed() []store.Failure {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := []store.Failure{}
	for _, f := range w.failures {
		all = append(all, f.Failure)
	}
	return all
}

// ended returns why the walk is not complete: what stopped it, an endpoint
// ruled out, or a token refused; nil when all was asked for. What only waits comes
// after what somebody has to mend.
func (w *walk) ended() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.halt != nil {
		return w.halt
	}
	var waits *StoppedError
	for _, e := range slices.Sorted(maps.Keys(w.shut)) {
		if w.shut[e].Outcome != schemas.Waiting {
			return w.shut[e]
		}
		waits = cmp.Or(waits, w.shut[e])
	}
	for _, f := range w.failures {
		if f.stopped.Outcome == schemas.Unauthorised {
			return f.stopped
		}
	}
	if waits != nil {
		return waits
	}
	return w.nothing()
}

// nothing is the end of a walk to which nothing came, not even the answer that
// there is nothing. Where all failed in passing the next run goes on.
func (w *walk) nothing() error {
	if len(w.gaps.came()) > 0 {
		return nil
	}
	var lacks *store.Missing
	outcome := schemas.Waiting
	for _, m := range w.gaps.missing {
		lasting := m.Kind != schemas.GapTemporary
		if m.Kind != schemas.GapNotFound && (lacks == nil || lasting) {
			lacks = &m
			if lasting {
				outcome = schemas.Failed
			}
		}
	}
	if lacks == nil {
		return nil
	}
	return &StoppedError{outcome, fmt.Errorf("nothing came of what was asked for: %s %s: %s", lacks.Endpoint, lacks.Member, cmp.Or(lacks.Reason, string(lacks.Kind)))}
}
