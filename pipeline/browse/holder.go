package browse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/box"
)

// holder has the store's tables open while somebody looks at them. A run that
// is published meanwhile is seen by the requests that come after it; those
// under way keep what they have.
type holder struct {
	cfg Config

	mu      sync.Mutex
	current *held
}

// held is the tables as one run left them.
type held struct {
	mark    answer.Mark
	pages   *duckdb.Reader
	catalog *catalog
	boxes   []*box.Box // of the SQL box, which nobody uses now; opened when first asked for
	users   int        // requests that use it
	idle    *time.Timer
}

// acquire returns the tables as they are now, to be released.
func (h *holder) acquire(ctx context.Context) (*held, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, err := answer.Look(h.cfg.Store)
	if err != nil {
		return nil, err
	}
	if h.current == nil || !h.current.mark.Equal(now) {
		next, err := h.open(ctx, now)
		if err != nil {
			return nil, err
		}
		h.drop(h.current)
		h.current = next
	}
	if h.current.idle != nil {
		h.current.idle.Stop()
	}
	h.current.users++
	return h.current, nil
}

// release gives tables back. The last one starts the clock.
func (h *holder) release(t *held) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.users--; t.users > 0 {
		return
	}
	if t != h.current {
		t.close()
		return
	}
	t.idle = time.AfterFunc(h.cfg.Idle, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if t == h.current && t.users == 0 {
			h.drop(t)
			h.current = nil
		}
	})
}

// drop closes tables that nobody uses; otherwise the last user does.
func (h *holder) drop(t *held) {
	if t != nil && t.users == 0 {
		t.close()
	}
}

func (h *holder) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(h.current)
	h.current = nil
}

func (t *held) close() {
	if t.idle != nil {
		t.idle.Stop()
	}
	for _, b := range t.boxes {
		b.Close()
	}
	_ = t.pages.Close() // it was only read
}

// open opens the tables, again when a run is published meanwhile.
func (h *holder) open(ctx context.Context, now answer.Mark) (*held, error) {
	for {
		r, err := duckdb.OpenReader(ctx, now.Config(h.cfg.Store, duckdb.ReaderConfig{MemoryLimit: fmt.Sprint(h.cfg.Memory, "B"), Connections: h.cfg.Pages}))
		if err != nil {
			return nil, err
		}
		after, err := answer.Look(h.cfg.Store)
		if err == nil && after.Equal(now) {
			t := &held{mark: now, pages: r}
			if t.catalog, err = readCatalog(ctx, r); err == nil {
				return t, nil
			}
		}
		_ = r.Close()
		if err != nil {
			return nil, err
		}
		now = after
	}
}

// takeBox returns a box with the same tables, which is to be given back.
func (h *holder) takeBox(ctx context.Context, t *held) (*box.Box, error) {
	h.mu.Lock()
	if n := len(t.boxes); n > 0 {
		b := t.boxes[n-1]
		t.boxes = t.boxes[:n-1]
		h.mu.Unlock()
		return b, nil
	}
	h.mu.Unlock()
	b, err := box.Open(ctx, box.Config{Dir: h.cfg.Store, Memory: h.cfg.Memory})
	if err == nil && b.Version != t.mark.Version {
		b.Close()
		err = &problem{http.StatusServiceUnavailable, "a new run was published this moment: try again"}
	}
	return b, err
}

// giveBox keeps a box for the next one who asks.
func (h *holder) giveBox(t *held, b *box.Box) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !b.Dead {
		t.boxes = append(t.boxes, b)
	}
}

// locked reports whether a run that merges in place has the database.
func locked(err error) bool {
	var l *duckdb.LockedError
	return errors.As(err, &l)
}
