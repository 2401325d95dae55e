package store

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// A manifest that names what we do not write is damaged, whatever its checksum.
func TestManifestsNameOnlyWhatWeWrite(t *testing.T) {
	l := locked(t, t.TempDir())
	run := started(t, l, time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)).Run
	id := run.RunID
	file := func(table, path string) func(*Manifest) {
		return func(m *Manifest) { m.Files = append(m.Files, schemas.Part{Table: table, Path: path}) }
	}
	segment := func(name string) func(*Manifest) {
		return func(m *Manifest) { m.Landed = append(m.Landed, Segment{Name: name}) }
	}
	good := "spaces/run_date=2026-08-01/" + id + "-0.parquet"
	for name, c := range map[string]struct {
		change func(*Manifest)
		whole  bool
	}{
		"ours":                {file("spaces", good), true},
		"of a table to come":  {file("table_to_come", "table_to_come"+strings.TrimPrefix(good, "spaces")), true},
		"of pages":            {segment("spaces-00001.ndjson.zst"), true},
		"by month":            {file("spaces", "spaces/run_month=2026-08/"+id+"-0.parquet"), true},
		"without folders":     {file("spaces", "spaces/"+id+"-0.parquet"), true},
		"in an empty folder":  {file("spaces", "spaces//"+id+"-0.parquet"), false},
		"of no table":         {file("", id+"-0.parquet"), false},
		"in another folder":   {file("spaces", "spaces/run_month=2026-08-01/"+id+"-0.parquet"), false},
		"above the store":     {file("spaces", "../../outside/"+id+"-0.parquet"), false},
		"absolute":            {file("spaces", "/"+good), false},
		"above, as a table":   {file("..", "../run_date=2026-08-01/"+id+"-0.parquet"), false},
		"of another run":      {file("spaces", "spaces/run_date=2026-08-01/other-0.parquet"), false},
		"of another table":    {file("users", good), false},
		"a pattern":           {file("spaces", "spaces/run_date=2026-08-01/*-0.parquet"), false},
		"deeper":              {file("spaces", "spaces/run_date=2026-08-01/x/"+id+"-0.parquet"), false},
		"fewer than none":     {func(m *Manifest) { file("spaces", good)(m); m.Files[0].Rows = -1 }, false},
		"more than there are": {func(m *Manifest) { file("spaces", good)(m); m.Files[0].Bytes = 1 << 60 }, false},
		"pages above":         {segment("../spaces-00001.ndjson.zst"), false},
		"fewer pages":         {func(m *Manifest) { m.Run.Pages = -1 }, false},
		"closed by no run":    {func(m *Manifest) { m.ClosedBy = "../x" }, false},
	} {
		m := &Manifest{Run: run}
		c.change(m)
		if err := m.Seal(l.Dir); err != nil {
			t.Fatal(err)
		}
		if err := WriteJSON(l.RunFile(id, "manifest.json"), m, nil); err != nil {
			t.Fatal(err)
		}
		_, err := l.Manifest(id)
		var corrupt *CorruptError
		if (err == nil) != c.whole || err != nil && !errors.As(err, &corrupt) {
			t.Errorf("%s: %v; want it read: %v", name, err, c.whole)
		}
	}
}

