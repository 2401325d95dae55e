package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"
)

// helpWidth is the widest line of help, in characters.
const helpWidth = 100

func TestHelpFitsTheScreenAndHasExamples(t *testing.T) {
	for _, name := range append(commandNames((&console{}).app()), "") {
		args := []string{"spacesetl"}
		if name != "" {
			args = append(args, name)
		}
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), append(args, "--help"), &stdout, &stderr); code != 0 || stderr.Len() > 0 {
			t.Errorf("%v --help: exit code %d, stderr %q", args, code, stderr.String())
		}
		example := strings.TrimSpace("spacesetl " + name)
		_, usage, _ := strings.Cut(stdout.String(), "USAGE:")
		if !strings.Contains(usage, example) {
			t.Errorf("%v --help: no example %q in\n%s", args, example, stdout.String())
		}
		for line := range strings.Lines(stdout.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > helpWidth {
				t.Errorf("%v --help: %d characters, at most %d: %s", args, n, helpWidth, line)
			}
		}
	}
}
