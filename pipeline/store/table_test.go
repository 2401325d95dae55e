package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Where two folders cannot be exchanged, a process that dies in between leaves a table
// without its folder: the next gives it back, whole.
func TestTableThatWasPutAsideComesBack(t *testing.T) {
	d := Dir(t.TempDir())
	l, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Unlock()
	table, name := filepath.Join(d.Parquet(), "spaces"), filepath.Join("run_date=2026-11-01", "x.txt")
	put := func(dir, text string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	put(table, "old")
	next, err := NewTable(l, "spaces")
	if err != nil {
		t.Fatal(err)
	}
	put(next.Dir, "new")
	if err := os.Rename(table, next.Dir+durable.AsideEnd); err != nil { // and dies
		t.Fatal(err)
	}
	if err := l.Sweep(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(table, name)); err != nil || string(text) != "old" {
		t.Errorf("the table's file has %q, %v, want the old one", text, err)
	}
	if left, _ := os.ReadDir(d.Parquet()); len(left) != 1 {
		t.Errorf("%v are left beside the table", left)
	}
}

// A map that is not what was written, or that leads elsewhere, is damaged.
func TestDamagedMapIsSaid(t *testing.T) {
	d := Dir(t.TempDir())
	name := filepath.Join(d.Parquet(), "spaces", filepath.FromSlash(MapFile(schemas.PartitionDay)))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	joined := func(path, first, last string) Joined {
		j := Joined{First: first, Last: last}
		j.Table, j.Path, j.Rows = "spaces", path, 1
		return j
	}
	good := joined("spaces/run_date=2026-11-01/202611-0.parquet", "20261101T000000Z-aaaaaa", "20261130T000000Z-aaaaaa")
	for what, c := range map[string]struct {
		file Joined
		sum  string
		ok   bool
	}{
		"as written":       {file: good, ok: true},
		"of another sum":   {file: good, sum: "00"},
		"outside":          {file: joined("spaces/../202611-0.parquet", good.First, good.Last)},
		"of another table": {file: joined("users/run_date=2026-11-01/202611-0.parquet", good.First, good.Last)},
		"a run's name":     {file: joined("spaces/run_date=2026-11-01/"+good.First+"-0.parquet", good.First, good.Last)},
		"of no run":        {file: joined(good.Path, "../x", good.Last)},
		"backwards":        {file: joined(good.Path, good.Last, good.First)},
	} {
		text, err := Map{Files: []Joined{c.file}}.Text([]byte("PAR1 and the rest"))
		if c.sum != "" {
			text = bytes.Replace(text, []byte(`"checksum":"`), []byte(`"checksum":"`+c.sum), 1)
		}
		if err := errors.Join(err, os.WriteFile(name, text, 0o600)); err != nil {
			t.Fatal(err)
		}
		_, err = ReadMap(d, "spaces")
		var corrupt *CorruptError
		if (err == nil) != c.ok || err != nil && !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
