package browse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/answer"
)

// holder has the store's tables open while somebody looks at them. A run that
// is published meanwhile is seen by the requests that come after it; those
// under way keep what they have.
type holder struct {
	cfg     Config
	scratch string

	mu      sync.Mutex
	current *held
	opened  int       // names the folders
	lost    []*reader // see sqlReader
}

// held is the tables as one run left them.
type held struct {
	mark    answer.Mark
	pages   *reader
	catalog *catalog
	sql     *reader // of the SQL box; opened when first asked for
	users   int     // requests and queries that use it
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
	for _, r := range h.lost {
		r.close()
	}
}

func (t *held) close() {
	if t.idle != nil {
		t.idle.Stop()
	}
	for _, r := range []*reader{t.sql, t.pages} {
		if r != nil {
			r.close()
		}
	}
}

// open opens the tables, again when a run is published meanwhile.
func (h *holder) open(ctx context.Context, now answer.Mark) (*held, error) {
	for {
		r, err := h.openReader(ctx, now, h.cfg.Pages)
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
		r.close()
		if err != nil {
			return nil, err
		}
		now = after
	}
}

// reader is an instance of DuckDB with the tables, and its own folder for results.
type reader struct {
	*duckdb.Reader
	scratch string
}

// openReader opens the store once more.
func (h *holder) openReader(ctx context.Context, now answer.Mark, connections int) (r *reader, err error) {
	h.opened++
	dir := filepath.Join(h.scratch, fmt.Sprint(h.opened))
	cfg := now.Config(h.cfg.Store, duckdb.ReaderConfig{Scratch: filepath.Join(dir, "results"), MemoryLimit: h.cfg.Memory, Connections: connections})
	if err := os.MkdirAll(cfg.Scratch, 0o700); err != nil {
		return nil, err
	}
	opened, err := duckdb.OpenReader(ctx, cfg)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return &reader{opened, cfg.Scratch}, nil
}

// close loses nothing: the tables are read only.
func (r *reader) close() {
	_ = r.Close()
	_ = os.RemoveAll(filepath.Dir(r.scratch))
}

// sqlReader is the instance of the SQL box's queries: they share no memory with
// the other pages. It is closed with the rest only: closing a file drops every
// lock that the process has on it.
func (h *holder) sqlReader(ctx context.Context, t *held) (*reader, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.sql != nil {
		return t.sql, nil
	}
	r, err := h.openReader(ctx, t.mark, h.cfg.SQLQueries)
	if err != nil {
		return nil, err
	}
	if after, err := answer.Look(h.cfg.Store); err != nil || !after.Equal(t.mark) {
		// It may be of another file, whose lock a newer opening needs.
		h.lost = append(h.lost, r)
		return nil, &problem{http.StatusServiceUnavailable, "a new run was published this moment: try again"}
	}
	t.sql = r
	return r, nil
}

// locked reports whether a run that merges in place has the database.
func locked(err error) bool {
	var l *duckdb.LockedError
	return errors.As(err, &l)
}
