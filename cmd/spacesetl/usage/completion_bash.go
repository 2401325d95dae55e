package usage

import (
	"fmt"
	"strings"
)

// bashStart finds the command that stands before the cursor. Bash takes --to=x
// apart at the sign.
const bashStart = `# bash completion of spacesetl; for bash 3.2 and newer.
_spacesetl_list() { # values of a list with commas
  local before=""
  [[ $cur == *,* ]] && before="${cur%,*},"
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "${cur##*,}"))
}
_spacesetl_files() {
  local IFS=$'\n'
  COMPREPLY=($(compgen "$1" -- "$cur"))
  compopt -o filenames 2>/dev/null
}
_spacesetl() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" at="" i
  COMPREPLY=()
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev="${COMP_WORDS[COMP_CWORD-2]}"
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at ${COMP_WORDS[i]}" in
`

// bashCompletion is a script for bash.
func bashCompletion(root *Syntax) string {
	var b strings.Builder
	b.WriteString(bashStart)
	for _, s := range root.All()[1:] {
		above := strings.Join(s.Path[:len(s.Path)-1], " ")
		fmt.Fprintf(&b, "      %s) at=%s ;;\n", quoted(above+" "+s.Path[len(s.Path)-1]), quoted(s.Name()))
	}
	b.WriteString("    esac\n  done\n  case \"$at $prev\" in\n")
	for _, s := range root.All() {
		for _, f := range s.Flags {
			if f.value != "" {
				fmt.Fprintf(&b, "    %s) %s return ;;\n", bashPatterns(s.Name(), f.Names), bashValue(f))
			}
		}
	}
	b.WriteString("  esac\n  case \"$at\" in\n")
	for _, s := range root.All() {
		var flags []string
		for _, f := range s.Flags {
			flags = append(flags, f.Names...)
		}
		words := append([]string{}, s.words...)
		for _, sub := range s.Subs {
			words = append(words, sub.Path[len(sub.Path)-1])
		}
		other := fmt.Sprintf("COMPREPLY=($(compgen -W %s -- \"$cur\"))", quoted(strings.Join(words, " ")))
		if s.files {
			other = "_spacesetl_files -f"
		}
		fmt.Fprintf(&b, "    %s)\n      case \"$cur\" in\n        -*) COMPREPLY=($(compgen -W %s -- \"$cur\")) ;;\n        *) %s ;;\n      esac ;;\n",
			quoted(s.Name()), quoted(strings.Join(flags, " ")), other)
	}
	b.WriteString("  esac\n}\ncomplete -F _spacesetl spacesetl\n")
	return b.String()
}

func bashPatterns(command string, names []string) string {
	var patterns []string
	for _, name := range names {
		patterns = append(patterns, quoted(command+" "+name))
	}
	return strings.Join(patterns, "|")
}

// bashValue completes what a flag takes.
func bashValue(f SyntaxFlag) string {
	switch values := quoted(strings.Join(f.Of, " ")); {
	case f.list:
		return "_spacesetl_list " + values + ";"
	case f.Of != nil:
		return "COMPREPLY=($(compgen -W " + values + " -- \"$cur\"));"
	case f.value == "FILE":
		return "_spacesetl_files -f;"
	case f.value == "DIR":
		return "_spacesetl_files -d;"
	}
	return "" // nobody knows its values
}
