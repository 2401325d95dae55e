package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// gapped is the manifest of a run that is done with gaps.
func gapped() *store.Manifest {
	m := &store.Manifest{
		Asked:   map[schemas.Endpoint]int{schemas.Spaces: 1000, schemas.Usernames: 200},
		Missing: []store.Missing{{Kind: schemas.GapRefused}, {Kind: schemas.GapRefused}, {Kind: schemas.GapNotFound}, {Kind: schemas.GapNotFound, Known: true}},
		Cut:     []store.Cut{{Pages: 3}},
	}
	m.Run.Outcome = schemas.DoneWithGaps
	return m
}

// settings is an error of a server that knows what it is: the settings are wrong.
type settings bool

func (settings) Error() string         { return "no such route" }
func (s settings) Configuration() bool { return bool(s) }

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("anything"), 1},
		{&jobs.InvalidError{}, 2},
		{errors.Join(&jobs.InvalidError{}, errors.New("another file")), 2},
		{&pipeline.StoppedError{Outcome: schemas.Failed, Err: fmt.Errorf("space: %w", settings(true))}, 2},
		{&pipeline.StoppedError{Outcome: schemas.Failed, Err: settings(false)}, 1},
		{&gapsError{gapped()}, 3},
		{&pipeline.StoppedError{Outcome: schemas.Capped, Err: errors.New("cap")}, 4},
		{&pipeline.StoppedError{Outcome: schemas.Unauthorised, Err: errors.New("401")}, 5},
		{&pipeline.StoppedError{Outcome: schemas.Waiting, Err: errors.New("window")}, 75},
		{fmt.Errorf("abandon: %w", &store.BusyError{Store: "s", Owner: "another run"}), 75},
	} {
		if got := exitCode(t.Context(), c.err); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, got, c.want)
		}
		if _, named := exitNames()[fmt.Sprint(c.want)]; !named {
			t.Errorf("exit code %d is not in the manual", c.want)
		}
	}
}

// exitNames are the exit codes that the manual has.
func exitNames() map[string]string {
	names := map[string]string{}
	for _, e := range exitMeanings() {
		for code := range strings.SplitSeq(e[0], ", ") {
			names[code] = e[1]
		}
	}
	return names
}

// A run that is done with gaps says what did not come; what is known to be gone
// is no gap.
func TestTheSummaryNamesGaps(t *testing.T) {
	var out bytes.Buffer
	if err := printResult(&console{stdout: &out}, jobs.Result{Manifest: gapped()}, "text"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		": done_with_gaps in ",
		"\n3 of 1,200 asked for did not come: 1 not found, 2 refused (api_errors, and missing in the manifest)\n",
		"\n1 collection was cut before the end (cut in the manifest)\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	err := error(&gapsError{gapped()})
	if got := outcome(ended{Result: jobs.Result{Manifest: gapped()}}, err); got != schemas.DoneWithGaps || strings.Contains(err.Error(), "\n") {
		t.Errorf("a strict run: %s, %q", got, err)
	}
}

// Both tables of exit codes, for people and for schedulers, are complete.
func TestExitCodesAreDocumented(t *testing.T) {
	for _, file := range []string{"../../README.md", "../../jobs/README.md"} {
		read, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for code := range exitNames() {
			if text := string(read); code != "70" && code != "130" && !strings.Contains(text, "\n| "+code) && !strings.Contains(text, ", "+code+" |") {
				t.Errorf("%s says nothing of exit code %s", file, code)
			}
		}
	}
}
