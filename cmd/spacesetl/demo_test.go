package main

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
)

// The demo's world is around now, whenever that is: live Spaces began hours ago,
// scheduled ones are to come, ended ones have ended.
func TestDemoIsAboutNow(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	if code, _, stderr := spoken(t, "demo", "--dir", dir, "--spaces", "200", "--no-report", "--progress", "none"); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	db, err := sql.Open("duckdb", filepath.Join(dir, "spaces.duckdb")+"?access_mode=read_only")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Now().UTC()
	for what, of := range map[string]struct {
		query    string
		from, to time.Time
	}{
		"live began":     {"started_at) FROM spaces WHERE state = 'live'", now.Add(-24 * time.Hour), now},
		"scheduled for":  {"scheduled_start) FROM spaces WHERE state = 'scheduled'", now.Add(-time.Minute), now.AddDate(0, 3, 0)},
		"ended, created": {"created_at) FROM spaces WHERE state = 'ended'", now.AddDate(-1, 0, 0), now},
	} {
		var first, last sql.NullTime
		if err := db.QueryRow("SELECT min(" + of.query).Scan(&first); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow("SELECT max(" + of.query).Scan(&last); err != nil {
			t.Fatal(err)
		}
		if !first.Valid || first.Time.Before(of.from) || last.Time.After(of.to) {
			t.Errorf("%s: from %v to %v, want within %v and %v", what, first.Time, last.Time, of.from, of.to)
		}
	}
}
