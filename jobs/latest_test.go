package jobs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/latest"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// same fails where the files of the latest rows are not those of the database, or where
// status does not say what is wrong with them.
func (d *daily) same(when, wrong string) {
	d.Helper()
	db := duckdb.New(duckdb.Config{Path: d.store.DuckDB(), Threads: 1})
	has, err := db.Inspect(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	hashes, err := db.Hashes(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	tables, found := latest.Check(d.Context(), d.store, has.Runs, hashes)
	if (tables < 30 || len(found) > 0) && wrong == "" {
		d.Errorf("%s: %d tables are the database's; wrong: %v", when, tables, found)
	}
	o, err := jobs.Open(d.spec, d.options()).Status(d.Context(), jobs.StatusOptions{})
	if err != nil {
		d.Fatal(err)
	}
	said := ""
	for _, f := range o.Findings {
		if strings.HasSuffix(f.Do, "--to latest") {
			said = f.Text
		}
	}
	if wrong == "" && said != "" || !strings.Contains(said, wrong) {
		d.Errorf("%s: status says %q, want %q", when, said, wrong)
	}
}

// The files of the latest rows are those of the database after each run, all of them
// replaced at once, and whoever lists them while that is done sees those of one run.
func TestLatestFilesAreTheRowsOfTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDaily(t, 1, jobfile.CompactNone, "duckdb", "latest")
	d.same("first run", "")
	stop, readers := make(chan struct{}), sync.WaitGroup{}
	readers.Go(func() {
		for looks := 0; ; looks++ {
			select {
			case <-stop:
				t.Logf("%d looks", looks)
				return
			default:
			}
			if f, err := latest.Read(d.store); err != nil || len(f.Files) < 30 {
				t.Errorf("a reader: %v, %d files", err, len(f.Files))
				return
			}
		}
	})
	d.run()
	close(stop)
	readers.Wait()
	d.same("second run", "")

	// A run that dies before they are exchanged leaves the old ones, and the next makes them.
	before, err := latest.Read(d.store)
	if err != nil {
		t.Fatal(err)
	}
	o := d.options()
	o.Step = func(name, _ string) error {
		if strings.HasPrefix(name, "latest:") {
			return errors.New("disk on fire")
		}
		return nil
	}
	var destination *pipeline.DestinationError
	if _, err := jobs.Open(d.spec, o).Run(t.Context()); !errors.As(err, &destination) || !strings.Contains(err.Error(), "disk on fire") {
		t.Errorf("a run that cannot make them: %v", err)
	}
	d.hours.Add(8)
	if after, err := latest.Read(d.store); err != nil || after.Checksum != before.Checksum {
		t.Errorf("after a run that could not make them: %v, of run %s, want %s", err, after.RunID, before.RunID)
	}
	d.same("behind", fmt.Sprintf("they were made when %s was the newest", before.RunID))
	d.latest()
	d.same("made again", "")

	// What is missing or damaged is said, and made again; another's file costs nothing.
	for name, harm := range map[string]func(file string) error{
		"are missing, or not what was written": os.Remove,
		"_latest.json is damaged": func(file string) error {
			return os.WriteFile(filepath.Join(filepath.Dir(file), "_latest.json"), []byte("{}"), 0o666)
		},
	} {
		if err := harm(filepath.Join(d.store.Latest(), "users.parquet")); err != nil {
			t.Fatal(err)
		}
		d.same(name, name)
		d.latest()
		d.same("after "+name, "")
	}
	if v, err := jobs.Open(d.spec, d.options()).Verify(t.Context(), proof.Options{}); err != nil || len(v.Problems) > 0 {
		t.Errorf("verify: %v, %v", err, v.Problems)
	}
	file := filepath.Join(d.store.Latest(), "users.parquet")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, o := range []proof.Options{{Files: true}, {}} {
		if v, err := jobs.Open(d.spec, d.options()).Verify(t.Context(), o); err != nil || len(v.Problems) != 1 || !strings.Contains(v.Problems[0], file) {
			t.Errorf("verify, %+v, of a damaged file: %v, %q", o, err, v.Problems)
		}
	}
}

// latest makes the files of the latest rows again, and nothing else.
func (d *daily) latest() {
	d.Helper()
	spec := d.spec
	spec.To = []string{store.LatestFiles}
	for _, err := range jobs.Open(spec, d.options()).Replay(d.Context(), jobs.ReplayOptions{}) {
		d.Errorf("replay --to latest: made a run, %v", err)
	}
}

// They are made of the database, so a job without one is refused.
func TestLatestFilesWantTheDatabase(t *testing.T) {
	s := jobs.Spec{IDs: []string{"1a"}, To: []string{"parquet", "latest"}}
	if problems := s.Check(); !slices.ContainsFunc(problems, func(p jobs.Problem) bool { return strings.Contains(p.Text, "add duckdb") }) {
		t.Errorf("problems: %v", problems)
	}
}
