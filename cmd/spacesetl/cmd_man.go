package main

import (
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

func manCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "man",
		Usage: "print the manual page",
		UsageText: `spacesetl man | man -l -
spacesetl man > /usr/local/share/man/man1/spacesetl.1`,
		Action: func(ctx *cli.Context) error {
			return c.text(manPage(ctx.App))
		},
	}
}

// manPage is the manual in the man macros, which every reader of manuals knows.
func manPage(app *cli.App) string {
	m := &manual{}
	m.line(`.TH SPACESETL 1 "` + builtOn() + `" "spacesetl ` + manText(programVersion()) + `" "User Commands"`)
	m.section("NAME")
	m.text("spacesetl \\- " + manText(app.Usage))
	m.section("SYNOPSIS")
	m.line(".B spacesetl")
	m.line(`\fIcommand\fR [\fIflags\fR]`)
	m.section("DESCRIPTION")
	m.paragraph(app.Description)
	m.line(".PP")
	m.paragraph("Results go to standard output, everything else to standard error. " + twins)
	m.section("COMMANDS")
	for _, command := range app.Commands {
		m.command(nil, command)
	}
	manEnvironment(m)
	manFiles(m)
	manStatus(m)
	manFields(m)
	m.section("EXAMPLES")
	m.paragraph("Lines to copy, by command:")
	m.examples(app.Commands)
	m.section("SEE ALSO")
	m.line(".BR duckdb (1),")
	m.line(".BR zstd (1)")
	return m.String()
}

// builtOn is the day of the commit that the program was built of, or that of
// its file.
func builtOn() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" && len(s.Value) >= len(time.DateOnly) {
				return s.Value[:len(time.DateOnly)]
			}
		}
	}
	built := time.Now()
	if path, err := os.Executable(); err == nil {
		if info, err := os.Stat(path); err == nil {
			built = info.ModTime()
		}
	}
	return built.UTC().Format(time.DateOnly)
}

// command writes a command with its flags, and its subcommands.
func (m *manual) command(path []string, command *cli.Command) {
	s := commandSyntax(path, command)
	m.line(".SS " + manText(s.name()))
	m.text(manText(strings.ToUpper(command.Usage[:1]) + command.Usage[1:] + "."))
	m.paragraph(command.Description)
	for _, f := range s.flags {
		if f.names[0] == "--help" {
			continue
		}
		names := slices.Clone(f.names)
		slices.Reverse(names)
		term := manText(strings.Join(names, ", "))
		if f.value != "" {
			term += `\fR \fI` + manText(f.value)
		}
		m.item(term, f.usage+manChoices(f))
	}
	for _, sub := range command.Subcommands {
		m.command(s.path, sub)
	}
}

// manChoices ends the description of a flag with the values that it takes.
func manChoices(f syntaxFlag) string {
	if !slices.ContainsFunc(f.of, func(value string) bool { return !strings.Contains(f.usage, value) }) {
		return "" // the description has them
	}
	return "; one of " + strings.Join(f.of, ", ")
}

func (m *manual) examples(commands []*cli.Command) {
	for _, command := range commands {
		if len(command.Subcommands) > 0 {
			m.examples(command.Subcommands)
			continue
		}
		m.verbatim(command.UsageText)
	}
}
