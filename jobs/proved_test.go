package jobs_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

const provedFile = "proved.ndjson"

func verified(t *testing.T, dir string, o proof.Options) *health.Verification {
	t.Helper()
	v, err := jobs.Open(jobs.Spec{Store: dir}, jobs.Options{}).Verify(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// one is the one file that a pattern finds in a store.
func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	return names[0]
}

// decay changes a byte of a file as a disk does, and returns what puts it back.
func decay(t *testing.T, name string, at func(text []byte) int) (heal func()) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text []byte) {
		overwrite(t, name, text)
		if err := os.Chtimes(name, time.Time{}, info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	changed := slices.Clone(text)
	changed[at(text)] ^= 1
	write(changed)
	return func() { write(text) }
}

func middle(text []byte) int { return len(text) / 2 }

// What was proved is passed by until its files are not as they were; damage that neither
// their sizes nor their times tell of is found where everything is looked at.
func TestVerifyRemembersWhatItProved(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	dir := smallStore(t)
	v := verified(t, dir, proof.Options{Sample: 2})
	if v.Runs != 1 || v.Before != 0 || v.Database != "compared" || v.Forgotten != "" {
		t.Fatalf("first: %+v", v)
	}
	if v = verified(t, dir, proof.Options{}); v.Runs != 1 || v.Database != "proved before" {
		t.Errorf("every second page was decoded, and all are taken for proved: %+v", v)
	}
	if v = verified(t, dir, proof.Options{Sample: 3}); v.Runs != 0 || v.Before != 1 || v.Pages != 0 || v.Tables != 0 || v.Database != "proved before" {
		t.Errorf("all was proved: %+v", v)
	}
	before := sums(t, dir)
	runs, err := store.Dir(dir).Runs()
	if err != nil {
		t.Fatal(err)
	}
	verified(t, dir, proof.Options{})
	unchanged(t, "verify of what was proved", dir, before)
	for _, c := range []struct {
		pattern string
		files   bool // --files finds it
		at      func([]byte) int
	}{
		{"raw/*/tweets-00001.ndjson.zst", true, middle},
		{"parquet/users/*/*.parquet", true, middle},
		{"runs/*/plan.json", true, middle},
		{"runs/*/manifest.json", true, func(text []byte) int { return strings.Index(string(text), `"pages"`) + 1 }},
		{"spaces.duckdb", false, func(text []byte) int { return databaseValue(t, text) }},
	} {
		name := one(t, dir, c.pattern)
		heal := decay(t, name, c.at)
		// The database is opened in any case, and manifests are read.
		if v := verified(t, dir, proof.Options{}); len(v.Problems) > 0 && (strings.HasPrefix(c.pattern, "raw") || strings.HasPrefix(c.pattern, "parquet")) {
			t.Errorf("%s has its size and time, and verify without --all says %q", c.pattern, v.Problems)
		}
		v := verified(t, dir, proof.Options{Files: true})
		if wrong := strings.Join(v.Problems, "\n"); c.files != strings.Contains(wrong, filepath.Base(name)) || !strings.Contains(v.Database, "not compared") {
			t.Errorf("%s decayed, --files says %q, database %s", c.pattern, wrong, v.Database)
		}
		all := proof.Options{All: true}
		if c.files {
			all.Only = runs // without the database, which takes a second
		}
		if v := verified(t, dir, all); len(v.Problems) == 0 {
			t.Errorf("%s decayed, and --all finds nothing", c.pattern)
		}
		if err := os.Chtimes(name, time.Time{}, time.Now()); err != nil {
			t.Fatal(err)
		}
		if v := verified(t, dir, proof.Options{}); len(v.Problems) == 0 {
			t.Errorf("%s changed, and verify finds nothing", c.pattern)
		}
		heal()
		if v := verified(t, dir, proof.Options{}); len(v.Problems) > 0 || v.Before != 1 || v.Database != "proved before" {
			t.Errorf("%s is as it was: %+v", c.pattern, v)
		}
	}
}

// What cannot be remembered is proved all the same, and said.
func TestVerifyOfAStoreThatIsNotToBeWritten(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	dir := newDaily(t, 1, "", "parquet").store
	locked, err := dir.Lock()
	if err != nil {
		t.Fatal(err)
	}
	before := sums(t, string(dir))
	v := verified(t, string(dir), proof.Options{})
	if v.Runs != 1 || len(v.Problems) > 0 || !strings.Contains(v.Forgotten, "is in use by process") {
		t.Errorf("another has the lock: %+v", v)
	}
	locked.Unlock()
	unchanged(t, "verify of a locked store", string(dir), before)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	overwrite(t, elsewhere, []byte("mine\n"))
	for what, put := range map[string]func(name string) error{
		"a folder": func(name string) error { return os.Mkdir(name, 0o700) },
		"a link":   func(name string) error { return os.Symlink(elsewhere, name) },
	} {
		name := dir.File(provedFile)
		if err := put(name); err != nil {
			t.Fatal(err)
		}
		if v := verified(t, string(dir), proof.Options{}); v.Runs != 1 || len(v.Problems) > 0 || !strings.Contains(v.Forgotten, "not remembered") {
			t.Errorf("%s in the place of %s: %+v", what, provedFile, v)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(elsewhere); err != nil || string(text) != "mine\n" {
		t.Errorf("what a link leads to was written: %q, %v", text, err)
	}
	if os.Geteuid() == 0 {
		return // who may write everything
	}
	if err := os.Chmod(string(dir), 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(string(dir), 0o700) // for who removes it
	if v := verified(t, string(dir), proof.Options{}); v.Runs != 1 || len(v.Problems) > 0 || v.Forgotten == "" {
		t.Errorf("the folder cannot be written: %+v", v)
	}
}

// A new run costs its own proof, and so does a file of joined rows that is new.
func TestVerifyProvesWhatIsNew(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	d := newDaily(t, 5, "", "parquet") // two days, of which the first is joined
	dir := string(d.store)
	v := verified(t, dir, proof.Options{})
	if v.Runs != 5 || v.BeforeFiles != 0 || v.Files == 0 || len(v.Problems) > 0 {
		t.Fatalf("first: %+v", v)
	}
	d.run()
	if v = verified(t, dir, proof.Options{}); v.Runs != 1 || v.Before != 5 || v.BeforeFiles == 0 || len(v.Problems) > 0 {
		t.Errorf("after another run: %+v", v)
	}
	runs, err := d.store.Runs()
	if err != nil {
		t.Fatal(err)
	}
	for what, o := range map[string]proof.Options{
		"by id":   {All: true, Only: runs[1:3]},
		"by time": {All: true, Since: d.now().Add(-2 * 8 * time.Hour)},
		"files":   {Files: true, Only: runs[:2]},
	} {
		if v := verified(t, dir, o); v.Runs != 2 || v.Others != 4 || len(v.Problems) > 0 {
			t.Errorf("%s: %+v", what, v)
		}
	}
	if _, err := jobs.Open(d.spec, d.options()).Verify(t.Context(), proof.Options{Since: d.now()}); err == nil || !strings.Contains(err.Error(), runs[5]) {
		t.Errorf("no run is so new: %v", err)
	}
	joined := one(t, dir, "parquet/spaces/*/20261029-*.parquet")
	heal := decay(t, joined, middle)
	if v := verified(t, dir, proof.Options{}); len(v.Problems) > 0 {
		t.Errorf("a joined file has its size and time: %q", v.Problems)
	}
	for _, o := range []proof.Options{{Files: true}, {All: true}, {All: true, Only: runs[:1]}} {
		if v := verified(t, dir, o); len(v.Problems) != 1 || !strings.Contains(v.Problems[0], filepath.Base(joined)) {
			t.Errorf("%+v: %s decayed: %q", o, joined, v.Problems)
		}
	}
	heal()
	overwrite(t, filepath.Join(d.store.Parquet(), "spaces", filepath.FromSlash(store.MapFile(schemas.PartitionDay))), []byte("no map"))
	if v := verified(t, dir, proof.Options{}); !strings.Contains(strings.Join(v.Problems, "\n"), filepath.Base(store.MapFile(schemas.PartitionDay))) {
		t.Errorf("a map is damaged: %q", v.Problems)
	}
}

// A database of more runs than are merged each time is held against the rule over the
// files of all, joined ones among them.
func TestVerifyOfADatabaseOfManyRuns(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	d := dailyDatabase(t)
	if v := verified(t, string(d.store), proof.Options{Since: d.now().Add(-1000 * time.Hour)}); v.Runs != 3 || v.Database != "compared" || len(v.Problems) > 0 {
		t.Fatalf("a few runs: %+v", v)
	}
	runs, err := d.store.Runs()
	if err != nil {
		t.Fatal(err)
	}
	many := func() *health.Verification { // all is proved, so that nothing is made anew
		v, err := proof.Verify(t.Context(), proof.Config{Store: d.store, Runs: runs, Few: 1})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := many(); v.Database != "proved before" {
		t.Errorf("all of it was compared: %+v", v)
	}
	later := time.Now().Add(time.Hour)
	for i, want := range []string{"compared, without", "proved before, without"} {
		if err := os.Chtimes(d.store.DuckDB(), later, later); err != nil {
			t.Fatal(err)
		}
		if v := many(); v.Before != 3 || !strings.HasPrefix(v.Database, want) || len(v.Problems) > 0 {
			t.Errorf("look %d: %+v", i, v)
		}
	}
	db, err := duckdb.OpenSQL(d.store.DuckDB())
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "UPDATE spaces SET title = title || '!' WHERE space_id = (SELECT min(space_id) FROM spaces)")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if v := many(); len(v.Problems) != 1 || !strings.Contains(v.Problems[0], "table spaces has") {
		t.Errorf("a value was changed: %+v", v)
	}
}

// Of a file of what was proved every byte may be a stranger's, and any of it may be gone.
func TestVerifyBelievesWholeLinesOnly(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	dir := string(newDaily(t, 2, "", "parquet").store)
	verified(t, dir, proof.Options{})
	name := filepath.Join(dir, provedFile)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	for what, c := range map[string]struct {
		text   string
		before int
	}{
		"nothing":       {"", 0},
		"no line":       {strings.Repeat("\x00\xff{", 999), 0},
		"a torn line":   {string(text) + lines[0][:40], 2},
		"a byte":        {strings.Replace(string(text), `"of":"`, `"of":"f`, 1), 1},
		"other members": {strings.ReplaceAll(string(text), `"every":1`, `"every":-1`), 0},
		"other lines":   {"{\"proved\":\"run ../..\",\"of\":\"\",\"sum\":\"\"}\nnull\n[]\n" + string(text), 2},
	} {
		overwrite(t, name, []byte(c.text))
		if v := verified(t, dir, proof.Options{}); v.Before != c.before || v.Runs != 2-c.before || len(v.Problems) > 0 || v.Forgotten != "" {
			t.Errorf("%s: %+v", what, v)
		}
		if v := verified(t, dir, proof.Options{}); v.Before != 2 {
			t.Errorf("%s, and then: %+v", what, v)
		}
	}
}
