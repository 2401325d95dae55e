package keep_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/keep/policy"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// tables is what prunes Parquet files of a job's store.
func (j *job) tables(archive string) keep.PruneConfig {
	return keep.PruneConfig{Policy: policy.Policy{Parquet: 60 * 24 * time.Hour, Archive: archive}, Now: j.now(), Database: j.has}
}

func (j *job) has(ctx context.Context) (map[string]string, error) {
	c, err := duckdb.New(duckdb.Config{Path: store.Dir(j.spec.Store).DuckDB()}).Inspect(ctx)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return c.Runs, err
}

// unharmed fails where verify, or status, takes anything for damage, and returns what
// verify says.
func (j *job) unharmed(t *testing.T, when string, how proof.Options) *health.Verification {
	t.Helper()
	v, err := j.open().Verify(t.Context(), how)
	if err != nil || len(v.Problems) > 0 {
		t.Errorf("%s: verify: %v, %+v", when, err, v)
	}
	o, err := j.open().Status(t.Context(), jobs.StatusOptions{Stale: 1e6 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range o.Findings {
		if f.Level == health.Problem && f.Kind != "orphans" { // as who is killed leaves, and the next removes
			t.Errorf("%s: status: %s", when, f.Text)
		}
	}
	var quick health.Verification
	d := store.Dir(j.spec.Store)
	runs, err := d.Runs()
	if err == nil {
		err = health.VerifyQuickly(t.Context(), &quick, d, runs, health.ReadNotes(d))
	}
	if err != nil || len(quick.Problems) > 0 {
		t.Errorf("%s: doctor: %v, %q", when, err, quick.Problems)
	}
	if _, err := health.ReadNotes(d).Parts(d, runs); err != nil {
		t.Errorf("%s: browse: %v", when, err)
	}
	return v
}

// parquet are the Parquet files of a month, by path.
func parquet(t *testing.T, d store.Dir, month string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for name, text := range scratchtest.Files(t, d.Parquet()) {
		if strings.Contains(name, "/run_date="+month) {
			files[name] = text
		}
	}
	return files
}

func TestPrunedParquetFiles(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	loose := old(t, jobfile.CompactNone, "parquet", "duckdb")
	joined := loose.copied(t)
	joined.spec.Compact = jobfile.CompactMonths
	if _, err := joined.open().Compact(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	for what, test := range map[string]func(*testing.T, *job){
		"missed by nobody": missedByNobody, "lost": ofRunsThatAreLost, "stays": parquetStays, "fails": pruningTablesFails, "killed": pruningIsKilled,
	} {
		t.Run(what, func(t *testing.T) { test(t, joined.copied(t)) })
	}
	t.Run("fails loose", func(t *testing.T) { pruningTablesFails(t, loose.copied(t)) })
}

// copied is the job with a copy of its store.
func (j *job) copied(t *testing.T) *job {
	t.Helper()
	to := j.in(filepath.Join(t.TempDir(), "store"))
	if err := os.CopyFS(to.spec.Store, os.DirFS(j.spec.Store)); err != nil {
		t.Fatal(err)
	}
	return to
}

// What was pruned of the Parquet files is missed by nobody while the pages are there, also
// where it is made again, and an archive brings it back.
func missedByNobody(t *testing.T, j *job) {
	d := store.Dir(j.spec.Store)
	archive := filepath.Join(t.TempDir(), "archive")
	before, was := scratchtest.Files(t, string(d)), parquet(t, d, "2026-10")
	copied := filepath.Join(t.TempDir(), "copy")
	backup(t, keep.Config{Store: d, To: copied})
	years := j.tables(archive)
	years.Now = years.Now.AddDate(10, 0, 0)
	would, err := keep.Prunable(t.Context(), d, years)
	if err != nil || len(would.Tables) != 2 || would.Tables[1].Last > "202612" {
		t.Errorf("in ten years: would prune %+v (%v), want all but the month of the newest run", would, err)
	}
	would, err = keep.Prunable(t.Context(), d, j.tables(archive))
	if err != nil || len(would.Tables) != 1 || would.Tables[0].Runs != 2 || would.Tables[0].Files != len(was) || would.Tables[0].Rows == 0 || len(would.Why()) > 0 {
		t.Fatalf("would prune %+v (%v), want October's %d files of 2 runs", would, err, len(was))
	}
	for name, text := range scratchtest.Files(t, string(d)) {
		if before[name] != text {
			t.Errorf("a dry run changed %s", name)
		}
	}
	sum, err := keep.PruneStore(t.Context(), d, false, j.tables(archive))
	if err != nil || len(sum.Tables) != 1 || sum.Tables[0].Archive != filepath.Join(archive, "parquet-2026-10.tar.zst") {
		t.Fatalf("pruned %+v (%v)", sum, err)
	}
	if left := parquet(t, d, "2026-10"); len(left) > 0 {
		t.Errorf("%d files are there", len(left))
	}
	if v := j.unharmed(t, "pruned", proof.Options{}); v.Database != "compared" {
		t.Errorf("with its pages the database is %q", v.Database)
	}
	again, err := keep.PruneStore(t.Context(), d, false, j.tables(archive))
	if err != nil || len(again.Tables)+len(again.Why()) > 0 {
		t.Errorf("pruned again: %+v (%v)", again, err)
	}
	if err := os.Remove(d.DuckDB()); err != nil {
		t.Fatal(err)
	}
	raw := j.config("") // of what only the pages have now
	raw.Database = j.has
	if sum, err := keep.PruneStore(t.Context(), d, false, raw); err != nil || len(sum.Months) > 0 || !strings.Contains(sum.Stays, "whose Parquet files were pruned") {
		t.Errorf("without a database: %+v (%v)", sum, err)
	}
	j.replay(t) // of what there is, the pages
	if left := parquet(t, d, "2026-10"); len(left) > 0 {
		t.Errorf("replay brought %d files back of the same rows", len(left))
	}
	j.unharmed(t, "made again", proof.Options{Files: true})
	if sum := backup(t, keep.Config{Store: d, To: copied}); len(sum.Problems) > 0 {
		t.Errorf("backup: %q", sum.Problems)
	}
	back, err := keep.RestoreArchive(t.Context(), d, sum.Tables[0].Archive, nil)
	if err != nil || back.Runs != 2 || back.Files != len(was) {
		t.Fatalf("restored: %+v, %v", back, err)
	}
	now := parquet(t, d, "2026-10")
	for name, text := range was {
		if now[name] != text {
			t.Errorf("%s is not what it was", name)
		}
	}
	j.unharmed(t, "restored", proof.Options{Files: true})
	j.spec.Keep = policy.Policy{Parquet: 60 * 24 * time.Hour, Archive: archive}
	j.hours.Add(24)
	j.run(t) // the first of its day
	if p, err := landing.ReadPruned(d); err != nil || len(p.Tables) == 0 || p.Tables[0].Archive != sum.Tables[0].Archive || len(parquet(t, d, "2026-10")) > 0 {
		t.Errorf("a run has pruned %+v (%v)", p, err)
	}
}

// Without pages, too, the database is not begun anew without their rows, and what is left
// is held against it.
func ofRunsThatAreLost(t *testing.T, j *job) {
	d := store.Dir(j.spec.Store)
	archive := filepath.Join(t.TempDir(), "archive")
	cfg := j.tables(archive)
	cfg.Raw = cfg.Parquet
	sum, err := keep.PruneStore(t.Context(), d, false, cfg)
	if err != nil || len(sum.Tables) != 1 || len(sum.Months) != 1 {
		t.Fatalf("pruned %+v (%v)", sum, err)
	}
	v := j.unharmed(t, "pruned", proof.Options{})
	if !strings.HasPrefix(v.Database, "compared: ") || v.LastSeen == 0 {
		t.Errorf("the database is %q, with %d rows of pruned runs", v.Database, v.LastSeen)
	}
	for _, wrong := range []string{
		"DELETE FROM spaces WHERE _run_id = (SELECT max(_run_id) FROM spaces)",
		"UPDATE users SET name = 'another' WHERE _run_id = (SELECT max(_run_id) FROM users)",
		"INSERT INTO topics BY NAME (SELECT * REPLACE ('0' AS topic_id, (SELECT max(_run_id) FROM runs) AS _run_id) FROM topics LIMIT 1)",
	} {
		j.spoilt(t, wrong)
	}
	whole, err := os.ReadFile(d.DuckDB())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(d.DuckDB()); err != nil {
		t.Fatal(err)
	}
	if _, err := j.open().Run(t.Context()); err == nil || !strings.Contains(err.Error(), "for a in ") && !strings.Contains(err.Error(), "spacesetl restore --archive "+sum.Tables[0].Archive) {
		t.Errorf("a run without its database: %v", err)
	}
	j.hours.Add(8)
	if _, err := os.Lstat(d.DuckDB()); err == nil {
		t.Error("the database was begun without what is pruned")
	}
	j.replay(t)
	j.unharmed(t, "made without them", proof.Options{})
	if err := os.WriteFile(d.DuckDB(), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	j.run(t)
	for _, name := range []string{sum.Tables[0].Archive, sum.Months[0].Archive} {
		if _, err := keep.RestoreArchive(t.Context(), d, name, nil); err != nil {
			t.Error(err)
		}
	}
	j.unharmed(t, "restored", proof.Options{Files: true})
}

// replay makes the tables again.
func (j *job) replay(t *testing.T) {
	t.Helper()
	for r, err := range j.open().Replay(t.Context(), jobs.ReplayOptions{}) {
		if err != nil {
			t.Errorf("replay of %+v: %v", r, err)
		}
	}
}

// spoilt changes a copy of the store's database, which verify is to tell.
func (j *job) spoilt(t *testing.T, sql string) {
	t.Helper()
	name := store.Dir(j.spec.Store).DuckDB()
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	db, err := duckdb.OpenSQL(name)
	if err == nil {
		_, err = db.Exec(sql)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if v, err := j.open().Verify(t.Context(), proof.Options{}); err != nil || len(v.Problems) != 1 {
		t.Errorf("%s: verify: %v, %q", sql, err, v.Problems)
	}
	if err := os.WriteFile(name, whole, 0o600); err != nil {
		t.Fatal(err)
	}
}

// What somebody refers to stays, with the rest of its table and month, until nobody does;
// what the database lacks, and what is not what was written, stays, too.
func parquetStays(t *testing.T, j *job) {
	d := store.Dir(j.spec.Store)
	none := j.tables("")
	none.Database = func(context.Context) (map[string]string, error) { return nil, nil }
	if sum, err := keep.PruneStore(t.Context(), d, false, none); err != nil || len(sum.Tables) > 0 || len(sum.Left) != 1 || !strings.Contains(sum.Left[0], "has not got run 202610") {
		t.Errorf("without a database: %+v (%v)", sum, err)
	}
	archive := filepath.Join(t.TempDir(), "archive")
	held, err := filepath.Glob(filepath.Join(d.Parquet(), "users", "run_date=2026-10*", "*.parquet"))
	if err != nil || len(held) != 1 {
		t.Fatal(held, err)
	}
	bad, err := filepath.Glob(filepath.Join(d.Parquet(), "runs", "run_date=2026-10*", "*.parquet"))
	if err != nil || len(bad) != 1 {
		t.Fatal(bad, err)
	}
	rest, _ := filepath.Rel(d.Parquet(), held[0])
	list := filepath.Join(compact.Held(d), "catalogue")
	whole, err := os.ReadFile(bad[0])
	if err == nil {
		err = errors.Join(os.WriteFile(bad[0], slices.Concat(whole, []byte("x")), 0o600), os.MkdirAll(compact.Held(d), 0o700), os.WriteFile(list, []byte(filepath.ToSlash(rest)+"\n"), 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	would, err := keep.Prunable(t.Context(), d, j.tables(archive))
	if err != nil {
		t.Error(err)
	}
	first, err := keep.PruneStore(t.Context(), d, false, j.tables(archive))
	if len(would.Tables) != len(first.Tables) || !slices.Equal(would.Left, first.Left) || len(first.Tables) == 1 && !slices.Equal(would.Tables[0].Tables, first.Tables[0].Tables) {
		t.Errorf("would prune %+v, and pruned %+v", would, first)
	}
	if err != nil || len(first.Tables) != 1 || len(first.Left) != 2 || !strings.Contains(first.Left[0], held[0]+" stays") || !strings.Contains(first.Left[1], bad[0]+": is not the file") {
		t.Fatalf("pruned %+v (%v)", first, err)
	}
	if left := parquet(t, d, "2026-10"); len(left) != 2 {
		t.Errorf("%d files are there, want the one that is held and the one that is damaged", len(left))
	}
	if err := errors.Join(os.Remove(list), os.WriteFile(bad[0], whole, 0o600)); err != nil {
		t.Fatal(err)
	}
	j.unharmed(t, "held", proof.Options{})
	second, err := keep.PruneStore(t.Context(), d, false, j.tables(archive))
	if err != nil || len(second.Tables) != 1 || !slices.Equal(second.Tables[0].Tables, []string{"runs", "users"}) || second.Tables[0].Archive != filepath.Join(archive, "parquet-2026-10-2.tar.zst") {
		t.Fatalf("no more held: %+v (%v)", second, err)
	}
	j.unharmed(t, "held no more", proof.Options{})
	for _, sum := range []keep.PruneSummary{first, second} {
		if _, err := keep.RestoreArchive(t.Context(), d, sum.Tables[0].Archive, nil); err != nil {
			t.Error(err)
		}
		j.unharmed(t, "restored", proof.Options{})
	}
	if p, err := landing.ReadPruned(d); err != nil || len(p.Tables) > 0 {
		t.Errorf("pruned: %+v (%v)", p, err)
	}
}

// A process that prunes Parquet files, or brings them back, and fails at any step leaves
// what the next does.
func pruningTablesFails(t *testing.T, j *job) {
	d := store.Dir(j.spec.Store)
	was := parquet(t, d, "2026-10")
	full := errors.New("full")
	archive := filepath.Join(t.TempDir(), "archive")
	steps := 0
	for n := 1; n < 500; n += 1 + n/3 {
		cfg := j.tables(archive)
		cfg.Step = at(n, func() error { return full })
		_, err := keep.PruneStore(t.Context(), d, false, cfg)
		if err != nil && !errors.Is(err, full) {
			t.Fatal(err)
		}
		if steps++; steps%4 == 0 {
			j.unharmed(t, "failed to prune", proof.Options{Files: true})
		}
		p, readErr := landing.ReadPruned(d)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if len(p.Tables) > 0 {
			if _, err := keep.PruneStore(t.Context(), d, false, j.tables(archive)); err != nil || len(parquet(t, d, "2026-10")) > 0 {
				t.Fatalf("step %d: the next left files: %v", n, err)
			}
			file := p.Tables[0].Archive
			if _, restoreErr := keep.RestoreArchive(t.Context(), d, file, at(n, func() error { return full })); restoreErr != nil {
				if !errors.Is(restoreErr, full) {
					t.Fatal(restoreErr)
				}
				if steps%4 == 2 {
					j.unharmed(t, "failed to restore", proof.Options{Files: true})
				}
				if p, _ := landing.ReadPruned(d); len(p.Tables) > 0 { // else it failed after its last step
					if _, err := keep.RestoreArchive(t.Context(), d, file, nil); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		now := parquet(t, d, "2026-10")
		for name, text := range was {
			if now[name] != text {
				t.Fatalf("step %d: %s is not what it was", n, name)
			}
		}
		if err == nil {
			break
		}
	}
	if steps < 8 {
		t.Errorf("failed at %d steps", steps)
	}
	j.unharmed(t, "at the end", proof.Options{Files: true})
}

// A process that is killed at any step leaves a whole store, and what the next ends.
func pruningIsKilled(t *testing.T, j *job) {
	d := store.Dir(j.spec.Store)
	was, archive := parquet(t, d, "2026-10"), filepath.Join(t.TempDir(), "archive")
	for _, n := range []int{2, 5, 9, 15, 21} {
		killed(t, child{Store: string(d), To: archive, Prune: j.now(), Kill: n})
		j.unharmed(t, "killed", proof.Options{Files: true})
		if _, err := keep.PruneStore(t.Context(), d, false, j.tables(archive)); err != nil || len(parquet(t, d, "2026-10")) > 0 {
			t.Fatalf("step %d: the next left files: %v", n, err)
		}
		p, err := landing.ReadPruned(d)
		if err != nil || len(p.Tables) != 1 || p.Tables[0].Files != len(was) || p.Tables[0].Going {
			t.Fatalf("step %d: pruned %+v (%v)", n, p, err)
		}
		killed(t, child{Store: string(d), To: p.Tables[0].Archive, Back: true, Kill: n})
		j.unharmed(t, "killed while they came back", proof.Options{Files: true})
		if _, err := keep.RestoreArchive(t.Context(), d, p.Tables[0].Archive, nil); err != nil {
			t.Fatal(err)
		}
		now := parquet(t, d, "2026-10")
		for name, text := range was {
			if now[name] != text {
				t.Fatalf("step %d: %s is not what it was", n, name)
			}
		}
	}
}
