package usage

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Edition is what the manual has to be told.
type Edition struct {
	Day, Version string
	Status       [][2]string // exit codes, and what they mean
	Failures     [][2]string // what fails, and what becomes of it
}

// Manual is the manual in the man macros, which every reader of manuals knows.
func Manual(app *cli.App, e Edition) string {
	m := &manual{}
	m.line(`.TH SPACESETL 1 "` + e.Day + `" "spacesetl ` + manText(e.Version) + `" "User Commands"`)
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
	m.section("EXIT STATUS")
	m.items(e.Status)
	m.section("FAILURES")
	m.paragraph("What fails, what it is lasting for, what that costs, and how it ends, with the exit code:")
	m.items(e.Failures)
	manFields(m)
	m.section("EXAMPLES")
	m.paragraph("Lines to copy, by command:")
	m.examples(app.Commands)
	m.section("SEE ALSO")
	m.line(".BR duckdb (1),")
	m.line(".BR zstd (1)")
	return m.String()
}

// command writes a command with its flags, and its subcommands.
func (m *manual) command(path []string, command *cli.Command) {
	s := commandSyntax(path, command)
	m.line(".SS " + manText(s.Name()))
	m.text(manText(strings.ToUpper(command.Usage[:1]) + command.Usage[1:] + "."))
	m.paragraph(command.Description)
	for _, f := range s.Flags {
		if f.Names[0] == "--help" {
			continue
		}
		names := slices.Clone(f.Names)
		slices.Reverse(names)
		term := manText(strings.Join(names, ", "))
		if f.value != "" {
			term += `\fR \fI` + manText(f.value)
		}
		m.item(term, f.usage+manChoices(f))
	}
	for _, sub := range command.Subcommands {
		m.command(s.Path, sub)
	}
}

// manChoices ends the description of a flag with the values that it takes.
func manChoices(f SyntaxFlag) string {
	if !slices.ContainsFunc(f.Of, func(value string) bool { return !strings.Contains(f.usage, value) }) {
		return "" // the description has them
	}
	return "; one of " + strings.Join(f.Of, ", ")
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
