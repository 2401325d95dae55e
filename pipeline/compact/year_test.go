package compact

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// The pieces of a month are few, and those of a day later are the same, or some of them
// together: no row is in two.
func TestPiecesOfAMonth(t *testing.T) {
	written := 0.0
	for over := 1; over <= 30; over++ {
		first := map[int]int{} // days of each
		for day := 1; day <= over; day++ {
			first[piece(day, over)]++
			if was := piece(day, over-1); piece(was, over) != piece(day, over) && was < over {
				t.Errorf("day %d is in the piece of %d when %d are over, and in that of %d before", day, piece(day, over), over, was)
			}
		}
		if len(first) > 6 {
			t.Errorf("%d days have %d pieces", over, len(first))
		}
		written += float64(first[piece(over, over)])
	}
	if perDay := written / 30; perDay > 2.2 {
		t.Errorf("a row is written %.1f times before its month is over", perDay)
	}
}

// rows makes a run whose files are published, with one row, of itself, and returns its id.
func rows(t *testing.T, l *store.Locked, at time.Time) string {
	t.Helper()
	return rowsIn(t, l, at, schemas.PartitionDay)
}

func rowsIn(t *testing.T, l *store.Locked, at time.Time, partition schemas.Partition) string {
	t.Helper()
	planned, err := l.Begin(store.Planned{Plan: store.Plan{Job: "x"}}, "test", at)
	if err != nil {
		t.Fatal(err)
	}
	run := planned.Run
	loader, err := parquet.New(parquet.Config{Dir: l.Parquet(), Staging: filepath.Join(l.Parquet(), "_staging"), RunID: run.RunID, RunDate: run.StartedAt, Partition: partition})
	if err != nil {
		t.Fatal(err)
	}
	run.Outcome, run.EndedAt = schemas.Done, at
	batch, err := transform.NewDecoder().Run(run)
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Record.Release()
	err = loader.Load(t.Context(), 0, []schemas.Batch{batch})
	parts, finishErr := loader.Finish(t.Context())
	if err = errors.Join(err, finishErr); err == nil {
		err = l.Committing(run.RunID, parts, nil)
	}
	_, commitErr := loader.Commit(t.Context())
	m := &store.Manifest{Run: run, Plan: planned.Plan, Files: parts, Destinations: []string{store.ParquetFiles}}
	if err = errors.Join(err, commitErr, m.Seal(l.Dir)); err == nil {
		_, err = l.WriteManifest(m, nil)
	}
	if err = errors.Join(err, l.Committed(run.RunID)); err != nil {
		t.Fatal(err)
	}
	return run.RunID
}

// filesOf are the Parquet files of a table, its map, too.
func filesOf(t *testing.T, d store.Dir, table string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(d.Parquet(), table), func(name string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".parquet") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// counted are the rows that a glob over a table of runs finds, if each run has one.
func counted(t *testing.T, l *store.Locked) {
	t.Helper()
	runs, err := l.Runs()
	hashes, hashErr := duckdb.HashParts(t.Context(), []schemas.Part{{Table: "runs", Path: "runs/**/*.parquet", Rows: 1}}, l.Parquet())
	if err := errors.Join(err, hashErr); err != nil || hashes["runs"].Rows != int64(len(runs)) {
		t.Errorf("%d runs have %d rows, %v", len(runs), hashes["runs"].Rows, err)
	}
}

// join is the end of the first run of a day.
func join(t *testing.T, l *store.Locked, at time.Time) {
	t.Helper()
	if sum, err := Join(t.Context(), l, Config{Now: at, Begun: true}); err != nil || len(sum.Left) > 0 {
		t.Fatalf("%s: %+v, %v", at, sum, err)
	}
	counted(t, l)
}

// The Parquet files of an hourly job are 1,500 at most on each day of a year. What a
// table has of days that are over does not depend on the number of their runs: one a day
// is made here, in the first and the last month, and with it are counted those of an
// hourly job, of which half of the tables have rows in each run (of the job of the README
// it is a third), and those of the day before, which are there until the first run of a
// day has joined them.
func TestFilesOfAnHourlyYear(t *testing.T) {
	l := locked(t)
	tables, most := len(schemas.Tables()), 0
	for at := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC); at.Year() == 2026; at = at.AddDate(0, 0, 1) {
		if month := at.Month(); month > 1 && month < 12 && at.Day()%7 != 0 {
			continue
		}
		rows(t, l, at)
		if sum, err := Join(t.Context(), l, Config{Now: at, Begun: true}); err != nil || len(sum.Left) > 0 {
			t.Fatalf("%s: %+v, %v", at, sum, err)
		}
		over := len(filesOf(t, l.Dir, "runs")) - 1 // but today's
		n := tables*over + tables/2*25
		if most = max(most, n); n > 1500 {
			t.Errorf("%s: %d files", at.Format(time.DateOnly), n)
		}
	}
	t.Logf("%d files at most", most)
	counted(t, l)
}

