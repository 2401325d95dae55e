package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// target is a catalogue of a test's own.
type target struct {
	*testing.T
	place place
	*catalogue
}

func newTarget(t *testing.T) *target {
	t.Helper()
	dir := t.TempDir()
	return openTarget(t, place{uri: "sqlite:///" + filepath.Join(dir, "catalogue.db"), name: "test", namespace: "spaces", warehouse: filepath.Join(dir, "warehouse"), env: os.Getenv})
}

func openTarget(t *testing.T, p place) *target {
	t.Helper()
	c, err := p.open(t.Context())
	must(t, err)
	t.Cleanup(c.close)
	return &target{t, p, c}
}

func (d *target) loader(dir store.Dir) *loader {
	return &loader{catalogue: d.catalogue, store: dir, holder: d.place.holder()}
}

func (d *target) load(dir store.Dir) summary {
	d.Helper()
	sum, err := d.loader(dir).load(d.Context())
	must(d.T, err)
	return sum
}

// loadAll compares all runs.
func (d *target) loadAll(dir store.Dir) summary {
	d.Helper()
	l := d.loader(dir)
	l.all = true
	sum, err := l.load(d.Context())
	must(d.T, err)
	return sum
}

// table returns a table that is there.
func (d *target) table(name string) *table.Table {
	d.Helper()
	tbl, err := d.lookup(d.Context(), schemas.Lookup(name))
	must(d.T, err)
	if tbl == nil {
		d.Fatal("no table ", name)
	}
	return tbl
}

func TestEachRunIsAddedOnce(t *testing.T) {
	dir, d := newStore(t, 2), newTarget(t)
	if sum := d.load(dir); sum.runs != 2 || sum.files < 20 || sum.notes != nil {
		t.Fatalf("%+v", sum)
	}
	same(t, inFiles(t, dir), inTables(t, d.catalogue))
	first := d.table("spaces")

	next(t, dir, 4)
	if sum := d.load(dir); sum.runs != 2 || sum.there != 2 {
		t.Fatalf("%+v", sum)
	}
	same(t, inFiles(t, dir), inTables(t, d.catalogue))
	ids, err := dir.Runs()
	must(t, err)
	m, err := dir.Manifest(ids[3])
	must(t, err)
	s := d.table("runs").CurrentSnapshot()
	runs, contents := strings.Split(s.Summary.Properties[runProperty], ","), strings.Split(s.Summary.Properties[contentProperty], ",")
	if !slices.Equal(runs, ids[2:]) || len(contents) != 2 || contents[1] != m.Content || m.Content == "" {
		t.Errorf("snapshot of %s, %s", runs, contents)
	}
	if n := len(d.table("spaces").Metadata().Snapshots()); n != 2 || s.Summary.Operation != table.OpAppend {
		t.Errorf("%d snapshots, the last %s", n, s.Summary.Operation)
	}
	if s := first.CurrentSnapshot(); s == nil || d.table("spaces").SnapshotByID(s.SnapshotID) == nil {
		t.Error("the first snapshot is gone")
	}

	held, err := compact.Holders(dir)
	must(t, err)
	d.checkFiles(dir, held)
	before := d.table("spaces").MetadataLocation()
	for _, sum := range []summary{d.load(dir), d.loadAll(dir)} {
		if sum.files != 0 || sum.there != 4 || sum.text() != "nothing new: the tables have all 4 runs" {
			t.Errorf("again: %+v", sum)
		}
	}
	if after := d.table("spaces").MetadataLocation(); after != before {
		t.Errorf("again: %s took the place of %s", after, before)
	}
}

