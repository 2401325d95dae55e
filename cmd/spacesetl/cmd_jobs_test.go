package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHelpOfJobsFitsTheScreenAndHasExamples(t *testing.T) {
	for _, command := range jobsCommand(&console{}).Subcommands {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"spacesetl", "jobs", command.Name, "--help"}, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
			t.Errorf("jobs %s --help: exit code %d, stderr %q", command.Name, code, stderr.String())
		}
		if _, usage, _ := strings.Cut(stdout.String(), "Examples:"); !strings.Contains(usage, "spacesetl jobs "+command.Name) {
			t.Errorf("jobs %s --help: no example in\n%s", command.Name, stdout.String())
		}
		for line := range strings.Lines(stdout.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > helpWidth {
				t.Errorf("jobs %s --help: %d characters, at most %d: %s", command.Name, n, helpWidth, line)
			}
		}
	}
}
