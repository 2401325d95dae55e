package main

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
)

// smallStore is the store of a small finished job.
func smallStore(t *testing.T) string {
	t.Helper()
	world := simulator.New(simulator.Config{Spaces: 100, NoRateLimits: true, Quirks: true})
	server := httptest.NewServer(world)
	defer server.Close()
	spec := jobs.Spec{Name: "small", Store: quickDir(t), BaseURL: server.URL, IDs: append(world.SpaceIDs(20), world.MissingSpaceIDs(1)...), With: []string{"tweets"}}
	spec.Defaults()
	job := &etl{spec: spec, tokens: tokens{app: "token-of-the-verify-test"}, watch: unwatched(t)}
	if _, err := job.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return spec.Store
}

// verified runs the command and returns its exit code and what it printed.
func verified(t *testing.T, store string) (code int, printed string) {
	t.Helper()
	var text bytes.Buffer
	code = run(t.Context(), []string{"spacesetl", "verify", "--store", store}, &text, &text)
	return code, text.String()
}

// One byte changed in any kind of file is found, and the file is named.
func TestVerifyFindsEveryChangedByte(t *testing.T) {
	t.Parallel()
	store := smallStore(t)
	if code, printed := verified(t, store); code != 0 || !strings.Contains(printed, "the store is whole") {
		t.Fatalf("untouched: code %d\n%s", code, printed)
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
		for _, at := range placesIn(t, whole, pattern) {
			changed := slices.Clone(whole)
			changed[at] ^= 1
			overwrite(t, names[0], changed)
			code, printed := verified(t, store)
			if code != 1 || !strings.Contains(printed, "WRONG") || !strings.Contains(printed, filepath.Base(names[0])) && !strings.Contains(printed, "manifest") {
				t.Errorf("%s, byte %d of %d changed: code %d\n%s", pattern, at, len(whole), code, printed)
			}
		}
		overwrite(t, names[0], whole)
	}
	if code, printed := verified(t, store); code != 0 {
		t.Errorf("all put back: code %d\n%s", code, printed)
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
	t.Parallel()
	for _, pattern := range []string{"raw/*/tweets-00001.ndjson.zst", "parquet/tweets/*/*.parquet", "spaces.duckdb", "raw/*"} {
		store := smallStore(t)
		names, err := filepath.Glob(filepath.Join(store, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", pattern, names, err)
		}
		if err := os.RemoveAll(names[0]); err != nil {
			t.Fatal(err)
		}
		if code, printed := verified(t, store); code != 1 || !strings.Contains(printed, "WRONG") {
			t.Errorf("%s is gone: code %d\n%s", pattern, code, printed)
		}
	}
}
