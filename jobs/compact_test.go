package jobs_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// daily is a job that ran on several days, three of them in October.
type daily struct {
	*testing.T
	spec  jobs.Spec
	store store.Dir
	hours atomic.Int64 // since the first run
}

func newDaily(t *testing.T, runs int, compact string, to ...string) *daily {
	t.Helper()
	d := &daily{T: t}
	world := simulator.New(simulator.Config{Spaces: 40, NoRateLimits: true, Evolve: true, EvolveOver: 100 * time.Hour, Change: true, Quirks: true, Now: d.now})
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	d.spec = jobs.Spec{Name: "daily", Store: t.TempDir(), BaseURL: server.URL, To: append(to, "parquet"), Follow: jobfile.FollowOpen, IDs: world.SpaceIDs(4), Compact: compact}
	if len(to) == 0 { // a database takes a second and a half for a run with rows in all tables
		d.spec.With, d.spec.Creators = []string{"tweets"}, world.CreatorIDs(5)
	}
	d.spec.Defaults()
	d.store = store.Dir(d.spec.Store)
	for range runs {
		d.run()
	}
	return d
}

var dailyStores made[string]

// dailyDatabase is a copy of the store of a job that ran twice on a day, whose files are
// joined, and once on the next, with a database.
func dailyDatabase(t *testing.T) *daily {
	t.Helper()
	whole := dailyStores.of(t, 0, func(dir string) string {
		d := newDaily(t, 0, jobfile.CompactMonths, "duckdb")
		d.spec.Store, d.store = dir, store.Dir(dir)
		_, _ = d.run(), d.run()
		d.hours.Store(24)
		d.run()
		return dir
	})
	d := newDaily(t, 0, jobfile.CompactMonths, "duckdb")
	if err := os.CopyFS(filepath.Join(d.spec.Store, "store"), os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	d.spec.Store = filepath.Join(d.spec.Store, "store")
	d.store = store.Dir(d.spec.Store)
	d.hours.Store(32)
	return d
}

func (d *daily) now() time.Time {
	return time.Date(2026, 10, 29, int(d.hours.Load()), 0, 0, 0, time.UTC)
}

// run is a run; the next one comes eight hours later.
func (d *daily) run() jobs.Result {
	d.Helper()
	r := ran(d.T, d.spec, d.options())
	d.hours.Add(8)
	return r
}

func (d *daily) options() jobs.Options { return onClock(d.now) }

// rows hashes the rows that a glob over each table finds.
func (d *daily) rows() map[string]duckdb.TableHash {
	d.Helper()
	var parts []schemas.Part
	for _, t := range schemas.Tables() {
		for _, pattern := range []string{t.Name + "/run_*/*.parquet", t.Name + "/*.parquet"} { // of all partitions
			if names, _ := filepath.Glob(filepath.Join(d.store.Parquet(), pattern)); len(names) > 0 {
				parts = append(parts, schemas.Part{Table: t.Name, Path: pattern, Rows: 1})
			}
		}
	}
	hashes, err := duckdb.HashParts(d.Context(), parts, d.store.Parquet())
	if err != nil {
		d.Fatal(err)
	}
	return hashes
}

// whole fails where verify or status find something, or a glob other rows.
func (d *daily) whole(when string, want map[string]duckdb.TableHash) {
	d.Helper()
	job := jobs.Open(d.spec, d.options())
	v, err := job.Verify(d.Context(), proof.Options{})
	if err != nil || len(v.Problems) > 0 || v.Files == 0 {
		d.Errorf("%s: verify: %v, %+v", when, err, v)
	}
	o, err := job.Status(d.Context(), jobs.StatusOptions{})
	if err != nil {
		d.Fatal(err)
	}
	for _, f := range o.Findings {
		if f.Level == health.Problem && f.Kind != "silent" { // its Spaces come to an end
			d.Errorf("%s: status: %+v", when, f)
		}
	}
	for table, hash := range d.rows() {
		if want != nil && hash != want[table] {
			d.Errorf("%s: a glob over %s finds %v, want %v", when, table, hash, want[table])
		}
	}
}

// files counts the Parquet files of a table with rows in each folder of days.
func (d *daily) files(table string) map[string]int {
	d.Helper()
	names, err := filepath.Glob(filepath.Join(d.store.Parquet(), table, "*", "*.parquet"))
	if err != nil {
		d.Fatal(err)
	}
	days := map[string]int{}
	for _, name := range names {
		if strings.HasSuffix(name, "/map.parquet") {
			continue
		}
		days[strings.TrimPrefix(filepath.Base(filepath.Dir(name)), "run_date=")]++
	}
	return days
}

// Files of days that are over become one a table, and of months, too; the rows stay
// the same, for globs and for those who go by the map, and a replay changes nothing.
func TestFilesOfDaysAndMonthsAreJoined(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	d := newDaily(t, 16, jobfile.CompactNone) // October 29 to November 3
	want := d.rows()
	if got, all := d.files("runs"), map[string]int{"2026-10-29": 3, "2026-10-30": 3, "2026-10-31": 3, "2026-11-01": 3, "2026-11-02": 3, "2026-11-03": 1}; !equalCounts(got, all) {
		t.Errorf("compact: none left %v, want %v", got, all)
	}
	d.whole("before", want)
	pages := d.pages("*/*")
	d.spec.Compact = jobfile.CompactDays
	d.compact(false, true)
	if got, all := d.files("runs"), map[string]int{"2026-10-29": 1, "2026-10-30": 1, "2026-10-31": 1, "2026-11-01": 1, "2026-11-02": 1, "2026-11-03": 1}; !equalCounts(got, all) {
		t.Errorf("compact: day left %v, want %v", got, all)
	}
	d.whole("by days", want)
	d.spec.Compact = jobfile.CompactMonths
	d.compact(false, true)
	if got, all := d.files("runs"), map[string]int{"2026-10-29": 1, "2026-11-01": 1, "2026-11-02": 1, "2026-11-03": 1}; !equalCounts(got, all) {
		t.Errorf("compact: month left %v, want %v", got, all)
	}
	if raw, _ := filepath.Glob(filepath.Join(d.store.Raw(), "*")); len(raw) != 4 || filepath.Base(raw[0]) != "202610-1.ndjson.zst" || filepath.Base(raw[1]) != "20261101-1.ndjson.zst" {
		t.Errorf("compact: month left %q of pages", raw)
	}
	if n := d.pages("*.zst") + d.pages("*/*"); n != pages || pages == 0 {
		t.Errorf("there are %d pages, want %d", n, pages)
	}
	d.whole("by months", want)
	for _, all := range []bool{false, true} {
		d.compact(all, false) // nothing is left to do
	}
	before := d.listing()
	d.replay("") // what stands joined, stands
	d.whole("replayed", want)
	if after := d.listing(); !slices.Equal(before, after) {
		t.Errorf("a replay changed the files:\n%q\n%q", before, after)
	}
	first := d.runs()[0]
	d.change(first) // as if another version had loaded it
	d.replay(first)
	if n := d.files("runs")["2026-10-29"]; n != 3 {
		t.Errorf("a run that is loaded anew: %d files of its day, want its own and the others'", n)
	}
	d.whole("taken apart", want)
	d.compact(false, true)
	d.whole("joined again", want)
	for range 3 {
		d.run() // to November 4: joins by itself
	}
	if got, all := d.files("runs"), map[string]int{"2026-10-29": 1, "2026-11-01": 1, "2026-11-02": 1, "2026-11-03": 1, "2026-11-04": 1}; !equalCounts(got, all) {
		t.Errorf("after more runs: %v, want %v", got, all)
	}
	d.whole("after more runs", nil)
}

func equalCounts(a, b map[string]int) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

func (d *daily) compact(all, some bool) {
	d.Helper()
	sum, err := jobs.Open(d.spec, d.options()).Compact(d.Context(), all)
	if err != nil || len(sum.Left) > 0 || sum.Before > 0 != some {
		d.Errorf("compact: %+v, %v, want some %v", sum, err, some)
	}
}

func (d *daily) replay(run string) {
	d.Helper()
	for r, err := range jobs.Open(d.spec, d.options()).Replay(d.Context(), jobs.ReplayOptions{Run: run}) {
		if err != nil {
			d.Fatalf("replay: %v, %+v", err, r)
		}
	}
}

func (d *daily) runs() []string {
	d.Helper()
	runs, err := d.store.Runs()
	if err != nil {
		d.Fatal(err)
	}
	return runs
}

// listing are all Parquet files with their sizes.
func (d *daily) listing() (names []string) {
	d.Helper()
	all, err := filepath.Glob(filepath.Join(d.store.Parquet(), "*", "*", "*.parquet"))
	direct, _ := filepath.Glob(filepath.Join(d.store.Parquet(), "*", "*.parquet"))
	for _, name := range append(all, direct...) {
		info, statErr := os.Stat(name)
		if err = errors.Join(err, statErr); err == nil {
			names = append(names, fmt.Sprint(name, " ", info.Size()))
		}
	}
	if err != nil {
		d.Fatal(err)
	}
	return names
}

// pages counts the landed pages in files below raw, as DuckDB reads them.
func (d *daily) pages(glob string) (n int) {
	d.Helper()
	names := schemas.QuoteText(filepath.Join(d.store.Raw(), glob))
	if err := openBeside(d.T, ":memory:").QueryRow("SELECT count(body) FROM read_json(" + names + ", columns = {body: 'JSON'})").Scan(&n); err != nil {
		d.Error(err)
	}
	return n
}

// change makes the manifest of a run one that its pages do not repeat.
func (d *daily) change(run string) {
	d.Helper()
	m, err := d.store.Manifest(run)
	if err != nil {
		d.Fatal(err)
	}
	m.Unreadable++
	if err = errors.Join(m.Seal(d.store), os.MkdirAll(filepath.Dir(d.store.RunFile(run, "manifest.json")), 0o755)); err == nil {
		err = store.WriteJSON(d.store.RunFile(run, "manifest.json"), m, nil)
	}
	if err != nil {
		d.Fatal(err)
	}
}

// A database that went is made again of joined files, and by a replay, once for all runs.
func TestDatabaseIsMadeAgainOfJoinedFiles(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	d := dailyDatabase(t)
	if got, all := d.files("runs"), map[string]int{"2026-10-29": 1, "2026-10-30": 1}; !equalCounts(got, all) {
		t.Errorf("runs left %v, want %v", got, all)
	}
	if err := os.Remove(d.store.DuckDB()); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	o := d.options()
	o.Log = slog.New(slog.NewTextHandler(&said, nil))
	ran(t, d.spec, o)
	if !strings.Contains(said.String(), "lacks 3 runs") {
		t.Errorf("the run says %s", &said)
	}
	d.whole("made again", nil)
	want := hashesOf(t, d.store.DuckDB())
	if err := os.Remove(d.store.DuckDB()); err != nil {
		t.Fatal(err)
	}
	visible := 0
	o = d.options()
	o.Step = func(name, _ string) error {
		if name == "duckdb: renamed" {
			visible++
		}
		return nil
	}
	for _, err := range jobs.Open(d.spec, o).Replay(t.Context(), jobs.ReplayOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if visible != 1 {
		t.Errorf("%d databases were made for %d runs, want one", visible, len(d.runs()))
	}
	if diff := cmp.Diff(want, hashesOf(t, d.store.DuckDB())); diff != "" {
		t.Errorf("replayed (-run +replay):\n%s", diff)
	}
}

// What cannot be joined stays as it is, and is said once: a file that is not what its
// manifest lists, those of somebody else, and those of a run that can go on. Whatever
// step fails, the rows are there, once, and the next time all is done.
func TestWhatCannotBeJoinedStays(t *testing.T) {
	slow(t)
	t.Parallel()
	d := newDaily(t, 7, jobfile.CompactNone)
	want := d.rows()
	own := func(run string) string {
		return filepath.Join(d.store.Parquet(), "runs", "run_date=2026-10-29", run+"-0.parquet")
	}
	runs := d.runs()
	text, err := os.ReadFile(own(runs[1]))
	if err != nil {
		t.Fatal(err)
	}
	broken := slices.Clone(text)
	broken[len(broken)/2] ^= 1
	foreign := map[string]string{"notes.txt": "mine", "copies/run_date=2026-10-29/mine.parquet": "not ours", "run_date=2026-10-29/mycopy-1.parquet.bak": "a copy"}
	for name, text := range foreign {
		name = filepath.Join(d.store.Parquet(), "runs", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(own(runs[1]), broken, 0o600); err != nil {
		t.Fatal(err)
	}
	d.spec.Compact = jobfile.CompactMonths
	failed := errors.New("as a disk that is full")
	for _, step := range []string{"table: before exchange", "table: exchanged"} {
		o := d.options()
		o.Step = func(name, _ string) error {
			if name == step {
				return failed
			}
			return nil
		}
		if _, err := jobs.Open(d.spec, o).Compact(t.Context(), false); !errors.Is(err, failed) {
			t.Errorf("%s: %v, want that the disk is full", step, err)
		}
	}
	sum, err := jobs.Open(d.spec, d.options()).Compact(t.Context(), false)
	if err != nil || len(sum.Left) != 1 || !strings.Contains(sum.Left[0], own(runs[1])) {
		t.Errorf("%+v, %v, want that %s was left", sum, err, own(runs[1]))
	}
	if got, err := os.ReadFile(own(runs[1])); err != nil || string(got) != string(broken) {
		t.Errorf("the broken file is not as it was: %v", err)
	}
	for name, text := range foreign {
		if got, err := os.ReadFile(filepath.Join(d.store.Parquet(), "runs", name)); err != nil || string(got) != text {
			t.Errorf("%s: %q, %v, want %q", name, got, err, text)
		}
	}
	if err := os.WriteFile(own(runs[1]), text, 0o600); err != nil {
		t.Fatal(err)
	}
	d.whole("with one file left", want)
	d.damageJoined()
	if left, _ := filepath.Glob(filepath.Join(d.store.Parquet(), "_table-*")); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}

// damageJoined changes the file of a day in the middle, which costs its month only: what
// was joined before stays, and is joined with the others once it is whole again.
func (d *daily) damageJoined() {
	d.Helper()
	d.spec.Compact = jobfile.CompactNone
	d.hours.Store(4 * 24)
	d.run() // in November
	d.spec.Compact = jobfile.CompactMonths
	file := filepath.Join(d.store.Parquet(), "runs", "run_date=2026-10-30", "20261030-0.parquet")
	text, err := os.ReadFile(file)
	if err != nil {
		d.Fatal(err)
	}
	broken := slices.Clone(text)
	broken[len(broken)/2] ^= 1
	for _, c := range []struct {
		text  []byte
		left  int
		files int // of October, with that of the run that was left before
	}{{broken, 1, 4}, {text, 0, 2}} {
		if err := os.WriteFile(file, c.text, 0o600); err != nil {
			d.Fatal(err)
		}
		sum, err := jobs.Open(d.spec, d.options()).Compact(d.Context(), false)
		if err != nil || len(sum.Left) != c.left {
			d.Errorf("a joined file: %+v, %v, want %d left", sum, err, c.left)
		}
		n := 0
		for day, files := range d.files("runs") {
			if strings.HasPrefix(day, "2026-10") {
				n += files
			}
		}
		if n != c.files {
			d.Errorf("October has %d files of runs, want %d: %v", n, c.files, d.files("runs"))
		}
	}
	d.whole("after damage to a joined file", nil)
}

// Readers that go by a glob see all rows, or are told that a file is gone, while files
// are joined and taken apart.
func TestReadersMissNoRowWhileFilesAreJoined(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	d := newDaily(t, 8, jobfile.CompactNone)
	d.spec.Compact = jobfile.CompactMonths
	want := d.rows()["api_requests"].Rows
	db := openBeside(t, ":memory:")
	glob := schemas.QuoteText(filepath.Join(d.store.Parquet(), "api_requests", "*", "*.parquet"))
	ended, looks, gone := make(chan error, 1), 0, 0
	go func() {
		var err error
		for i := 0; i < inFull(20, 3) && err == nil; i++ {
			_, err = jobs.Open(d.spec, d.options()).Compact(t.Context(), false)
			if locked, lockErr := d.store.Lock(); lockErr == nil {
				err = errors.Join(err, compact.Apart(t.Context(), locked, d.runs()[0], false))
				locked.Unlock()
			}
		}
		ended <- err
	}()
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d looks, %d were told that a file is gone", looks, gone)
			if looks-gone < 10 {
				t.Errorf("%d looks found all rows: too few are tested", looks-gone)
			}
			return
		default:
		}
		time.Sleep(time.Millisecond) // the others want to get on, too
		var n int64
		began := time.Now()
		err := db.QueryRow("SELECT count(_page_id) FROM read_parquet(" + glob + ")").Scan(&n)
		if looks++; err != nil {
			gone++
			if !strings.Contains(err.Error(), "No such file") && !strings.Contains(err.Error(), "No files found") {
				t.Errorf("a reader is told %v", err)
			}
		} else if n != want && time.Since(began) < time.Second { // a slower one can miss what is taken apart
			t.Fatalf("a glob found %d rows, want %d", n, want)
		}
	}
}

// A store whose files were joined by the first version that did so is whole, is replayed
// to the same files, and goes on.
func TestStoreOfFormat2GoesOnWorking(t *testing.T) {
	slow(t)
	d := newDaily(t, 0, jobfile.CompactMonths)
	d.store = unpacked(t, "store-format2.tar.zst") // runs from October 29 to November 1
	d.spec.Store, d.spec.With, d.spec.Creators = string(d.store), nil, nil
	d.hours.Store(10 * 8)
	want := d.rows()
	if want["runs"].Rows != 10 || want["spaces"].Rows == 0 || d.files("runs")["2026-10-29"] != 1 {
		t.Fatalf("the store has %v in %v", want, d.files("runs"))
	}
	d.whole("as it was", want)
	before := d.listing()
	d.replay("")
	if after := d.listing(); !slices.Equal(before, after) {
		t.Errorf("a replay changed the files:\n%q\n%q", before, after)
	}
	d.compact(true, true) // the pages
	d.whole("replayed", want)
	d.run()
	d.run()
	d.run() // on November 2
	if got, all := d.files("runs"), map[string]int{"2026-10-29": 1, "2026-11-01": 1, "2026-11-02": 1}; !equalCounts(got, all) {
		t.Errorf("after more runs: %v, want %v", got, all)
	}
	d.whole("after more runs", nil)
}

// So is one with bundles of pages, plans and manifests, of which a month's pages were
// pruned.
func TestStoreOfFormat3GoesOnWorking(t *testing.T) {
	slow(t)
	d := newDaily(t, 0, jobfile.CompactMonths)
	d.store = unpacked(t, "store-format3.tar.zst") // ten runs from October 29 to November 1, one on January 10
	d.spec.Store, d.spec.With = string(d.store), nil
	d.hours.Store(10*8 + 24*70 + 8)
	want := d.rows()
	runs, err := d.store.Runs()
	if err != nil || len(runs) != 11 || want["runs"].Rows != 11 || want["spaces"].Rows == 0 {
		t.Fatalf("the store has %v in %v (%v)", want, runs, err)
	}
	d.whole("as it was", want)
	if v, err := jobs.Open(d.spec, d.options()).Verify(t.Context(), proof.Options{All: true}); err != nil || v.Pruned != 9 || v.Pages == 0 {
		t.Errorf("verify: %v, %+v", err, v)
	}
	before := d.listing()
	d.replay("")
	if after := d.listing(); !slices.Equal(before, after) {
		t.Errorf("a replay changed the files:\n%q\n%q", before, after)
	}
	d.run()
	d.run()
	d.run() // on January 11
	d.whole("after more runs", nil)
	if own, err := filepath.Glob(filepath.Join(d.store.Raw(), "2*Z-*")); err != nil || len(own) > 2 {
		t.Errorf("not joined: %q, %v", own, err)
	}
}

// A job that changes its partition goes on: what reads the files of runs finds them, here
// and there, and a replay of all leaves them where they are.
func TestPartitionOfAJobIsChanged(t *testing.T) {
	slow(t)
	d := newDaily(t, 0, jobfile.CompactMonths)
	d.spec.With, d.spec.Creators = nil, nil
	for i := range 7 { // to October 31
		if i == 4 { // the second of the 30th
			d.spec.Partition = schemas.PartitionNone
		}
		d.run()
	}
	want := d.rows()
	d.whole("changed", want)
	before := d.listing()
	d.replay("")
	d.change(d.runs()[6]) // as if another version had loaded it
	d.replay(d.runs()[6])
	if after := d.listing(); !slices.Equal(before, after) {
		t.Errorf("a replay changed the files:\n%q\n%q", before, after)
	}
	d.change(d.runs()[4]) // of a joined file
	d.replay(d.runs()[4])
	d.whole("replayed", want)
	backup, restored := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "store")
	if sum, err := jobs.Open(d.spec, d.options()).Backup(t.Context(), backup, nil); err != nil || len(sum.Problems)+len(sum.Left)+len(sum.Foreign) > 0 {
		t.Errorf("backup: %+v, %v", sum, err)
	}
	if _, err := keep.Restore(t.Context(), keep.From{Backup: backup, Store: store.Dir(restored)}); err != nil {
		t.Fatal(err)
	}
	d.spec.Store, d.store = restored, store.Dir(restored)
	d.whole("restored", want)
	d.compact(true, true)
	d.whole("moved", want)
	if names, err := filepath.Glob(filepath.Join(d.store.Parquet(), "*", "run_*")); err != nil || len(names) > 0 {
		t.Errorf("left elsewhere: %q, %v", names, err)
	}
}

// A file that somebody refers to stays where it is, and the others are joined around it.
func TestFilesThatAreHeldStay(t *testing.T) {
	slow(t)
	d := newDaily(t, 5, jobfile.CompactNone) // three on October 29
	want := d.rows()
	names, err := filepath.Glob(filepath.Join(d.store.Parquet(), "spaces", "run_date=2026-10-29", "*.parquet"))
	if err != nil || len(names) != 3 {
		t.Fatalf("files of the first day: %q, %v", names, err)
	}
	held, err := filepath.Rel(d.store.Parquet(), names[1])
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(compact.Held(d.store), "lake.txt")
	if err := errors.Join(os.MkdirAll(filepath.Dir(list), 0o777), os.WriteFile(list, []byte(filepath.ToSlash(held)+"\n"), 0o666)); err != nil {
		t.Fatal(err)
	}
	d.spec.Compact = jobfile.CompactMonths
	sum, err := jobs.Open(d.spec, d.options()).Compact(t.Context(), false)
	if err != nil || len(sum.Left) != 1 || !strings.Contains(sum.Left[0], names[1]) || !strings.Contains(sum.Left[0], list) {
		t.Errorf("left %q, %v", sum.Left, err)
	}
	if _, err := os.Stat(names[1]); err != nil || d.files("spaces")["2026-10-29"] != 2 {
		t.Errorf("held: %v; files %v", err, d.files("spaces"))
	}
	d.whole("held", want)
}

// So is one whose job has changed its partition, and of which months' Parquet files were
// pruned, whose pages are there.
func TestStoreOfFormat5GoesOnWorking(t *testing.T) {
	slow(t)
	d := newDaily(t, 0, jobfile.CompactMonths)
	d.store = unpacked(t, "store-format5.tar.zst") // ten runs from October 29 to November 1, one on December 10, one on January 9
	d.spec.Store, d.spec.With, d.spec.Creators, d.spec.Partition = string(d.store), nil, nil, schemas.PartitionMonth
	d.spec.Follow = jobfile.FollowNone
	d.hours.Store(12*8 + 24*(39+30))
	want := d.rows()
	runs, err := d.store.Runs()
	if err != nil || len(runs) != 12 || want["runs"].Rows != 2 || want["spaces"].Rows == 0 {
		t.Fatalf("the store has %v in %v (%v)", want, runs, err)
	}
	d.whole("as it was", want)
	if v, err := jobs.Open(d.spec, d.options()).Verify(t.Context(), proof.Options{All: true}); err != nil || len(v.Problems) > 0 || v.Pages == 0 {
		t.Errorf("verify: %v, %+v", err, v)
	}
	before := d.listing()
	d.replay("")
	if after := d.listing(); !slices.Equal(before, after) {
		t.Errorf("a replay changed the files:\n%q\n%q", before, after)
	}
	d.run()
	d.run()
	d.run()
	d.whole("after more runs", nil)
	if days, err := filepath.Glob(filepath.Join(d.store.Parquet(), "*", "run_date=*")); err != nil || len(days) > 0 {
		t.Errorf("not in folders of months: %q, %v", days, err)
	}
}
