package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// adviceFile is the variable that tells a child of a script where to note the
// commands that it advised.
const adviceFile = "ADVICE_FILE"

// listened is a console whose child notes, when it ends, each command that it
// printed: all of them must be commands of the program.
func listened(c *console, args []string) (*console, func()) {
	file := os.Getenv(adviceFile)
	if file == "" || len(args) > 1 && slices.Contains([]string{"man", "completion", "schema"}, args[1]) {
		return c, func() {}
	}
	said := &printed{}
	c.stdout, c.stderr = io.MultiWriter(c.stdout, said), io.MultiWriter(c.stderr, said)
	return c, func() {
		var notes strings.Builder
		for _, command := range advised(said.String()) {
			what := "right"
			if err := dryRun(command); err != nil {
				what = fmt.Sprintf("wrong: %v", err)
			} else if name := valueOf(command, "-f", "--file"); name != "" && !isExample(args) {
				if _, err := os.Stat(name); err != nil {
					what = fmt.Sprintf("wrong: %v", err)
				}
			}
			fmt.Fprintf(&notes, "%s: %q advised %q\n", what, args, command)
		}
		if f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil { // else the count at the end is 0
			_, _ = f.WriteString(notes.String())
			_ = f.Close()
		}
	}
}

// isExample reports whether a command line prints commands for another folder.
func isExample(args []string) bool {
	return slices.Contains(args, "--help") || slices.Contains(args, "-h") || len(args) < 2 || args[1] == "jobs"
}

// checkAdvice fails when a child has advised a command that is none.
func checkAdvice(t *testing.T, file string) {
	text, _ := os.ReadFile(file) // scripts may have advised nothing
	right := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "right: ") {
			t.Error(strings.TrimSuffix(line, "\n"))
		} else {
			right++
		}
	}
	t.Logf("%d commands that were advised can be carried out", right)
}

// jsonAdvice is an advice in the JSON of status and doctor.
var jsonAdvice = regexp.MustCompile(`^\s*"do": (".*"),?\s*$`)

// advised are the commands in what the program printed, as words.
func advised(text string) (commands [][]string) {
	var names []string
	for _, command := range (&console{}).app().Commands {
		names = append(names, command.Name)
	}
	start := regexp.MustCompile(`(?:^|[^\w/.-])spacesetl (?:` + strings.Join(names, "|") + `)\b`)
	for line := range strings.Lines(text) {
		if m := jsonAdvice.FindStringSubmatch(line); m != nil {
			_ = json.Unmarshal([]byte(m[1]), &line) // else it stays as it is
		} else if strings.HasPrefix(line, "{") {
			continue // the log
		}
		at := start.FindAllStringIndex(line, -1)
		for i, found := range at {
			end := len(line)
			if i+1 < len(at) {
				end = at[i+1][0]
			}
			_, command, _ := strings.Cut(line[found[0]:end], "spacesetl ")
			if words := commandWords(command); len(words) > 0 {
				commands = append(commands, words)
			}
		}
	}
	return commands
}

// valueOf is the value of a flag in a command.
func valueOf(words []string, names ...string) string {
	for i, word := range words[:len(words)-1] {
		if slices.Contains(names, word) {
			return words[i+1]
		}
	}
	return ""
}