// checkFiles looks at what the tables say of each file.
func (d *target) checkFiles(dir store.Dir, held map[string]string) {
	d.Helper()
	l := d.loader(dir)
	must(d.T, l.find())
	for _, want := range schemas.Tables() {
		tbl, err := d.lookup(d.Context(), want)
		must(d.T, err)
		if tbl == nil {
			continue
		}
		files, err := l.files(d.Context(), want, tbl)
		must(d.T, err)
		for path, f := range files {
			if !strings.HasPrefix(held[path], d.place.holder()) {
				d.Errorf("%s is not held", path)
			}
			id, there := tbl.Schema().FindFieldByName("_run_id")
			if low := f.LowerBoundValues()[id.ID]; !there || !bytes.HasPrefix([]byte(store.RunOf(filepath.Base(path))), low[:min(len(low), 16)]) || len(low) == 0 {
				d.Errorf("%s: its least run is %q", path, low)
			}
			if f.Count() == 0 || len(f.NullValueCounts()) < len(want.Columns) {
				d.Errorf("%s: %d rows, counts of nulls of %d columns", path, f.Count(), len(f.NullValueCounts()))
			}
		}
	}
}

func TestADeathBetweenTablesIsRepaired(t *testing.T) {
	dir, d := newStore(t, 3), newTarget(t)
	want := inFiles(t, dir)
	for _, after := range []string{"0", "5", "9"} {
		c := exec.Command(os.Args[0], string(dir), d.place.uri, d.place.warehouse)
		c.Env = append(os.Environ(), dieAfter+"="+after)
		out, err := c.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("after %s: %v\n%s", after, err, out)
		}
	}
	if sum := d.load(dir); sum.there != 0 || sum.runs != 3 {
		t.Errorf("%+v", sum)
	}
	same(t, want, inTables(t, d.catalogue))
}

func TestFilesOfTablesAreNotJoined(t *testing.T) {
	dir, d := newStore(t, 1), newTarget(t)
	d.load(dir)
	held, err := compact.Holders(dir)
	if err != nil || len(held) < 20 {
		t.Fatalf("%d files are held, %v", len(held), err)
	}
	next(t, dir, 4)
	want := inFiles(t, dir)
	if sum := join(t, dir); sum.Tables < 10 {
		t.Fatalf("%+v", sum)
	}
	for path := range held {
		if _, err := os.Stat(filepath.Join(dir.Parquet(), path)); err != nil {
			t.Error(err)
		}
	}
	d.load(dir)
	same(t, want, inTables(t, d.catalogue))
}

// Readers elsewhere find the files in a copy of the folder.
func TestFilesCanBeReadElsewhere(t *testing.T) {
	dir, d := newStore(t, 2), newTarget(t)
	l, elsewhere := d.loader(dir), t.TempDir()
	l.prefix = "file://" + elsewhere
	if _, err := l.load(t.Context()); err == nil || !strings.Contains(err.Error(), "copy the parquet folder there first") {
		t.Fatal(err)
	}
	must(t, os.CopyFS(elsewhere, os.DirFS(dir.Parquet())))
	want := inFiles(t, dir)
	_, err := l.load(t.Context())
	must(t, err)
	must(t, os.RemoveAll(dir.Parquet()))
	same(t, want, inTables(t, d.catalogue))
}

// A store can have joined files before its first load, of which each has rows of many runs.
func TestJoinedFilesAreAddedOnce(t *testing.T) {
	dir, d := newStore(t, 4), newTarget(t)
	want := inFiles(t, dir)
	if sum := join(t, dir); sum.Tables < 10 {
		t.Fatalf("%+v", sum)
	}
	l := d.loader(dir)
	l.step = func(name string) error {
		if name == "users" {
			return errors.New("died")
		}
		return nil
	}
	if _, err := l.load(t.Context()); err == nil {
		t.Fatal("it did not die")
	}
	if sum := d.load(dir); sum.there != 0 || sum.runs != 4 {
		t.Errorf("%+v", sum)
	}
	same(t, want, inTables(t, d.catalogue))
	if sum := d.load(dir); sum.files != 0 {
		t.Errorf("again: %+v", sum)
	}
}

// Somebody removed the list of what is held, and what the tables refer to was joined.
func TestFilesThatWereJoinedAllTheSameAreReplaced(t *testing.T) {
	dir, d := newStore(t, 4), newTarget(t)
	want := inFiles(t, dir)
	d.load(dir)
	must(t, os.RemoveAll(compact.Held(dir)))
	if sum := join(t, dir); sum.Tables < 10 {
		t.Fatalf("%+v", sum)
	}
	d.load(dir)
	same(t, want, inTables(t, d.catalogue))
}

