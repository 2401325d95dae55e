package browse

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
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
		return &problem{http.StatusServiceUnavailable, fmt.Sprintf("%d queries are under way already, which is all at a time: try again in a moment", cap(s))}
	}
}

func (s slots) release() { <-s }

// bounded cuts a text for a message.
func bounded(text string, longest int) string {
	c := cell{Text: strings.ToValidUTF8(text, "\uFFFD")}.Limit(longest)
	if c.Cut {
		return c.Text + "…"
	}
	return c.Text
}
