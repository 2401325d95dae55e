package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// needTool finds a program that a test runs. Without it the test is skipped,
// unless all of them are required.
func needTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("SPACESETL_TOOLS") == "required" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	return path
}

// completer asks a shell what it would complete: the last word of a line.
type completer func(t *testing.T, dir, script string, lines []string) [][]string

// shells complete in the real ones.
func shells() map[string]completer {
	return map[string]completer{"bash": bashComplete, "zsh": zshComplete, "fish": fishComplete}
}

// answersOf takes the blocks of a shell's output apart: candidates up to a line
// with three dots.
func answersOf(t *testing.T, shell string, out []byte, n int) [][]string {
	t.Helper()
	var all [][]string
	var block []string
	for line := range strings.Lines(string(out)) {
		switch line = strings.TrimRight(line, "\r\n"); line {
		case "...":
			slices.Sort(block)
			all, block = append(all, slices.Compact(block)), nil
		case "":
		default:
			block = append(block, strings.TrimRight(line, " /"))
		}
	}
	if len(all) != n {
		t.Fatalf("%s gave %d answers to %d questions:\n%s", shell, len(all), n, out)
	}
	return all
}

func runShell(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	command := exec.Command(args[0], args[1:]...)
	command.Dir = dir
	command.Env = append(os.Environ(), "HOME="+dir, "TERM=dumb", "COLUMNS=300", "LINES=1000")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, out)
	}
	return out
}

// quoted is a text in single quotes.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// bashComplete sets the variables that bash sets, which takes --to=x apart.
func bashComplete(t *testing.T, dir, script string, lines []string) [][]string {
	code := ". " + script + "\n"
	for _, line := range lines {
		words := strings.Split(line, " ")
		for i, w := range words {
			words[i] = quoted(w)
			if flag, value, ok := strings.Cut(w, "="); ok {
				words[i] = quoted(flag) + " = " + quoted(value)
				if value == "" {
					words[i] = quoted(flag) + " ="
				}
			}
		}
		code += "COMP_WORDS=(" + strings.Join(words, " ") + "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _spacesetl; printf '%s\\n' \"${COMPREPLY[@]}\" ...\n"
	}
	return answersOf(t, "bash", runShell(t, dir, needTool(t, "bash"), "--norc", "-c", code), len(lines))
}

// fishComplete asks fish, which shows descriptions after a tab.
func fishComplete(t *testing.T, dir, script string, lines []string) [][]string {
	code := "source " + script + "\n"
	for _, line := range lines {
		code += "complete -C " + strconv.Quote(line) + " | string replace -r '\\t.*' ''\necho ...\n"
	}
	all := answersOf(t, "fish", runShell(t, dir, needTool(t, "fish"), "--no-config", "-c", code), len(lines))
	for i, line := range lines { // fish completes the whole word
		word := line[strings.LastIndexByte(line, ' ')+1:]
		if flag, _, ok := strings.Cut(word, "="); ok {
			for j, candidate := range all[i] {
				all[i][j] = strings.TrimPrefix(candidate, flag+"=")
			}
		}
	}
	return all
}

// zshComplete completes in a terminal of its own, where compadd tells what it
// was given.
func zshComplete(t *testing.T, dir, script string, lines []string) [][]string {
	zsh := needTool(t, "zsh")
	inner := filepath.Join(t.TempDir(), "inner.zsh")
	out := filepath.Join(t.TempDir(), "out")
	code := `PROMPT=
fpath=(` + quoted(filepath.Dir(script)) + ` $fpath)
autoload -U compinit; compinit -u -D
source ` + script + `
zstyle ':completion:*' completer _complete
compadd() {
  local -a hits
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  builtin compadd -O hits "$@"
  local -A values; zparseopts -E -A values P: S: p: W: i: I:
  (( $#hits )) && printf '%s\n' $values[-p]$hits >> ` + out + `
  builtin compadd "$@"
}
finish() { print ... >> ` + out + `; zle kill-whole-line; zle kill-buffer; BUFFER= }
zle -N finish
bindkey '^I' complete-word
bindkey '^X^F' finish
unsetopt always_last_prompt list_beep auto_menu beep
`
	if err := os.WriteFile(inner, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	outer := "zmodload zsh/zpty\nzpty z zsh -f -i\nzpty -w z 'source " + inner + "; print READY'\n" +
		"zpty -r -m z drop '*READY*READY*' \nmkdir -p " + filepath.Dir(out) + "; : >> " + out + "\n"
	for i, line := range lines {
		outer += fmt.Sprintf("zpty -n -w z %s$'\\t'$'\\x18\\x06'\nfor ((k = 0; k < 2000; k++)); do (( $(grep -c '^\\.\\.\\.$' %s) > %d )) && break; zpty -r -t z drop; zselect -t 1; done\n", quoted(line), out, i)
	}
	runShell(t, dir, zsh, "-f", "-c", "zmodload zsh/zselect\n"+outer+"zpty -d z\n")
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return answersOf(t, "zsh", text, len(lines))
}
