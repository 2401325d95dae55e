package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/health"
)

// newStore runs a job in a folder of its own, and returns that.
func newStore(t *testing.T, spec jobs.Spec) string {
	t.Helper()
	spec.Store = t.TempDir()
	if _, err := jobs.Open(spec, jobs.Options{Tokens: jobs.Tokens{App: "token-of-a-test"}}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return spec.Store
}

// smallStore is the store of a small finished job.
func smallStore(t *testing.T) string {
	t.Helper()
	world := simulator.New(simulator.Config{Spaces: 100, NoRateLimits: true, Quirks: true})
	server := httptest.NewServer(world)
	defer server.Close()
	return newStore(t, jobs.Spec{Name: "small", BaseURL: server.URL, IDs: append(world.SpaceIDs(20), world.MissingSpaceIDs(1)...), With: []string{"tweets"}})
}

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
