package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// What is said of exit codes, to people and for schedulers, is what the program's table says.
func TestExitCodesAreDocumented(t *testing.T) {
	var meanings, guide, schedulers strings.Builder
	for _, e := range schemas.Exits() {
		means := strings.ToLower(e.Means[:1]) + strings.TrimSuffix(e.Means[1:], ".")
		fmt.Fprintf(&meanings, "| %s | %s |\n", e.Code(), means)
		if e.Do != "" {
			fmt.Fprintf(&guide, "| exit code %s | %s | %s |\n", e.Code(), means, e.Do)
		}
		fmt.Fprintf(&schedulers, "| %s | %s | %s | %s |\n", e.Code(), means, e.Scheduler, pingedAs(e))
	}
	for _, c := range []struct{ file, header, prefix, want string }{
		{"../../README.md", "\n| code | meaning |\n|---|---|\n", "|", meanings.String()},
		{guideFile, "\n| you see | it means | do |\n|---|---|---|\n", "| exit code ", guide.String()},
		{"../../jobs/README.md", "\n| code | | what a scheduler does | pinged |\n|---|---|---|---|\n", "|", schedulers.String()},
	} {
		read, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		before, rows, ok := strings.Cut(string(read), c.header)
		if !ok {
			t.Fatalf("%s has no %q", c.file, c.header)
		}
		after := rows
		for strings.HasPrefix(after, c.prefix) {
			_, after, _ = strings.Cut(after, "\n")
		}
		want := before + c.header + c.want + after
		if diff := cmp.Diff(want, string(read)); diff != "" && !*updateGuide {
			t.Errorf("%s is not current: go test ./cmd/spacesetl -run Documented -update-guide renews it (-want +got):\n%s", c.file, diff)
		} else if diff != "" {
			if err := os.WriteFile(c.file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// pingedAs is how a heartbeat service is told of an exit code.
func pingedAs(e schemas.Exit) string {
	failure := "`/" + strings.ReplaceAll(e.Code(), ", ", "`, `/") + "`, a failure"
	switch {
	case e.Codes[0] == internalCode: // with it goes who pings
		return "nothing"
	case e.Codes[0] == 0:
		return "success"
	case e.Resumes != "":
		return "success; of an outage from the start " + failure
	}
	return failure
}
