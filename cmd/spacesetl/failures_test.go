package main

import (
	stdflag "flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updateGuide = stdflag.Bool("update-guide", false, "rewrite the tables of jobs/OPERATING.md, and those of exit codes")

const (
	guideFile     = "../../jobs/OPERATING.md"
	failuresBegin = "<!-- failures: go test ./cmd/spacesetl -run Failures -update-guide -->\n"
	failuresEnd   = "<!-- end of failures -->\n"
)

func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(guideFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The operator's guide has the table of failures as the code has it.
func TestFailuresAreInTheGuide(t *testing.T) {
	text := guide(t)
	before, rest, ok := strings.Cut(text, failuresBegin)
	_, after, ok2 := strings.Cut(rest, failuresEnd)
	if !ok || !ok2 {
		t.Fatalf("no %q and %q in the guide", failuresBegin, failuresEnd)
	}
	want := before + failuresBegin + failureTable() + failuresEnd + after
	if *updateGuide {
		if err := os.WriteFile(guideFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("the guide is not current: -update-guide renews it (-want +got):\n%s", diff)
	}
}

// Every exit code of the table is one of the program's, and says what the
// program's table says: a failure of the job's settings is 2, of money 4.
func TestFailuresEndWithKnownCodes(t *testing.T) {
	names := exitNames()
	for _, f := range failures() {
		codes := strings.FieldsFunc(f.exit, func(r rune) bool { return r < '0' || r > '9' })
		if len(codes) == 0 || f.what == "" || f.lasts == "" || f.costs == "" || f.ends == "" {
			t.Errorf("%+v: something is missing", f)
		}
		for _, code := range codes {
			if names[code] == "" {
				t.Errorf("%s: exit code %s is not in the manual", f.what, code)
			}
		}
	}
}

// What to do fits a screen, and its commands are the program's.
func TestWhatToDoWhen(t *testing.T) {
	_, section, _ := strings.Cut(guide(t), "## What to do when\n")
	section, _, _ = strings.Cut(section, "\n## ")
	if n := strings.Count(section, "\n"); n < 10 || n > helpLines {
		t.Errorf("%d lines, want at most %d", n, helpLines)
	}
	commands := 0
	for i, part := range strings.Split(section, "`") {
		if i%2 == 0 {
			continue
		}
		for _, command := range advised(part + "\n") {
			commands++
			if err := dryRun(command); err != nil {
				t.Errorf("%s: %v", part, err)
			}
		}
	}
	if commands < 10 {
		t.Errorf("%d commands, want 10 or more", commands)
	}
}
