package browse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/load"
)

// problem is an error that is told to the person, with the status to answer.
type problem struct {
	Status int
	Text   string
}

func (p *problem) Error() string { return p.Text }

// slots bound what is done at a time.
type slots chan struct{}

// patience is how long a request waits for a slot.
const patience = 2 * time.Second

// take waits for a slot, for a while.
func (s slots) take(ctx context.Context, wait time.Duration) error {
	select {
	case s <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return &problem{http.StatusTooManyRequests, fmt.Sprintf("%d queries are under way already, which is all at a time: try again in a moment", cap(s))}
	}
}

func (s slots) give() { <-s }

// grace is how long a query may take to notice that it was interrupted.
const grace = time.Second

// answer is what the work for a request came to.
type answer[T any] struct {
	value T
	err   error
}

// query does work in the SQL box's own instance, within the limits. DuckDB
// cannot be interrupted while it plans, where it computes constants: then the
// work loses its request, but keeps its slot until it is over.
func query[T any](ctx context.Context, s *Server, work func(context.Context, *held, *reader) (T, error)) (T, error) {
	var none T
	if err := s.queries.take(ctx, 0); err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	done := make(chan answer[T], 1)
	s.running.Go(func() {
		defer s.queries.give()
		value, err := inSQLReader(ctx, s, work)
		done <- answer[T]{value, err}
	})
	select {
	case a := <-done:
		return a.value, s.told(ctx, a.err)
	case <-ctx.Done():
	}
	select {
	case a := <-done:
		return a.value, s.told(ctx, a.err)
	case <-time.After(grace):
		return none, s.told(ctx, ctx.Err())
	}
}

// inSQLReader does work in the SQL box's instance of the tables as they are now.
func inSQLReader[T any](ctx context.Context, s *Server, work func(context.Context, *held, *reader) (T, error)) (value T, err error) {
	t, err := s.holder.acquire(ctx)
	if err != nil {
		return value, err
	}
	defer s.holder.release(t)
	reader, err := s.holder.sqlReader(ctx, t)
	if err != nil {
		return value, err
	}
	return work(ctx, t, reader)
}

// told makes of an error what the person is told.
func (s *Server) told(ctx context.Context, err error) error {
	var known *problem
	var lock *load.LockedError
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.As(err, &lock):
		return &problem{http.StatusServiceUnavailable, "a run is merging into the database in place, and nobody can read it meanwhile: this page tries again by itself"}
	case errors.Is(err, fs.ErrNotExist):
		return &problem{http.StatusServiceUnavailable, "the store has no tables: run the job first"}
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &problem{http.StatusGatewayTimeout, fmt.Sprintf("stopped after %s: ask for less, for example with a WHERE", s.cfg.Timeout)}
	case ctx.Err() != nil:
		return &problem{http.StatusRequestTimeout, "stopped"}
	}
	text := strings.TrimPrefix(err.Error(), "could not prepare query\n")
	if strings.Contains(text, "Out of Memory") {
		return &problem{http.StatusInsufficientStorage, "this does not fit in " + s.cfg.Memory + " of memory, or not beside what others ask: ask for less, for example with a filter, or again in a moment"}
	}
	return &problem{http.StatusBadRequest, bounded(strings.ReplaceAll(text, s.scratch, ""), 4000)}
}

// bounded cuts a text for a message.
func bounded(text string, longest int) string {
	c := cell{Text: strings.ToValidUTF8(text, "\uFFFD")}.cut(longest)
	if c.Cut {
		return c.Text + "…"
	}
	return c.Text
}
