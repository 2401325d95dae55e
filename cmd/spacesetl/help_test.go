package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
)

const (
	helpWidth = 100 // characters of the widest line of help
	helpLines = 24  // of a screen
	jobLines  = 16  // beside the flags, of commands that have all flags of a job
)

// The help of each command begins with an example of it, and fits a screen.
func TestHelpFitsTheScreenAndBeginsWithAnExample(t *testing.T) {
	for _, s := range usage.SyntaxOf((&console{}).app().Commands).All() {
		args := append([]string{"spacesetl"}, s.Path...)
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), append(args, "--help"), &stdout, &stderr); code != 0 || stderr.Len() > 0 {
			t.Errorf("%v --help: exit code %d, stderr %q", args, code, stderr.String())
		}
		help := stdout.String()
		_, example, _ := strings.Cut(help, "\n")
		example, _, _ = strings.Cut(example, "\n")
		if !strings.HasPrefix(help, "Examples:\n") || !strings.Contains(example, strings.TrimSpace("spacesetl "+s.Name())) {
			t.Errorf("%v --help: begins with no example of it:\n%s", args, help)
		}
		most := helpLines
		if len(s.Flags) >= 18 {
			most = jobLines + len(s.Flags)
		}
		if n := strings.Count(help, "\n"); n > most {
			t.Errorf("%v --help: %d lines, at most %d:\n%s", args, n, most, help)
		}
		for line := range strings.Lines(help) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > helpWidth {
				t.Errorf("%v --help: %d characters, at most %d: %s", args, n, helpWidth, line)
			}
		}
		for _, f := range s.Flags {
			if f.Names[0] != "--help" && s.Path != nil && !strings.Contains(help, "  "+f.Left()) {
				t.Errorf("%v --help: says nothing of %s", args, f.Left())
			}
		}
	}
}

// Help has no template of the library's left in it.
func TestHelpIsPrintedAsItIs(t *testing.T) {
	for _, s := range usage.SyntaxOf((&console{}).app().Commands).All() {
		_, stdout, _ := spoken(t, append(s.Path, "--help")...)
		_, short, _ := spoken(t, append(s.Path, "-h")...)
		if stdout != short || strings.Contains(stdout, "{{") || strings.Contains(stdout, "NAME:") {
			t.Errorf("%v --help:\n%s\n-h:\n%s", s.Path, stdout, short)
		}
	}
}
