package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// killed is a job that ran and whose last run has lost its end, with the note of
// how it was given.
type killed struct {
	world *simulator.Simulator
	dir   string // of its store
	run   string
}

func kill(t *testing.T, world *simulator.Simulator, dir string, args ...string) killed {
	t.Helper()
	if code, _, stderr := spoken(t, args...); code != 0 {
		t.Fatalf("run: exit code %d: %s", code, stderr)
	}
	runs, err := store.Dir(dir).Runs()
	if err != nil {
		t.Fatal(err)
	}
	k := killed{world, dir, runs[len(runs)-1]}
	if err := os.Remove(store.Dir(dir).RunFile(k.run, "manifest.json")); err != nil {
		t.Fatal(err)
	}
	k.note(t, originOf(t, args...))
	return k
}

// originOf is what a run of this command line notes.
func originOf(t *testing.T, args ...string) (note store.JobNote) {
	t.Helper()
	app := (&console{}).app()
	app.Command("run").Action = func(ctx *cli.Context) error {
		spec, err := readSpec(ctx, func(string) {})
		note = origin(ctx, spec)
		return err
	}
	args, _, err := usage.Arranged(app, append([]string{"spacesetl"}, args...))
	if err == nil {
		err = app.RunContext(t.Context(), args)
	}
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// note puts a note into the run's plan.
func (k killed) note(t *testing.T, note store.JobNote) {
	t.Helper()
	p, err := store.Dir(k.dir).Planned(k.run)
	if err != nil {
		t.Fatal(err)
	}
	p.Job = &note
	if err := store.WriteJSON(store.Dir(k.dir).RunFile(k.run, "plan.json"), p, nil); err != nil {
		t.Fatal(err)
	}
}

// advice is what status says of the run.
func (k killed) advice(t *testing.T) string {
	t.Helper()
	for _, f := range overviewOf(t, "--store", k.dir).Findings {
		if f.Kind == "unfinished" {
			return f.Do
		}
	}
	t.Fatal("status says nothing of the run")
	return ""
}

// goesOn follows an advice, elsewhere, which must fetch nothing that has landed
// and leave the store healthy.
func (k killed) goesOn(t *testing.T, command string) {
	t.Helper()
	k.world.Reset()
	t.Chdir(t.TempDir())
	if code, _, stderr := spoken(t, shellWords(t, command)[1:]...); code != 0 || !strings.Contains(stderr, "going on with run "+k.run) {
		t.Fatalf("%s: exit code %d: %s", command, code, stderr)
	}
	if n := len(k.world.Requests()); n != 0 {
		t.Errorf("%s: %d requests, want none", command, n)
	}
	if o := overviewOf(t, "--store", k.dir); !o.Healthy {
		t.Errorf("after %s: %+v", command, o.Findings)
	}
}

// worldToResume is a server with the tokens to ask it.
func worldToResume(t *testing.T) (*simulator.Simulator, string) {
	t.Helper()
	world := simulator.New(simulator.Config{Spaces: 100, NoRateLimits: true, CreatorSpacing: -1})
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	t.Setenv("X_BEARER_TOKEN", "token-of-the-status-test")
	t.Setenv("SPACESETL_TOKEN_FILE", filepath.Join(t.TempDir(), "none"))
	return world, server.URL
}
