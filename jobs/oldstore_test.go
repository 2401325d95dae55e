package jobs_test

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// oldStore unpacks a store that commit 4d52904 made, the last whose manifests
// listed neither content nor segments: a run that is done, and one of the same
// job that was killed while it landed its tenth page and asked for another.
func oldStore(t *testing.T) store.Dir { return unpacked(t, "store-4d52904.tar.zst") }

func unpacked(t *testing.T, name string) store.Dir {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	packed, err := zstd.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	dir := filepath.Join(t.TempDir(), "store")
	for r := tar.NewReader(packed); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return store.Dir(dir)
		}
		if err != nil || !filepath.IsLocal(filepath.Clean(h.Name)) {
			t.Fatalf("%v, %v", h, err)
		}
		name := filepath.Join(dir, h.Name)
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(name, 0o755)
		} else {
			var text []byte
			if text, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(name, text, 0o644)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// killedAt is a moment after the last run of the old store was killed.
var killedAt = time.Date(2026, 11, 29, 12, 48, 0, 0, time.UTC)

// oldJob is the job of the old store, in the world that it asked.
func oldJob(t *testing.T, dir store.Dir) (*jobs.Job, *simulator.Simulator) {
	t.Helper()
	cfg := simulator.Config{Seed: 1, Spaces: 40, NoRateLimits: true, CreatorSpacing: -1}
	creator, _ := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{"demo-user-token": creator}
	world := simulator.New(cfg)
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	spec := jobs.Spec{
		Name: "fixture", Store: string(dir), BaseURL: server.URL, With: []string{"tweets", "buyers"}, IDs: []string{"12C7r6JcLIbrD"},
		Creators: []string{"@Chen_bk85g4n", "@Kofi_89z0ddc", "1158262877230880007"}, Search: []jobs.Search{{Query: "robots"}},
	}
	return jobs.Open(spec, jobs.Options{Tokens: jobs.Tokens{App: "demo-app-token", User: "demo-user-token"}, Now: func() time.Time { return killedAt }}), world
}

// revised are the tables of which the same pages make other rows since.
var revised = []string{"api_errors", "space_absences", "spaces", "topics", "users", "tweets", "media", "polls", "places"}

// A store of before is verified, replayed, gone on with and published: its
// finished run's files are the same, byte by byte, but for tables that were revised
// since, and its killed run asks for what is missing only.
func TestOldStoreGoesOnWorking(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	dir := oldStore(t)
	runs, err := dir.Runs()
	if err != nil || len(runs) != 2 {
		t.Fatalf("%v, %v", runs, err)
	}
	job, world := oldJob(t, dir)
	v, err := job.Verify(t.Context(), proof.Options{})
	if err != nil || len(v.Problems) > 0 || v.Pages != 27 || len(v.Notes) != 2 || !strings.Contains(v.Notes[0], "the last 200 bytes") || !strings.Contains(v.Notes[1], "replay --store") {
		t.Fatalf("verify: %+v, %v; want it whole, and notes of the torn page and of the version", v, err)
	}
	elsewhere := store.Dir(filepath.Join(t.TempDir(), "elsewhere"))
	for _, out := range []store.Dir{elsewhere, dir} {
		for _, err := range job.Replay(t.Context(), jobs.ReplayOptions{Run: runs[0], Out: string(out)}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		sameFiles(t, dir, out, runs[0])
	}
	receipt := dir.RunFile(runs[0], "manifest.json")
	before := content(t, receipt)
	r, err := job.Run(t.Context())
	if err != nil || r.Manifest.Run.RunID != runs[1] || !r.Manifest.Run.Outcome.Complete() || r.Fetched == 0 || r.Fetched+10 != r.Manifest.Run.Pages {
		t.Fatalf("the killed run: %+v, %d pages fetched, %v; want it gone on with", r.Manifest, r.Fetched, err)
	}
	if n := total(world); n != r.Fetched {
		t.Errorf("%d requests for %d pages", n, r.Fetched)
	}
	if v, err = job.Verify(t.Context(), proof.Options{}); err != nil || len(v.Problems) > 0 || len(v.Notes) != 1 || !strings.Contains(v.Notes[0], "_space_users_ended has versions from before revision 4") {
		t.Errorf("verify in the end: %q, %v, %v", v.Problems, v.Notes, err)
	}
	o, err := job.Status(context.Background(), jobs.StatusOptions{})
	if err != nil || !o.Healthy || len(o.Uncounted) > 0 {
		t.Errorf("status in the end: %+v, %v", o.Findings, err)
	}
	db, err := duckdb.OpenSQL(dir.DuckDB() + "?access_mode=read_only")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var untied int // a macro that reads whatever database is in use
	if err := db.QueryRow("SELECT count(*) FROM duckdb_functions() WHERE function_name IN ('spaces_as_of', 'users_as_of') AND NOT contains(macro_definition, '_use_its_database_first')").Scan(&untied); err != nil || untied > 0 {
		t.Errorf("%d macros are not tied to the database, %v", untied, err)
	}
	if after := content(t, receipt); after != before {
		t.Error("a run has written the receipt of another anew")
	}
}

// A store that commit 8824aef made, the last that went on with any run that had
// stopped: one run that is done, and one that its budget stopped. That one is closed,
// and what it had left is asked for by the next.
func TestAStoppedRunOfBeforeIsClosed(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	dir := unpacked(t, "store-8824aef.tar.zst")
	runs, err := dir.Runs()
	if err != nil || len(runs) != 2 {
		t.Fatalf("%v, %v", runs, err)
	}
	world := simulator.New(simulator.Config{Seed: 1, Spaces: 40, NoRateLimits: true, CreatorSpacing: -1})
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	stopped := time.Date(2026, 11, 29, 17, 57, 44, 0, time.UTC)
	job := jobs.Open(jobs.Spec{
		Name: "fixture", Store: string(dir), BaseURL: server.URL, With: []string{"tweets"}, IDs: []string{"12C7r6JcLIbrD"},
		Creators: []string{"@Chen_bk85g4n", "@Kofi_89z0ddc", "1158262877230880007"}, Search: []jobs.Search{{Query: "robots"}},
	}, jobs.Options{Tokens: jobs.Tokens{App: "demo-app-token"}, Now: func() time.Time { return stopped.Add(time.Hour) }})
	r, err := job.Run(t.Context())
	if err != nil || !r.Manifest.Run.Outcome.Complete() || r.Manifest.Run.RunID == runs[1] || world.RequestCounts()["search"] == 0 {
		t.Fatalf("%+v, %v; want a run of its own that asks the search", r.Manifest, err)
	}
	if m, err := dir.Manifest(runs[1]); err != nil || m.ClosedBy != r.Manifest.Run.RunID || m.Run.Outcome != "capped" {
		t.Errorf("the stopped run: closed by %q, %s, %v", m.ClosedBy, m.Run.Outcome, err)
	}
	if v, err := job.Verify(t.Context(), proof.Options{}); err != nil || len(v.Problems) > 0 {
		t.Errorf("verify: %+v, %v", v.Problems, err)
	}
	if o, err := job.Status(t.Context(), jobs.StatusOptions{}); err != nil || !o.Healthy {
		t.Errorf("status: %+v, %v", o.Findings, err)
	}
	for _, r := range readers() {
		if r.older && r.installed(t) {
			r.compare(t, openBeside(t, dir.DuckDB()), dir.Parquet())
		}
	}
}

func content(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sameFiles compares the Parquet files of a run with what its manifest in one
// store lists.
func sameFiles(t *testing.T, listed, in store.Dir, runID string) {
	t.Helper()
	m, err := listed.Manifest(runID)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range m.Files {
		if part.Rows == 0 {
			continue // this version writes no such files
		}
		sum, _, err := durable.FileSum(filepath.Join(in.Parquet(), filepath.FromSlash(part.Path)))
		if err != nil || sum != part.SHA256 && !slices.Contains(revised, part.Table) {
			t.Errorf("%s in %s: %.12s, %v; listed %.12s", part.Path, in, sum, err, part.SHA256)
		}
	}
}