func TestColumnsThatCameLaterAreAdded(t *testing.T) {
	dir, d := newStore(t, 2), newTarget(t)
	before := *schemas.Lookup("users")
	before.Columns = slices.DeleteFunc(slices.Clone(before.Columns), func(c schemas.Column) bool { return !before.IsKey(c.Name) && c.Name[0] != '_' && c.Name > "p" })
	_, err := d.create(t.Context(), &before)
	must(t, err)
	d.load(dir)
	same(t, inFiles(t, dir), inTables(t, d.catalogue))
	if n := len(d.table("users").Schemas()); n != 2 {
		t.Errorf("%d schemas", n)
	}
}

// Of two starts at a time one commits to a table, and the other ends.
func TestTwoStartsAddNothingTwice(t *testing.T) {
	t.Run("SQL", func(t *testing.T) { twoStarts(t, newTarget(t)) })
	t.Run("REST", func(t *testing.T) { // whose client commits again by itself
		twoStarts(t, openTarget(t, place{uri: serve(t, newTarget(t).catalogue, "the-token"), namespace: "spaces", env: func(name string) string {
			return map[string]string{"SPACESETL_ICEBERG_TOKEN": "the-token"}[name]
		}}))
	})
}

func twoStarts(t *testing.T, d *target) {
	dir := newStore(t, 1)
	for n := 1; n <= 2; n++ { // tables without a snapshot, then with one
		next(t, dir, n)
		l := d.loader(dir)
		l.step = func(name string) error {
			if name == "tweets" {
				d.load(dir)
			}
			return nil
		}
		if _, err := l.load(t.Context()); !errors.Is(err, errMeanwhile) {
			t.Error(err)
		}
		d.load(dir)
		same(t, inFiles(t, dir), inTables(t, d.catalogue))
	}
}

func TestBatches(t *testing.T) {
	var runs []pending
	for i := range 320 {
		path := fmt.Sprint("own ", i)
		if i >= 90 && i < 200 && i != 150 {
			path = "joined"
		}
		runs = append(runs, pending{id: fmt.Sprintf("%03d", i), paths: map[string][]string{marker.Name: {path}}})
	}
	var sizes []int
	for left := runs; len(left) > 0; left = left[sizes[len(sizes)-1]:] {
		sizes = append(sizes, new(loader).batch(left))
	}
	if !slices.Equal(sizes, []int{200, 100, 20}) {
		t.Error(sizes)
	}
}

// Files of a version before have less columns.
func TestAStoreOfAnEarlierVersionIsAdded(t *testing.T) {
	packed, err := os.Open("../../jobs/testdata/store-4d52904.tar.zst")
	must(t, err)
	defer packed.Close()
	unpacked, err := zstd.NewReader(packed)
	must(t, err)
	defer unpacked.Close()
	dir, d := store.Dir(t.TempDir()), newTarget(t)
	for r := tar.NewReader(unpacked); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		if name := filepath.Join(string(dir), h.Name); h.Typeflag != tar.TypeDir {
			text, err := io.ReadAll(r)
			must(t, err)
			must(t, os.MkdirAll(filepath.Dir(name), 0o777))
			must(t, os.WriteFile(name, text, 0o666))
		}
	}
	if sum := d.load(dir); sum.runs != 1 {
		t.Errorf("%+v", sum)
	}
	same(t, inFiles(t, dir), inTables(t, d.catalogue))
}

