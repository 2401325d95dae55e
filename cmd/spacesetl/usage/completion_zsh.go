package usage

import (
	"fmt"
	"strings"
)

// zshCompletion is a script for zsh: a function for each command, to be loaded
// by name from fpath or to be sourced.
func zshCompletion(root *Syntax) string {
	var b strings.Builder
	b.WriteString("#compdef spacesetl\n# zsh completion of spacesetl.\n")
	for _, s := range root.All() {
		zshCommand(&b, s)
	}
	b.WriteString("if [ \"$funcstack[1]\" = \"_spacesetl\" ]; then\n  _spacesetl \"$@\"\nelse\n  compdef _spacesetl spacesetl\nfi\n")
	return b.String()
}

// zshName is the function of a command.
func zshName(s *Syntax) string {
	return strings.Join(append([]string{"_spacesetl"}, s.Path...), "_")
}

func zshCommand(b *strings.Builder, s *Syntax) {
	fmt.Fprintf(b, "%s() {\n", zshName(s))
	if len(s.Subs) > 0 {
		b.WriteString("  local curcontext=\"$curcontext\" state line\n  typeset -A opt_args\n  _arguments -C")
	} else {
		b.WriteString("  _arguments")
	}
	for _, f := range s.Flags {
		b.WriteString(" \\\n    " + zshFlag(f))
	}
	switch {
	case s.words != nil:
		fmt.Fprintf(b, " \\\n    ':word:(%s)'", strings.Join(s.words, " "))
	case s.files:
		b.WriteString(" \\\n    ':file:_files'")
	case len(s.Subs) > 0:
		b.WriteString(" \\\n    '1: :->command' '*:: :->rest'\n")
		zshSubcommands(b, s)
	}
	b.WriteString("\n}\n")
}

// zshSubcommands describes the subcommands, and goes on with the one chosen.
func zshSubcommands(b *strings.Builder, s *Syntax) {
	b.WriteString("  local -a commands=(\n")
	for _, sub := range s.Subs {
		fmt.Fprintf(b, "    %s\n", quoted(sub.Path[len(sub.Path)-1]+":"+sub.Usage))
	}
	b.WriteString("  )\n  case $state in\n    command) _describe -t commands command commands ;;\n    rest)\n      case $line[1] in\n")
	for _, sub := range s.Subs {
		fmt.Fprintf(b, "        %s) %s ;;\n", sub.Path[len(sub.Path)-1], zshName(sub))
	}
	b.WriteString("      esac ;;\n  esac")
}

// zshText escapes what means something in a specification.
func zshText(text string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `:`, `\:`).Replace(text)
}

// zshFlag is the specification of a flag for _arguments.
func zshFlag(f SyntaxFlag) string {
	value := ""
	switch {
	case f.list:
		value = ":" + f.value + ":_values -s , " + f.value + " " + strings.Join(f.Of, " ")
	case f.Of != nil:
		value = ":" + f.value + ":(" + strings.Join(f.Of, " ") + ")"
	case f.value == "FILE":
		value = ":" + f.value + ":_files"
	case f.value == "DIR":
		value = ":" + f.value + ":_files -/"
	case f.value != "":
		value = ":" + zshText(f.value) + ": "
	}
	var specs []string
	for _, name := range f.Names {
		before := "(" + strings.Join(f.Names, " ") + ")"
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
