package usage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// Syntax is what can be written after the name of a command.
type Syntax struct {
	Path  []string // words that lead here, without the program's
	Usage string   // what it does, in a line
	Flags []SyntaxFlag
	Subs  []*Syntax
	words []string // that it takes itself
	files bool     // it takes a file itself
}

// SyntaxFlag is a flag as it is written.
type SyntaxFlag struct {
	Names []string      // with their dashes, the long one first
	usage string        // one line
	value string        // what it takes, such as FILE; empty for none
	Of    []string      // what that is one of; nil for any
	list  bool          // several of them, with commas between
	again bool          // it may be given more than once
	group jobfile.Group // heading in help
}

// All are the commands below one and itself, those with subcommands first.
func (s *Syntax) All() []*Syntax {
	list := []*Syntax{s}
	for _, sub := range s.Subs {
		list = append(list, sub.All()...)
	}
	return list
}

// Name is the command as it is called, without the program.
func (s *Syntax) Name() string { return strings.Join(s.Path, " ") }

// SyntaxOf reads the commands of the program.
func SyntaxOf(commands []*cli.Command) *Syntax {
	root := &Syntax{Flags: []SyntaxFlag{{Names: []string{"--version"}, usage: "print the version"}, helpSyntax()}}
	for _, command := range commands {
		root.Subs = append(root.Subs, commandSyntax(nil, command))
	}
	return root
}

func commandSyntax(path []string, command *cli.Command) *Syntax {
	s := &Syntax{Path: append(slices.Clone(path), command.Name), Usage: command.Usage, files: takesFile(command)}
	for _, f := range command.Flags {
		if f.Names()[0] != "help" {
			s.Flags = append(s.Flags, flagSyntax(flagOf(f)))
		}
	}
	s.Flags = append(s.Flags, helpSyntax())
	for _, sub := range command.Subcommands {
		s.Subs = append(s.Subs, commandSyntax(s.Path, sub))
	}
	return s
}

// takesFile reports whether a word of a command can be a file: its job, for one.
func takesFile(command *cli.Command) bool {
	return strings.HasPrefix(command.ArgsUsage, "[FILE") || takesJob(command)
}

// takesJob reports whether a word of a command can be its job file.
func takesJob(command *cli.Command) bool {
	return !slices.Contains([]string{"RUN", "QUERY", "TABLE"}, command.ArgsUsage) && Find(command.Flags, "file") != nil
}

func helpSyntax() SyntaxFlag {
	return SyntaxFlag{Names: []string{"--help", "-h"}, usage: "show help"}
}

func flagSyntax(f Flag) SyntaxFlag {
	names, usage, _ := strings.Cut(f.String(), "\t")
	s := SyntaxFlag{usage: usage, Of: f.values, group: cmp.Or(f.group, jobfile.Other)}
	for name := range strings.SplitSeq(names, ", ") {
		name, value, _ := strings.Cut(name, " ")
		s.Names, s.value = append(s.Names, name), value
	}
	if f.TakesValue() && s.value == "" {
		s.value = "VALUE"
	}
	s.list = s.Of != nil && s.value == "LIST"
	_, s.again = f.documented.(*cli.GenericFlag)
	return s
}

// quoted is a text in single quotes, as all shells take it.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
