package browse

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/answer"
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

// acquire waits for a slot, for a while.
func (s slots) acquire(ctx context.Context, wait time.Duration) error {
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

func (s slots) release() { <-s }

// withinLimits does work in the SQL box's own instance, within the limits. DuckDB
// cannot be interrupted while it plans, where it computes constants: then the
// work loses its request, but keeps its slot until it is over.
func withinLimits[T any](ctx context.Context, s *Server, work func(context.Context, *held, *reader) (T, error)) (T, error) {
	var none T
	if err := s.querySlots.acquire(ctx, 0); err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	s.running.Add(1)
	value, err := answer.Within(ctx, func(ctx context.Context) (T, error) {
		defer s.running.Done()
		defer s.querySlots.release()
		return inSQLReader(ctx, s, work)
	})
	return value, s.told(ctx, err)
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

// bounded cuts a text for a message.
func bounded(text string, longest int) string {
	c := cell{Text: strings.ToValidUTF8(text, "\uFFFD")}.Limit(longest)
	if c.Cut {
		return c.Text + "…"
	}
	return c.Text
}