func locked(t *testing.T) *store.Locked {
	t.Helper()
	l, err := store.Dir(t.TempDir()).Lock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Unlock)
	return l
}

// Whatever step fails, the rows of a piece are there once, and the next time it is made;
// taken apart, its files are those that manifests list. A file of a day that somebody
// refers to, or that is damaged, stays, and the days before and behind it are joined.
func TestPieceOfDays(t *testing.T) {
	l := locked(t)
	at := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	first := rows(t, l, at)
	for range 3 {
		at = at.AddDate(0, 0, 1)
		rows(t, l, at)
		if sum, err := Join(t.Context(), l, Config{Now: at, Begun: true}); err != nil || len(sum.Left) > 0 {
			t.Fatalf("%s: %+v, %v", at, sum, err)
		}
	}
	if n := len(filesOf(t, l.Dir, "runs")); n != 3+1+1 {
		t.Errorf("three days have %d files, with the map and today's", n)
	}
	at = at.AddDate(0, 0, 1)
	rows(t, l, at)
	failed := errors.New("as a disk that is full")
	for _, step := range []string{"table: before exchange", "table: exchanged"} {
		_, err := Join(t.Context(), l, Config{Now: at, Begun: true, Step: func(name, _ string) error {
			if name == step {
				return failed
			}
			return nil
		}})
		if !errors.Is(err, failed) {
			t.Errorf("%s: %v", step, err)
		}
		counted(t, l)
	}
	join(t, l, at)
	if n := len(filesOf(t, l.Dir, "runs")); n != 1+1+1 {
		t.Errorf("a piece of four days: %d files, with the map and today's", n)
	}
	if err := Apart(t.Context(), l, first, false); err != nil {
		t.Error(err)
	}
	counted(t, l)
	join(t, l, at)
	m, err := store.ReadMap(l.Dir, "runs")
	if err != nil || len(m.Files) != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	held := m.Files[0].Path
	list := filepath.Join(Held(l.Dir), "lake.txt")
	if err := errors.Join(os.MkdirAll(filepath.Dir(list), 0o777), os.WriteFile(list, []byte(held+"\n"), 0o666)); err != nil {
		t.Fatal(err)
	}
	for range 12 {
		at = at.AddDate(0, 0, 1)
		rows(t, l, at)
	}
	join(t, l, at) // sixteen days are over
	if n := len(filesOf(t, l.Dir, "runs")); n != 2+1+1 {
		t.Errorf("a piece that is held, and twelve days: %d files, with the map and today's", n)
	}
	if _, err := os.Stat(filepath.Join(l.Parquet(), held)); err != nil {
		t.Error(err)
	}
	sum, err := Join(t.Context(), l, Config{Now: at, Most: 1}) // all are as large as they are to be
	if err != nil || sum.Before > 0 || len(sum.Left) != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
	if err := os.Remove(list); err != nil {
		t.Fatal(err)
	}
	if sum, err := Join(t.Context(), l, Config{Now: at}); err != nil || sum.Before != 2 || sum.After != 1 {
		t.Errorf("held no more: %+v, %v", sum, err)
	}
	counted(t, l)
}
