package answer

import (
	"context"
	"time"
)

// grace is how long a query may take to notice that it was interrupted.
const grace = time.Second

// Within does work until a context ends. DuckDB cannot be interrupted while it plans,
// where it computes constants: then the work is left to itself, and its end to the
// process.
func Within[T any](ctx context.Context, work func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := work(ctx)
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
	}
	select {
	case o := <-done:
		return o.value, o.err
	case <-time.After(grace):
		var none T
		return none, ctx.Err()
	}
}
