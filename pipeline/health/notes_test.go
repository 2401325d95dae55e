package health

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Runs of before are noted some at a time, then each run notes itself; what changed is
// noted again on the first run of a day, and lines that count no more go.
func TestNotesCatchUp(t *testing.T) {
	locked := newStore(t)
	at := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	run := func() { ran(t, locked, at, 1, schemas.Done); at = at.Add(time.Minute) }
	runs := func() []string {
		ids, err := locked.Runs()
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	keep := func() {
		t.Helper()
		if err := keepNotes(t.Context(), locked, runs()); err != nil {
			t.Fatal(err)
		}
	}
	noted := func(want, lines int) {
		t.Helper()
		kept, got := ReadNotes(locked.Dir), 0
		for _, id := range runs() {
			if kept.noted(locked.Dir, id) != nil {
				got++
			}
		}
		if got != want || kept.lines != lines {
			t.Errorf("%d runs are noted as they are, in %d lines; want %d in %d", got, kept.lines, want, lines)
		}
	}
	touch := func(ids []string) {
		for _, id := range ids {
			if err := os.Chtimes(locked.RunFile(id, "manifest.json"), time.Time{}, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	const before = atOnce + 5
	for range before {
		run()
	}
	keep()
	noted(atOnce, atOnce)
	run()
	keep()
	noted(before+1, before+1)
	run()
	keep()
	noted(before+2, before+2)
	touch(runs()[:3])
	run()
	keep() // which looks at no other
	noted(before, before+3)
	at = at.AddDate(0, 0, 1)
	run()
	keep()
	noted(before+4, before+7)
	for range 2 { // all of them, again and again
		touch(runs())
		at = at.AddDate(0, 0, 1)
		keep()
		keep()
		run()
		keep()
	}
	if kept := ReadNotes(locked.Dir); kept.lines > 3*len(runs()) {
		t.Errorf("%d lines for %d runs", kept.lines, len(runs()))
	}
	all := len(runs())
	text, err := os.ReadFile(locked.File(notesFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(locked.File(notesFile), append(text, "1 abc torn"...), 0o600); err != nil {
		t.Fatal(err)
	}
	run()
	keep()
	if again, err := os.ReadFile(locked.File(notesFile)); err != nil || strings.Contains(string(again), "torn") {
		t.Errorf("what was torn is there after the next run: %v", err)
	}
	noted(all+1, ReadNotes(locked.Dir).lines)
}

// A list of files says what the manifest does, or is none.
func TestNotedFilesAreThoseListed(t *testing.T) {
	const id = "20260801T100000Z-abc"
	part := func(table, day, number string, rows, bytes int64) schemas.Part {
		return schemas.Part{Table: table, Path: table + "/run_date=" + day + "/" + id + "-" + number + ".parquet", Rows: rows, Bytes: bytes}
	}
	parts := []schemas.Part{part("spaces", "2026-08-01", "0", 3, 400), part("users", "2026-08-01", "0", 0, 12), part("users", "2026-08-02", "01", 7, 1<<40), part("media", "2026-08-02", "01", 1, 1),
		{Table: "media", Path: "media/run_month=2026-08/" + id + "-1.parquet", Rows: 1, Bytes: 1}, {Table: "media", Path: "media/" + id + "-1.parquet", Rows: 1, Bytes: 1}}
	list, ok := listParts(id, parts)
	var again []schemas.Part
	list.each(func(one listed) {
		again = append(again, schemas.Part{Table: one.table, Path: one.path(id), Rows: one.rows, Bytes: one.bytes})
	})
	if !ok || !slices.Equal(again, parts) {
		t.Errorf("%q: got %v, want %v", list, again, parts)
	}
	for _, odd := range []schemas.Part{
		part("Users", "2026-08-01", "0", 1, 1), part("users", "2026-08-01", "0", -1, 1), {Table: "users", Path: "users/other.parquet"}, {Table: "users", Path: filepath.Join("media", parts[0].Path)},
	} {
		if list, ok := listParts(id, []schemas.Part{odd}); ok {
			t.Errorf("%v is listed as %q", odd, list)
		}
	}
	for i := range list {
		if i > 0 && list[i-1] != ',' && list[:i].each(func(listed) {}) {
			t.Errorf("%q is a list", list[:i])
		}
	}
	for _, text := range []string{"users 1 2,", "@../.. 0,users 1 2,", "@2026-08-01 0,../x 1 2,", "@2026-08-01 ,users 1 2,", "@2026-08-01 0,users 1,", "@2026-08-01 0,users 1 -2,", "@2026 0,users 1 2,"} {
		if partList(text).each(func(listed) {}) {
			t.Errorf("%q is a list", text)
		}
	}
}

// Names of a note that lead elsewhere make it none.
func TestNotesNameWhatIsOurs(t *testing.T) {
	locked := newStore(t)
	n, ok := newNote(locked.Dir, ran(t, locked, time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC), 2, schemas.Done))
	if !ok || parseNote(strings.TrimSuffix(string(n.line()), "\n")) == nil {
		t.Fatalf("no note: %+v", n)
	}
	for _, name := range []string{"../x.ndjson.zst", ".x.ndjson.zst", "/etc/x.ndjson.zst", `..\x.ndjson.zst`, "x"} {
		odd := n
		odd.seen += seen(name + " 1 2 ")
		if parseNote(strings.TrimSuffix(string(odd.line()), "\n")) != nil {
			t.Errorf("a note that names %s is read", name)
		}
	}
	odd := n
	odd.RunID = "../" + n.RunID
	if parseNote(strings.TrimSuffix(string(odd.line()), "\n")) != nil {
		t.Error("a note of a run that is none is read")
	}
	if _, err := os.Stat(filepath.Join(string(locked.Dir), notesFile)); err == nil {
		t.Error("making a note writes it")
	}
}