// Only a folder with a name that we give is a run, so that no name leads
// elsewhere, or means something to a shell.
func TestRunsHaveNamesOfOurs(t *testing.T) {
	d := Dir(t.TempDir())
	for _, name := range []string{"20260801T100000Z-abcdef", "20260801T100000Z-abcdef-2", "a$(id)", "a b", "a;b", "-x", "..x", "a\x1b[2J", strings.Repeat("a", 101)} {
		if err := os.MkdirAll(d.RunFile(name, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(string(d), "runs", "linked")); err != nil {
		t.Fatal(err)
	}
	runs, err := d.Runs()
	if err != nil || len(runs) != 2 {
		t.Errorf("runs %q, %v; want the first two", runs, err)
	}
	for _, id := range []string{"", ".", "..", "../x", "a/b", `a\b`} {
		_, planErr := d.Planned(id)
		_, manifestErr := d.Manifest(id)
		for _, err := range []error{CheckRunID(id), planErr, manifestErr} {
			if err == nil || errors.Is(err, os.ErrNotExist) {
				t.Errorf("%q is taken for a run: %v", id, err)
			}
		}
	}
}

// What is wrong with a file is told without the names of our types, and of what it
// does not say nothing is quoted.
func TestDamageIsToldInWords(t *testing.T) {
	l := locked(t, t.TempDir())
	id := started(t, l, time.Now()).Run.RunID
	for _, text := range []string{"", "null", "1", "[]", `"x"`, `{"run":1}`, `{"run":{"run_id":null}}`, `{"run":{"run_id":"` + id + `","started_at":"12026-01-01T00:00:00Z"}}`,
		`{"files":{}}`, `{"tables":[{"rows":1e99}]}`, strings.Repeat(`{"run":`, 20_000), `{"run":{"run_id":""}}`, "\x00"} {
		for name, read := range map[string]func() error{
			"manifest.json": func() error { _, err := l.Manifest(id); return err },
			"plan.json":     func() error { _, err := l.Planned(id); return err },
		} {
			if err := os.WriteFile(l.RunFile(id, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			err := read()
			if err == nil && name == "plan.json" && json.Valid([]byte(text)) {
				continue // it has no member of that name
			}
			if err == nil {
				t.Errorf("%s of %.40q was read", name, text)
				continue
			}
			for _, word := range []string{"<nil>", "%!", `""`, "Go ", "schemas.", "store.", "interface"} {
				if strings.Contains(err.Error(), word) {
					t.Errorf("%s of %.40q: %v", name, text, err)
				}
			}
		}
	}
}

// A lock that is a link would have its owner written where that leads, and one that
// is a link to nothing would make it.
func TestALockThatIsALinkIsRefused(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "precious")
	for _, there := range []bool{true, false} {
		if there {
			write(t, outside)
		} else if err := os.Remove(outside); err != nil {
			t.Fatal(err)
		}
		d := Dir(t.TempDir())
		if err := os.Symlink(outside, d.File("lock")); err != nil {
			t.Fatal(err)
		}
		if l, err := d.Lock(); err == nil {
			l.Unlock()
			t.Error("it was locked")
		}
		if text, err := os.ReadFile(outside); there && string(text) != "x" || !there && err == nil {
			t.Errorf("what it leads to is %q now", text)
		}
	}
}

// A file is compared with what a manifest says of it before anybody makes something
// of it; one of another size is not even read.
func TestFilesAreComparedWithTheManifest(t *testing.T) {
	l := locked(t, t.TempDir())
	p := started(t, l, time.Now())
	m := Manifest{Run: p.Run, Content: "abc"}
	plan := l.RunFile(p.Run.RunID, "plan.json")
	if err := m.Seal(l.Dir); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(string(l.Dir), "part")
	write(t, name)
	sum, bytes, err := durable.FileSum(name)
	if err != nil {
		t.Fatal(err)
	}
	part := schemas.Part{Bytes: bytes, SHA256: sum}
	if err := errors.Join(CheckPart(name, part), l.CheckPlan(m)); err != nil {
		t.Errorf("as they were written: %v", err)
	}
	for what, change := range map[string]func() error{
		"a byte":  func() error { return errors.Join(os.WriteFile(name, []byte("y"), 0o600), os.Truncate(plan, 10)) },
		"longer":  func() error { return errors.Join(os.Truncate(name, 10<<30), os.WriteFile(plan, []byte("{}"), 0o600)) },
		"no file": func() error { return errors.Join(os.Remove(name), os.Symlink(plan, name), os.Remove(plan)) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if CheckPart(name, part) == nil || l.CheckPlan(m) == nil {
			t.Errorf("%s: it passes", what)
		}
		write(t, plan)
	}
}

func TestFirstOfDay(t *testing.T) {
	d := Dir(t.TempDir())
	l, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Unlock()
	at := time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC)
	for i, c := range []struct {
		plan  Plan
		after time.Duration
		first bool
	}{
		{Plan{Job: "a"}, 0, false}, {Plan{Job: "a"}, time.Minute, false}, {Plan{Job: ImportJob, Import: "1"}, time.Hour, true},
		{Plan{Job: ImportJob, Import: "2"}, time.Minute, true}, {Plan{Job: "a"}, time.Minute, true}, {Plan{Job: "a"}, time.Minute, false},
	} {
		at = at.Add(c.after)
		if _, err := l.Begin(Planned{Plan: c.plan}, "test", at); err != nil {
			t.Fatal(err)
		}
		runs, err := d.Runs()
		if got := FirstOfDay(d, runs); err != nil || got != c.first {
			t.Errorf("run %d of %s: %v, %v", i, at, got, err)
		}
	}
}
