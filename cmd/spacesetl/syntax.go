package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs/ready"
)

// syntax is what can be written after the name of a command.
type syntax struct {
	path  []string // words that lead here, without the program's
	usage string
	flags []syntaxFlag
	words []string // that it takes itself
	files bool     // it takes a file itself
	subs  []*syntax
}

// syntaxFlag is a flag as it is written.
type syntaxFlag struct {
	names []string // with their dashes, the long one first
	usage string   // one line
	value string   // what it takes, such as FILE; empty for none
	of    []string // what that is one of; nil for any
	list  bool     // several of them, with commas between
	again bool     // it may be given more than once
}

// all are the commands below one and itself, those with subcommands first.
func (s *syntax) all() []*syntax {
	list := []*syntax{s}
	for _, sub := range s.subs {
		list = append(list, sub.all()...)
	}
	return list
}

func (s *syntax) name() string { return strings.Join(s.path, " ") }

// syntaxOf reads the commands of the program.
func syntaxOf(commands []*cli.Command) *syntax {
	root := &syntax{flags: []syntaxFlag{{names: []string{"--version"}, usage: "print the version"}, helpSyntax()}}
	for _, command := range commands {
		root.subs = append(root.subs, commandSyntax(nil, command))
	}
	return root
}

func commandSyntax(path []string, command *cli.Command) *syntax {
	s := &syntax{path: append(slices.Clone(path), command.Name), usage: command.Usage}
	switch s.name() {
	case "completion":
		s.words = []string{"bash", "zsh", "fish"}
	case "init":
		s.files = true
	case "jobs show":
		for _, job := range ready.Jobs() {
			s.words = append(s.words, job.Name)
		}
	}
	s.files = s.files || s.name() != "abandon" && find(command.Flags, "file") != nil
	for _, f := range command.Flags {
		if f, ok := f.(documented); ok && f.Names()[0] != "help" {
			s.flags = append(s.flags, flagSyntax(f))
		}
	}
	s.flags = append(s.flags, helpSyntax())
	for _, sub := range command.Subcommands {
		s.subs = append(s.subs, commandSyntax(s.path, sub))
	}
	return s
}

func helpSyntax() syntaxFlag {
	return syntaxFlag{names: []string{"--help", "-h"}, usage: "show help"}
}

func flagSyntax(f documented) syntaxFlag {
	names, usage, _ := strings.Cut(shortFlag{f}.String(), "\t")
	s := syntaxFlag{usage: usage}
	for name := range strings.SplitSeq(names, ", ") {
		name, value, _ := strings.Cut(name, " ")
		s.names, s.value = append(s.names, name), value
	}
	name := f.Names()[0]
	if f.TakesValue() && s.value == "" {
		s.value = "VALUE"
	}
	s.of = choices(name)
	s.list, s.again = name == "to" || name == "with", name == "search"
	return s
}

// quoted is a text in single quotes, as all shells take it.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
