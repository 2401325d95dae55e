package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
)

// commandWords takes a command apart up to where the sentence around it goes on.
func commandWords(text string) (words []string) {
	var word strings.Builder
	quote := rune(0)
	inWord, quotedWord, escaped := false, false, false
	for _, r := range strings.TrimSpace(text) + " " {
		switch {
		case escaped || quote == 0 && r == '\\':
			if escaped {
				word.WriteRune(r)
			}
			escaped = !escaped
		case quote == 0 && strings.ContainsRune("|>#&", r):
			return words
		case quote == 0 && (r == '\'' || r == '"' || r == '`'):
			quote, inWord, quotedWord = r, true, true
		case r == quote:
			quote = 0
		case quote != 0 || r != ' ':
			word.WriteRune(r)
			inWord = true
		case inWord:
			whole := strings.TrimRight(word.String(), ",;:.)")
			ends := whole != word.String() && !quotedWord
			if quotedWord {
				whole = word.String()
			}
			words = append(words, whole)
			if ends {
				return words
			}
			word.Reset()
			inWord, quotedWord = false, false
		}
	}
	return words
}

// dryRun reads a command as the program does, and does nothing. Words that are
// neither flags nor their values are the sentence's, but for an id of a run.
func dryRun(words []string) error {
	app := (&console{stdout: io.Discard, stderr: io.Discard}).app()
	inert(app.Commands)
	command := app.Command(words[0])
	kept := words[:1:1]
	rest := words[1:]
	for len(rest) > 0 && len(command.Subcommands) > 0 {
		i := slices.IndexFunc(command.Subcommands, func(c *cli.Command) bool { return c.Name == rest[0] })
		if i < 0 {
			break
		}
		command, kept, rest = command.Subcommands[i], append(kept, rest[0]), rest[1:]
	}
	if slices.Contains([]string{"abandon", "backup", "restore"}, words[0]) && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		kept = append(kept, rest[0])
	}
	for i := 0; i < len(rest); i++ {
		if !strings.HasPrefix(rest[i], "-") || rest[i] == "-" {
			continue
		}
		kept = append(kept, rest[i])
		f, ok := usage.Find(command.Flags, strings.TrimLeft(rest[i], "-")).(usage.Flag)
		if ok && f.TakesValue() && i+1 < len(rest) {
			i++
			kept = append(kept, rest[i])
		}
	}
	line, _, err := usage.Arranged(app, append([]string{"spacesetl"}, kept...))
	if err != nil {
		return err
	}
	return app.Run(line)
}

// inert takes what commands do from them.
func inert(commands []*cli.Command) {
	for _, c := range commands {
		c.Action = func(*cli.Context) error { return nil }
		inert(c.Subcommands)
	}
}

// The check sees commands wherever they stand, and what is wrong with them.
func TestAdviceIsRead(t *testing.T) {
	for text, want := range map[string]string{
		"spacesetl: everything is kept; to go on: spacesetl run --search 'it'\\''s, x' --store s\n": "run --search it's, x --store s",
		"spacesetl: see spacesetl run --help\n":                                                     "run --help",
		"  \"do\": \"spacesetl run --ids 'a b'\",\n":                                                "run --ids a b",
		"-> run spacesetl auth login as the creator, or leave out --with buyers\n":                  "auth login as the creator",
		"/usr/local/bin/spacesetl run -f /etc/x\nspacesetl: run is wrong\n":                         "",
	} {
		got := ""
		for _, command := range advised(text) {
			got += strings.Join(command, " ")
			if err := dryRun(command); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"spacesetl run --budget 5", "spacesetl status --store", "spacesetl run --max-wait soon", "spacesetl verify --store s --fast"} {
		if err := dryRun(advised(text)[0]); err == nil {
			t.Errorf("%q: taken for a command", text)
		}
	}
}
