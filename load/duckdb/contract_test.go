package duckdb

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
)

func TestDatabaseAndFilesAgree(t *testing.T) {
	slow(t)
	t.Parallel()
	oneMode(t, 1, func(t *testing.T, s store) { // others compare a copy with the files
		s.publish("r1", everything(t, 50, "r1", noon)...)
		got := s.query("%s", perTable(func(table *schemas.Table) string {
			var columns []string
			for _, c := range table.Columns {
				if c.From != schemas.Nowhere {
					columns = append(columns, c.Name)
				}
			}
			stored := fmt.Sprintf("SELECT %s FROM %s", schemas.Quote(columns...), schemas.Quote(table.Name))
			written := fmt.Sprintf("SELECT %s FROM read_parquet('%s/%s/**/*.parquet')", schemas.Quote(columns...), s.dir, table.Name)
			return fmt.Sprintf("(SELECT count(*) FROM %s), (SELECT count(*) FROM (%[2]s EXCEPT %[3]s)), (SELECT count(*) FROM (%[3]s EXCEPT %[2]s))",
				table.Name, stored, written)
		}))
		for i, table := range schemas.Tables() {
			want := fmt.Sprintf("%s|%d|0|0", table.Name, len(sample(table, 50, "r1", noon)))
			if got[i] != want {
				t.Errorf("table, rows, only in the database, only in the files: got %s, want %s", got[i], want)
			}
		}
		if left := s.beside(); left != nil {
			t.Errorf("%v is left beside the database", left)
		}
	})
}

// perTable asks for the same of every table: a row each, beginning with its name.
func perTable(columns func(*schemas.Table) string) string {
	var selects []string
	for i, table := range schemas.Tables() {
		selects = append(selects, fmt.Sprintf("SELECT %s, %s, %d AS place", schemas.QuoteText(table.Name), columns(table), i))
	}
	return "SELECT * EXCLUDE (place) FROM (" + strings.Join(selects, "\nUNION ALL ") + ") ORDER BY place"
}

func TestSameRunAgainChangesNothing(t *testing.T) {
	slow(t)
	t.Parallel()
	oneMode(t, 1, func(t *testing.T, s store) { // the sample was made as a copy
		s.holdSample()
		first := s.commit("r1", everything(t, 20, "r1", noon))
		before, rows := loadtest.Files(t, s.dir), dump(s)
		second := s.publish("r1", everything(t, 20, "r1", noon)...)
		if d := cmp.Diff(first, second); d != "" {
			t.Errorf("parts (-first +second):\n%s", d)
		}
		if !maps.Equal(before, loadtest.Files(t, s.dir)) {
			t.Error("the files differ")
		}
		if d := cmp.Diff(rows, dump(s)); d != "" {
			t.Errorf("rows (-first +second):\n%s", d)
		}
	})
}

// dump returns the number and a digest of the rows of every table.
func dump(s store) []string {
	return s.query("%s", perTable(func(t *schemas.Table) string {
		return fmt.Sprintf("(SELECT count(*) FROM %s), (SELECT sum(hash(t)) FROM %[1]s AS t)", t.Name)
	}))
}

// oneRowPerKey fails where a table has two rows of a key.
func (s store) oneRowPerKey() {
	s.tb.Helper()
	for _, got := range s.query("%s", perTable(func(table *schemas.Table) string {
		return fmt.Sprintf("(SELECT count(*) - count(DISTINCT (%s)) FROM %s)", schemas.Quote(table.Key...), table.Name)
	})) {
		if !strings.HasSuffix(got, "|0") {
			s.tb.Errorf("table, rows too many: %s", got)
		}
	}
}

func TestOlderRunDoesNotOverwrite(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	s.holdSample()
	before := dump(s)
	s.publish("old", everything(t, 20, "old", noon.Add(-time.Hour))...)
	s.oneRowPerKey()
	for i, after := range dump(s) {
		name, _, _ := strings.Cut(after, "|")
		perRun := schemas.Lookup(name).IsKey("_run_id")
		if !perRun && before[i] != after {
			t.Errorf("table, rows, digest: got %s after an older run, want %s", after, before[i])
		}
	}
}

func TestFailedPublishLeavesNothing(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, s store) {
		parts := s.commit("r1", everything(t, 50, "r1", noon))
		last := parts[len(parts)-1]
		if err := os.Remove(filepath.Join(s.dir, last.Path)); err != nil {
			t.Fatal(err)
		}
		err := s.duckdb().Publish(context.Background(), parts)
		if err == nil || !strings.HasPrefix(err.Error(), "duckdb spaces.duckdb: "+last.Table+": ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("got error %v", err)
		}
		if _, err := os.Stat(s.path); err == nil {
			t.Error("a database was left behind")
		}
		if err := s.duckdb().Publish(context.Background(), parts[:1]); err != nil {
			t.Fatal(err)
		}
		before := dump(s)
		if err := s.duckdb().Publish(context.Background(), parts[1:]); err == nil {
			t.Error("no error")
		}
		if d := cmp.Diff(before, dump(s)); d != "" {
			t.Errorf("rows (-before +after):\n%s", d)
		}
	})
}

func TestEveryTableCanBeReadAfterTheFirstRun(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	parts := s.commit("r1")
	got := s.query("%s", perTable(func(table *schemas.Table) string {
		return fmt.Sprintf("(SELECT count(*) FROM read_parquet('%s/%s/**/*.parquet'))", s.dir, table.Name)
	}))
	for i, table := range schemas.Tables() {
		if got[i] != table.Name+"|0" {
			t.Errorf("got %s, want no rows of %s", got[i], table.Name)
		}
	}
	if len(parts) > 0 {
		t.Errorf("%v are parts of a run without rows", parts)
	}
	s.commit("r2", []schemas.Batch{batchOf(t, schemas.Lookup("topics"), sample(schemas.Lookup("topics"), 5, "r2", noon))})
	if n := len(loadtest.Files(t, s.dir)); n != len(schemas.Tables())+1 {
		t.Errorf("%d files after two runs, want one more than there are tables", n)
	}
	if err := s.duckdb().Publish(context.Background(), parts); err != nil {
		t.Fatal(err)
	}
}
