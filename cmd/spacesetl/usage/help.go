package usage

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// Prepare makes the commands of a program say what is wrong with their command
// lines, and their help one that fits a screen and begins with examples.
func Prepare(app *cli.App) {
	for _, command := range app.Commands {
		prepare(command)
	}
	app.HideVersion, app.HideHelp, app.Suggest = true, true, true
	app.OnUsageError = onError
	app.Flags = append(app.Flags, helpFlag())
	app.CustomAppHelpTemplate = helpText(app.UsageText, app.Usage, app.Description, SyntaxOf(app.Commands))
}

// prepare does it for one command. The path is what stands before its name.
func prepare(command *cli.Command, path ...string) {
	for _, sub := range command.Subcommands {
		prepare(sub, append(path, command.Name)...)
	}
	for i, f := range command.Flags {
		command.Flags[i] = flagOf(f)
	}
	command.OnUsageError = onError
	if command.Subcommands != nil {
		command.Action = noSubcommand
	} else {
		command.Before = checked
	}
	command.HideHelp, command.HideHelpCommand = true, true
	command.CustomHelpTemplate = helpText(command.UsageText, command.Usage, command.Description, commandSyntax(path, command))
	command.Flags = append(command.Flags, helpFlag()) // help says nothing of itself
}

// noSubcommand shows help, or says that there is no such subcommand.
func noSubcommand(ctx *cli.Context) error {
	name := ctx.Args().First()
	if name == "" {
		return cli.ShowSubcommandHelp(ctx)
	}
	return Errorf("there is no command %q%s", ctx.Command.Name+" "+name, Near(name, commandNames(ctx.Command.Subcommands)))
}

// NoCommand says that there is no such command.
func NoCommand(app *cli.App, name string) error {
	return Errorf("there is no command %q%s", name, Near(name, commandNames(app.Commands)))
}

func commandNames(commands []*cli.Command) []string {
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	return names
}

// helpText is what --help prints: examples, what the command does, its
// subcommands and its flags by group. The library takes it for a template.
func helpText(examples, usage, description string, s *Syntax) string {
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
	for _, sub := range s.Subs {
		name := sub.Path[len(sub.Path)-1]
		if slices.Contains(minor, name) {
			also = append(also, name)
			continue
		}
		rows = append(rows, helpRow{"", name, sub.Usage})
	}
	writeRows(&b, rows)
	if s.Path == nil {
		half := (len(also) + 1) / 2
		return b.String() + "Also " + strings.Join(also[:half], ", ") + ",\n" + strings.Join(also[half:], ", ") + "; each has --help.\n"
	}
	rows = nil
	for _, f := range s.Flags {
		if f.Names[0] != "--help" {
			rows = append(rows, helpRow{f.group, f.Left(), f.usage})
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

// minor are the commands that help names in two lines.
var minor = []string{"abandon", "backup", "compact", "completion", "export", "feed", "import", "man", "prune", "replay", "restore", "schema", "simulate", "version"}

// manyFlags are so many that they stand in groups.
const manyFlags = 18

// Left is the flag as help has it: -f, --file FILE.
func (f SyntaxFlag) Left() string {
	names := slices.Clone(f.Names)
	slices.Reverse(names)
	text := strings.Join(names, ", ")
	if f.value != "" {
		text += " " + f.value
	}
	return text
}

// helpRow is a line of a list.
type helpRow struct {
	group       jobfile.Group
	left, right string
}

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
	for _, group := range []jobfile.Group{jobfile.Get, jobfile.To, jobfile.Limits, Watch, jobfile.Other, ""} {
		if group != "" && slices.ContainsFunc(rows, func(r helpRow) bool { return r.group == group }) {
			b.WriteString(string(group) + ":\n")
		}
		for _, r := range rows {
			if r.group == group {
				b.WriteString("  " + r.left + strings.Repeat(" ", width-utf8.RuneCountInString(r.left)+2) + r.right + "\n")
			}
		}
	}
}
