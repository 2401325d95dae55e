package main

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
)

// concise makes the help of a command one that fits a screen and begins with
// examples. The path is what stands before its name.
func concise(command *cli.Command, path ...string) {
	for i, f := range command.Flags {
		if f, ok := f.(documented); ok {
			command.Flags[i] = shortFlag{f}
		}
	}
	command.HideHelp, command.HideHelpCommand = true, true
	defer func() { command.Flags = append(command.Flags, helpFlag()) }() // help says nothing of itself
	command.CustomHelpTemplate = helpText(command.UsageText, command.Usage, command.Description, commandSyntax(path, command))
}

// helpText is what --help prints: examples, what the command does, its
// subcommands and its flags by group. The library takes it for a template.
func helpText(examples, usage, description string, s *syntax) string {
	var b strings.Builder
	b.WriteString("Examples:\n")
	for line := range strings.Lines(examples + "\n") {
		b.WriteString("  " + line)
	}
	b.WriteString("\n" + strings.ToUpper(usage[:1]) + usage[1:] + ".\n")
	if description != "" {
		b.WriteString(description + "\n")
	}
	var rows []helpRow
	var also []string
	for _, sub := range s.subs {
		name := sub.path[len(sub.path)-1]
		if slices.Contains(minor, name) {
			also = append(also, name)
			continue
		}
		rows = append(rows, helpRow{"", name, sub.usage})
	}
	writeRows(&b, rows)
	if s.path == nil {
		return b.String() + "Also " + strings.Join(also, ", ") + "; each has --help.\n"
	}
	rows = nil
	for _, f := range s.flags {
		if f.names[0] != "--help" {
			rows = append(rows, helpRow{flagGroup(f.names[0]), f.left(), f.usage})
		}
	}
	if len(rows) < manyFlags {
		for i := range rows {
			rows[i].group = ""
		}
	}
	writeRows(&b, rows)
	if len(rows) > 0 {
		b.WriteString("\n" + twins + "\n")
	}
	return b.String()
}

// minor are the commands that help names in one line.
var minor = []string{"abandon", "backup", "compact", "completion", "man", "prune", "restore", "version"}

// manyFlags are so many that they stand in groups.
const manyFlags = 18

// left is the flag as help has it: -f, --file FILE.
func (f syntaxFlag) left() string {
	names := slices.Clone(f.names)
	slices.Reverse(names)
	text := strings.Join(names, ", ")
	if f.value != "" {
		text += " " + f.value
	}
	return text
}

// helpRow is a line of a list.
type helpRow struct{ group, left, right string }

// writeRows writes a list by group; a single group has no heading.
func writeRows(b *strings.Builder, rows []helpRow) {
	if len(rows) == 0 {
		return
	}
	width := 0
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(r.left))
	}
	b.WriteString("\n")
	for _, group := range []string{groupGet, groupTo, groupLimits, groupWatch, groupOther, ""} {
		if group != "" && slices.ContainsFunc(rows, func(r helpRow) bool { return r.group == group }) {
			b.WriteString(group + ":\n")
		}
		for _, r := range rows {
			if r.group == group {
				b.WriteString("  " + r.left + strings.Repeat(" ", width-utf8.RuneCountInString(r.left)+2) + r.right + "\n")
			}
		}
	}
}
