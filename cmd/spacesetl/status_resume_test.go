package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// The command that status prints goes on with the run: it fetches nothing that
// has landed, and the store is healthy afterwards.
func TestStatusGivesTheCommandThatResumes(t *testing.T) {
	world := simulator.New(simulator.Config{Spaces: 100, NoRateLimits: true, CreatorSpacing: -1})
	server := httptest.NewServer(world)
	defer server.Close()
	t.Setenv("X_BEARER_TOKEN", "token-of-the-status-test")
	t.Setenv("SPACESETL_TOKEN_FILE", filepath.Join(t.TempDir(), "none"))
	dir := filepath.Join(t.TempDir(), "a store")
	args := []string{"run", "--base-url", server.URL, "--store", dir, "--name", "it's", "--ids", strings.Join(world.SpaceIDs(3), ","),
		"--creators", "@" + world.Usernames(1)[0] + "," + world.CreatorIDs(1)[0], "--search", world.SearchWord() + ", x", "--state", "live", "--with", "tweets", "--users", "batch"}
	if code, _, stderr := spoken(t, args...); code != 0 {
		t.Fatalf("run: exit code %d: %s", code, stderr)
	}
	runs, _ := store.Dir(dir).Runs()
	if err := os.Remove(store.Dir(dir).RunFile(runs[0], "manifest.json")); err != nil {
		t.Fatal(err)
	}
	o := overviewOf(t, "--store", dir)
	command := ""
	for _, f := range o.Findings {
		if f.Kind == "unfinished" {
			command = f.Do
		}
	}
	if !strings.HasPrefix(command, "spacesetl run ") {
		t.Fatalf("no command in %+v", o.Findings)
	}
	world.Reset()
	words := shellWords(t, command)
	if code, _, stderr := spoken(t, append(words[1:], "--base-url", server.URL)...); code != 0 || !strings.Contains(stderr, "going on with run "+runs[0]) {
		t.Fatalf("%s: exit code %d: %s", command, code, stderr)
	}
	if n := len(world.Requests()); n != 0 {
		t.Errorf("%s: %d requests, want none", command, n)
	}
	if o := overviewOf(t, "--store", dir); !o.Healthy {
		t.Errorf("after %s: %+v", command, o.Findings)
	}
}

func TestStatusWithoutAStoreIsAUsageError(t *testing.T) {
	code, _, stderr := spoken(t, "status", "--store", filepath.Join(t.TempDir(), "none"))
	if code != 2 || !strings.Contains(stderr, "name the store of a job that has run") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
