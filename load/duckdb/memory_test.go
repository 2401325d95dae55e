package duckdb

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// TestPagesOfManyKindsNeedNoMoreMemory merges users of pages that each asked for
// something else: a condition of theirs stands at every column.
func TestPagesOfManyKindsNeedNoMoreMemory(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	all := strings.Join(schemas.Fields(schemas.User, schemas.TweetDialect, false, false), `","`)
	for run := range 2 {
		name, at := fmt.Sprintf("r%d", run), hour(run)
		var pages []row
		for i := range 30 {
			pages = append(pages, page(fmt.Sprintf("page-%d", i), "users", fmt.Sprintf(`{"user.fields":["%s"],"kind":["%d"]}`, all, i), run))
		}
		users := sample(schemas.Lookup("users"), 300, name, at)
		d := New(Config{Path: s.path, Parts: s.dir, MemoryLimit: "64MiB"})
		parts := s.commit(name, batchesOf(t, name, map[string][]row{"api_requests": pages, "users": users}))
		if err := d.Publish(context.Background(), parts); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.query("SELECT count(*), min(_run_id) FROM users")[0]; got != "300|r1" {
		t.Errorf("users, oldest run: got %s, want 300|r1", got)
	}
}

func TestTooLittleMemoryIsSaid(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := New(Config{Path: s.path, Parts: s.dir, MemoryLimit: "1MiB"})
	err := d.Publish(context.Background(), s.commit("r1", everything(t, 20, "r1", noon)))
	var memory *MemoryError
	if !errors.As(err, &memory) || !strings.Contains(err.Error(), "--memory") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got error %v", err)
	}
	if left := s.beside(); left != nil || exists(s.path) {
		t.Errorf("left %v", left)
	}
}

// What DuckDB spills goes beside the database.
func TestNoTemporaryFolderIsNeeded(t *testing.T) {
	s := newStore(t)
	parts := s.commit("r1", everything(t, 5, "r1", noon))
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, filepath.Join(s.dir, "missing"))
	}
	for range 2 {
		if err := s.duckdb().Publish(context.Background(), parts); err != nil {
			t.Error(err)
		}
	}
}
