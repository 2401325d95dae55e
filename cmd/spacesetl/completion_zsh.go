package main

import (
	"fmt"
	"strings"
)

// zshCompletion is a script for zsh: a function for each command, to be loaded
// by name from fpath or to be sourced.
func zshCompletion(root *syntax) string {
	var b strings.Builder
	b.WriteString("#compdef spacesetl\n# zsh completion of spacesetl.\n")
	for _, s := range root.all() {
		zshCommand(&b, s)
	}
	b.WriteString("if [ \"$funcstack[1]\" = \"_spacesetl\" ]; then\n  _spacesetl \"$@\"\nelse\n  compdef _spacesetl spacesetl\nfi\n")
	return b.String()
}

// zshName is the function of a command.
func zshName(s *syntax) string {
	return strings.Join(append([]string{"_spacesetl"}, s.path...), "_")
}

func zshCommand(b *strings.Builder, s *syntax) {
	fmt.Fprintf(b, "%s() {\n", zshName(s))
	if len(s.subs) > 0 {
		b.WriteString("  local curcontext=\"$curcontext\" state line\n  typeset -A opt_args\n  _arguments -C")
	} else {
		b.WriteString("  _arguments")
	}
	for _, f := range s.flags {
		b.WriteString(" \\\n    " + zshFlag(f))
	}
	switch {
	case s.words != nil:
		fmt.Fprintf(b, " \\\n    ':word:(%s)'", strings.Join(s.words, " "))
	case s.files:
		b.WriteString(" \\\n    ':file:_files'")
	case len(s.subs) > 0:
		b.WriteString(" \\\n    '1: :->command' '*:: :->rest'\n")
		zshSubcommands(b, s)
	}
	b.WriteString("\n}\n")
}

// zshSubcommands describes the subcommands, and goes on with the one chosen.
func zshSubcommands(b *strings.Builder, s *syntax) {
	b.WriteString("  local -a commands=(\n")
	for _, sub := range s.subs {
		fmt.Fprintf(b, "    %s\n", quoted(sub.path[len(sub.path)-1]+":"+sub.usage))
	}
	b.WriteString("  )\n  case $state in\n    command) _describe -t commands command commands ;;\n    rest)\n      case $line[1] in\n")
	for _, sub := range s.subs {
		fmt.Fprintf(b, "        %s) %s ;;\n", sub.path[len(sub.path)-1], zshName(sub))
	}
	b.WriteString("      esac ;;\n  esac")
}

// zshText escapes what means something in a specification.
func zshText(text string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `:`, `\:`).Replace(text)
}

// zshFlag is the specification of a flag for _arguments.
func zshFlag(f syntaxFlag) string {
	value := ""
	switch {
	case f.list:
		value = ":" + f.value + ":_values -s , " + f.value + " " + strings.Join(f.of, " ")
	case f.of != nil:
		value = ":" + f.value + ":(" + strings.Join(f.of, " ") + ")"
	case f.value == "FILE":
		value = ":" + f.value + ":_files"
	case f.value == "DIR":
		value = ":" + f.value + ":_files -/"
	case f.value != "":
		value = ":" + zshText(f.value) + ": "
	}
	var specs []string
	for _, name := range f.names {
		before := "(" + strings.Join(f.names, " ") + ")"
		if f.again {
			before = "*"
		}
		if value != "" && strings.HasPrefix(name, "--") {
			name += "="
		}
		specs = append(specs, quoted(before+name+"["+zshText(f.usage)+"]"+value))
	}
	return strings.Join(specs, " ")
}
