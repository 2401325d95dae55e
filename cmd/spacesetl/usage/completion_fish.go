package usage

import (
	"fmt"
	"strings"
)

// fishStart finds the command that stands before the cursor.
const fishStart = `# fish completion of spacesetl.
function __spacesetl_at --description 'whether the command before the cursor is this one'
    set -l words (commandline -opc)
    set -l at
    for word in $words[2..-1]
        switch "$at $word"
            case %s
                set -a at $word
        end
    end
    test "$at" = "$argv"
end
complete -c spacesetl -f
`

// fishCompletion is a script for fish.
func fishCompletion(root *Syntax) string {
	var b strings.Builder
	var paths []string
	for _, s := range root.All()[1:] {
		above := strings.Join(s.Path[:len(s.Path)-1], " ")
		paths = append(paths, fishQuoted(above+" "+s.Path[len(s.Path)-1]))
	}
	fmt.Fprintf(&b, fishStart, strings.Join(paths, " "))
	for _, s := range root.All() {
		at := fmt.Sprintf("complete -c spacesetl -n %s", fishQuoted(strings.TrimSpace("__spacesetl_at "+s.Name())))
		for _, sub := range s.Subs {
			fmt.Fprintf(&b, "%s -a %s -d %s\n", at, sub.Path[len(sub.Path)-1], fishQuoted(sub.Usage))
		}
		for _, word := range s.words {
			fmt.Fprintf(&b, "%s -a %s\n", at, word)
		}
		if s.files {
			fmt.Fprintf(&b, "%s -F\n", at)
		}
		for _, f := range s.Flags {
			fmt.Fprintf(&b, "%s%s%s -d %s\n", at, fishNames(f.Names), fishValue(f), fishQuoted(f.usage))
		}
	}
	return b.String()
}

func fishNames(names []string) string {
	var b strings.Builder
	for _, name := range names {
		if long, ok := strings.CutPrefix(name, "--"); ok {
			b.WriteString(" -l " + long)
			continue
		}
		b.WriteString(" -s " + strings.TrimPrefix(name, "-"))
	}
	return b.String()
}

// fishValue completes what a flag takes.
func fishValue(f SyntaxFlag) string {
	switch {
	case f.list:
		return " -x -a " + fishQuoted("(__fish_complete_list , 'string split , "+strings.Join(f.Of, ",")+"')")
	case f.Of != nil:
		return " -x -a " + fishQuoted(strings.Join(f.Of, " "))
	case f.value == "FILE":
		return " -r -F"
	case f.value == "DIR":
		return " -x -a '(__fish_complete_directories)'"
	case f.value != "":
		return " -x"
	}
	return ""
}

// fishQuoted is a text in single quotes, which fish escapes in a way of its own.
func fishQuoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
