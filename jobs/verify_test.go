package jobs_test

import (
	"bytes"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
)

var small made[string]

// smallStore is a copy of the store of a small finished job.
func smallStore(t *testing.T) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(copied, os.DirFS(small.of(t, 0, func(dir string) string { return newSmallStore(t, dir) }))); err != nil {
		t.Fatal(err)
	}
	return copied
}

func newSmallStore(t *testing.T, dir string) string {
	t.Helper()
	world := simulator.New(simulator.Config{Spaces: 100, NoRateLimits: true, Quirks: true})
	server := httptest.NewServer(world)
	defer server.Close()
	spec := jobs.Spec{Name: "small", Store: dir, BaseURL: server.URL, IDs: append(world.SpaceIDs(20), world.MissingSpaceIDs(1)...), With: []string{"tweets"}}
	spec.Defaults()
	ran(t, spec, jobs.Options{Tokens: jobs.Tokens{App: "token-of-the-verify-test"}})
	return spec.Store
}

// wrongIn says what verify finds wrong with a store.
func wrongIn(t *testing.T, store string) string {
	t.Helper()
	v, err := jobs.Open(jobs.Spec{Store: store}, jobs.Options{}).Verify(t.Context(), proof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(v.Problems, "\n")
}

// One byte changed in any kind of file is found, and the file is named.
func TestVerifyFindsEveryChangedByte(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	store := smallStore(t)
	if wrong := wrongIn(t, store); wrong != "" {
		t.Fatalf("untouched: %s", wrong)
	}
	for _, pattern := range []string{"raw/*/tweets-00001.ndjson.zst", "raw/*/spaces-00001.ndjson.zst", "parquet/users/*/*.parquet",
		"parquet/spaces/*/*.parquet", "runs/*/manifest.json", "runs/*/plan.json", "spaces.duckdb"} {
		names, err := filepath.Glob(filepath.Join(store, pattern))
		if err != nil || len(names) != 1 {
			t.Fatalf("%s: %v, %v", pattern, names, err)
		}
		whole, err := os.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		places := placesIn(t, whole, pattern)
		for _, at := range inFull(places, places[len(places)-1:]) {
			changed := slices.Clone(whole)
			changed[at] ^= 1
			overwrite(t, names[0], changed)
			if wrong := wrongIn(t, store); wrong == "" || !strings.Contains(wrong, filepath.Base(names[0])) && !strings.Contains(wrong, "manifest") {
				t.Errorf("%s, byte %d of %d changed: %q", pattern, at, len(whole), wrong)
			}
		}
		overwrite(t, names[0], whole)
	}
	if wrong := wrongIn(t, store); wrong != "" {
		t.Errorf("all put back: %s", wrong)
	}
}

// placesIn are bytes that mean something. Some of a database do not: free
// space, and what is kept only to be quicker; there it is the header and a
// value.
func placesIn(t *testing.T, text []byte, pattern string) []int {
	t.Helper()
	switch pattern {
	case "spaces.duckdb":
		return []int{9, 4096 + 9, databaseValue(t, text)}
	case "runs/*/plan.json":
		return []int{bytes.Index(text, []byte(`"plan_hash"`)) + 16, bytes.Index(text, []byte(`"endpoint"`)) + 13}
	}
	return []int{len(text) / 7, len(text) / 2, len(text) - 9}
}

// databaseValue is the place of a table's comment-free data: the name of the
// job, which only the table of runs holds.
func databaseValue(t *testing.T, text []byte) int {
	t.Helper()
	at := bytes.Index(text, []byte("verify-test"))
	if at < 0 {
		at = bytes.Index(text, []byte("small"))
	}
	if at < 0 {
		t.Fatal("the job's name is not in the database")
	}
	return at
}

func overwrite(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, fs.FileMode(0o644)); err != nil {
		t.Fatal(err)
	}
}

// A page or file that is missing is found, too.
func TestVerifyFindsWhatIsMissing(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	whole := smallStore(t)
	for _, pattern := range []string{"raw/*/tweets-00001.ndjson.zst", "parquet/tweets/*/*.parquet", "spaces.duckdb", "raw/*"} {
		store := filepath.Join(t.TempDir(), "store")
		if err := os.CopyFS(store, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		names, err := filepath.Glob(filepath.Join(store, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", pattern, names, err)
		}
		if err := os.RemoveAll(names[0]); err != nil {
			t.Fatal(err)
		}
		if wrong := wrongIn(t, store); wrong == "" {
			t.Errorf("%s is gone, and nothing is wrong", pattern)
		}
	}
}

// A database that no manifest asks for is looked at all the same: replay --to may
// have made it.
func TestVerifyLooksAtADatabaseThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	world := simulator.New(simulator.Config{Spaces: 20, NoRateLimits: true})
	server := httptest.NewServer(world)
	defer server.Close()
	spec := jobs.Spec{Name: "small", Store: t.TempDir(), BaseURL: server.URL, IDs: world.SpaceIDs(2), To: []string{"parquet"}}
	spec.Defaults()
	ran(t, spec, jobs.Options{Tokens: jobs.Tokens{App: "token-of-the-verify-test"}})
	if wrong := wrongIn(t, spec.Store); wrong != "" {
		t.Fatalf("untouched: %s", wrong)
	}
	overwrite(t, filepath.Join(spec.Store, "spaces.duckdb"), bytes.Repeat([]byte("no database"), 9999))
	if wrong := wrongIn(t, spec.Store); !strings.Contains(wrong, "spaces.duckdb") {
		t.Errorf("the database is damaged, and verify says %q", wrong)
	}
}