// A run whose files are damaged costs itself only, and comes once they are mended.
func TestARunWithDamagedFilesIsLeftOut(t *testing.T) {
	dir, d := newStore(t, 3), newTarget(t)
	names, err := filepath.Glob(filepath.Join(dir.Parquet(), "users", "*", "*.parquet"))
	must(t, err)
	text, err := os.ReadFile(names[0])
	must(t, err)
	damaged := slices.Clone(text)
	damaged[len(damaged)/2] ^= 1
	must(t, os.WriteFile(names[0], damaged, 0o666))
	if sum := d.load(dir); sum.runs != 2 || len(sum.notes) != 1 || !strings.Contains(sum.notes[0], "1 run, the first 2026") {
		t.Errorf("%+v", sum)
	}
	must(t, os.WriteFile(names[0], text, 0o666))
	if sum := d.load(dir); sum.runs != 1 || sum.notes != nil {
		t.Errorf("%+v", sum)
	}
	same(t, inFiles(t, dir), inTables(t, d.catalogue))
}

func TestTablesThatSomebodyElseChangedEndTheLoad(t *testing.T) {
	dir, d := newStore(t, 1), newTarget(t)
	d.load(dir)
	next(t, dir, 2)
	tx := d.table("spaces").NewTransaction()
	files, err := filesOf(t.Context(), d.table("spaces"))
	must(t, err)
	for path := range files {
		must(t, tx.ReplaceDataFiles(t.Context(), []string{path}, nil, nil))
	}
	_, err = tx.Commit(t.Context())
	must(t, err)
	if _, err = d.loader(dir).load(t.Context()); err == nil || !strings.Contains(err.Error(), "is of somebody else") {
		t.Fatal(err)
	}
	must(t, d.DropTable(t.Context(), d.identifier(schemas.Lookup("spaces"))))
	d.loadAll(dir)
	same(t, inFiles(t, dir), inTables(t, d.catalogue))
}

// What replay makes anew of a run has the name of before.
func TestFilesThatWereMadeAgainAreReplaced(t *testing.T) {
	dir, d := newStore(t, 2), newTarget(t)
	want := inFiles(t, dir)
	d.load(dir)
	l := d.loader(dir)
	must(t, l.find())
	tbl := d.table("spaces")
	files, err := filesOf(t.Context(), tbl)
	must(t, err)
	for location, f := range files { // as if it had been of another size
		b, err := iceberg.NewDataFileBuilder(tbl.Spec(), iceberg.EntryContentData, location, iceberg.ParquetFile, nil, nil, nil, f.Count(), f.FileSizeBytes()+1)
		must(t, err)
		must(t, commit(t.Context(), tbl, []iceberg.DataFile{f}, []iceberg.DataFile{b.Build()}, iceberg.Properties{runProperty: "test"}))
		break
	}
	if sum := d.loadAll(dir); sum.files != 1 {
		t.Errorf("%+v", sum)
	}
	same(t, want, inTables(t, d.catalogue))
}

func TestSecretsAreNoFlags(t *testing.T) {
	for _, uri := range []string{"https://hunter2@host", "postgresql://host/db?sslpassword=hunter2"} {
		_, err := (&place{uri: uri, warehouse: "/w"}).open(t.Context())
		if err == nil || !strings.Contains(err.Error(), "leave out the password") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", uri, err)
		}
	}
	for what, args := range map[string][]string{
		"leave out the password":  {"--catalog", "postgresql://me:hunter2@host/db", "--warehouse", "/w"},
		"may be a secret":         {"--catalog", "https://host", "--property", "token=hunter2"},
		"--warehouse":             {"--catalog", "sqlite:///x.db"},
		"is no kind of catalogue": {"--catalog", "mysql://host/db"},
		"want sqlite:///FILE":     nil,
		"has four slashes":        {"--catalog", "sqlite:///srv/none/x.db", "--warehouse", "/w"},
		"it has no Parquet files": {"--catalog", "sqlite:///" + filepath.Join(t.TempDir(), "x.db"), "--warehouse", "/w"},
	} {
		var stdout, stderr bytes.Buffer
		args = append([]string{"spacesetl-iceberg", "--store", filepath.Join(t.TempDir(), "none")}, args...)
		if code := run(t.Context(), args, &stdout, &stderr); code != 2 || !strings.Contains(stderr.String(), what) || strings.Contains(stderr.String(), "hunter2") {
			t.Errorf("%s: exit %d, %s", what, code, &stderr)
		}
	}
	p := place{env: func(name string) string {
		return map[string]string{"SPACESETL_ICEBERG_CREDENTIAL": "id:hunter 2"}[name]
	}}
	if got := p.hide(errors.New("401 for client_secret=hunter+2, hunter 2")).Error(); got != "401 for client_secret=***, ***" {
		t.Error(got)
	}
}

