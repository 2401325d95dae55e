package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/health"
)

// newStore runs a job in a folder of its own, and returns that.
func newStore(t *testing.T, spec jobs.Spec) string {
	t.Helper()
	spec.Store = t.TempDir()
	if err := fill(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	return spec.Store
}

func fill(ctx context.Context, spec jobs.Spec) error {
	_, err := jobs.Open(spec, jobs.Options{Tokens: jobs.Tokens{App: "token-of-a-test"}}).Run(ctx)
	return err
}

// smallStore is a copy of the store of a small finished job.
func smallStore(t *testing.T) string {
	t.Helper()
	whole, err := small()
	dir := filepath.Join(t.TempDir(), "store")
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(whole))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// small is what smallStore copies, in a folder that goes with the process.
var small = sync.OnceValues(func() (string, error) {
	world := simulator.New(simulator.Config{Spaces: 100, NoRateLimits: true, Quirks: true})
	server := httptest.NewServer(world)
	defer server.Close()
	dir, err := os.MkdirTemp("", "small-*")
	if err != nil {
		return "", err
	}
	return dir, fill(context.Background(), jobs.Spec{
		Name: "small", Store: dir, BaseURL: server.URL, IDs: append(world.SpaceIDs(20), world.MissingSpaceIDs(1)...), With: []string{"tweets"},
	})
})

// overviewOf is what status --output json says.
func overviewOf(t *testing.T, args ...string) health.Overview {
	t.Helper()
	code, stdout, stderr := spoken(t, append([]string{"status", "--output", "json"}, args...)...)
	var o health.Overview
	if err := json.Unmarshal([]byte(stdout), &o); err != nil || code != 0 {
		t.Fatalf("status %v: exit code %d, %v: %s%s", args, code, err, stdout, stderr)
	}
	return o
}

func kinds(o health.Overview) []string {
	all := []string{}
	for _, f := range o.Findings {
		if f.Level == health.Problem {
			all = append(all, f.Kind)
		}
	}
	return all
}

// listing is every file below a folder with its size and time.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		fmt.Fprintln(&b, path, info.Size(), info.ModTime())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