func TestProgram(t *testing.T) {
	dir, at := newStore(t, 1), t.TempDir()
	args := []string{"spacesetl-iceberg", "--store", string(dir), "--catalog", "sqlite:///" + filepath.Join(at, "c.db"), "--warehouse", filepath.Join(at, "w")}
	for _, want := range []string{"1 run added: ", "nothing new: the tables have all 1 run\n"} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, &stdout, &stderr); code != 0 || !strings.HasPrefix(stdout.String(), want) {
			t.Fatalf("exit %d, %s%s", code, &stdout, &stderr)
		}
	}
	locked, err := dir.Lock()
	must(t, err)
	defer locked.Unlock()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append(args, "--namespace", "other"), &stdout, &stderr); code != 75 {
		t.Errorf("exit %d, %s%s", code, &stdout, &stderr)
	}
}

// pythonReads are the rows of tables as pyiceberg reads them.
const pythonReads = `
import json, struct, sys
from pyiceberg.catalog import load_catalog
catalog = load_catalog("test", **json.loads(sys.argv[1]))
def text(v):
    if v is None: return None
    if isinstance(v, bool): return "1" if v else "0"
    if isinstance(v, float): return struct.pack(">d", v).hex()
    return str(v)
out = {}
for _, name in catalog.list_tables("spaces"):
    t = catalog.load_table(("spaces", name)).scan().to_arrow()
    columns = []
    for c, f in zip(t.columns, t.schema):
        if str(f.type).startswith("timestamp"):
            assert str(f.type) == "timestamp[us, tz=UTC]", f.type
            c = c.cast("int64")
        columns.append([text(v) for v in c.to_pylist()])
    out[name] = {"columns": t.schema.names, "rows": list(map(list, zip(*columns)))}
json.dump(out, sys.stdout)
`

// inPython are the rows that pyiceberg reads.
func inPython(t *testing.T, properties map[string]string) content {
	t.Helper()
	python := os.Getenv("SPACESETL_PYICEBERG_PYTHON")
	if python == "" && os.Getenv("SPACESETL_TOOLS") == "required" {
		t.Fatal("SPACESETL_PYICEBERG_PYTHON names no Python that has pyiceberg")
	}
	if python == "" {
		t.Skip("SPACESETL_PYICEBERG_PYTHON names no Python that has pyiceberg")
	}
	settings, err := json.Marshal(properties)
	must(t, err)
	c := exec.Command(python, "-c", pythonReads, string(settings))
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("pyiceberg: %v\n%s", err, &stderr)
	}
	var tables map[string]struct {
		Columns []string
		Rows    [][]any
	}
	must(t, json.Unmarshal(out, &tables))
	all := content{}
	for name, read := range tables {
		for _, row := range read.Rows {
			values := make([]any, len(schemas.Lookup(name).Columns))
			for i, c := range schemas.Lookup(name).Columns {
				values[i] = row[slices.Index(read.Columns, c.Name)]
			}
			all[name] = append(all[name], line(values))
		}
		slices.Sort(all[name])
	}
	return all
}

func TestPythonReadsTheSameRows(t *testing.T) {
	dir, d := newStore(t, 2), newTarget(t)
	before := *schemas.Lookup("users")
	before.Columns = before.Columns[:len(before.Columns)-3]
	_, err := d.create(t.Context(), &before)
	must(t, err)
	d.load(dir)
	next(t, dir, 4)
	d.load(dir)
	same(t, inFiles(t, dir), inPython(t, map[string]string{"type": "sql", "uri": d.place.uri}))
}
