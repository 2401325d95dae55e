package main

import (
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

func (c *console) manCommand() *cli.Command {
	return &cli.Command{
		Name:  "man",
		Usage: "print the manual page",
		UsageText: `spacesetl man | man -l -
spacesetl man > /usr/local/share/man/man1/spacesetl.1`,
		Action: func(ctx *cli.Context) error {
			return c.print("%s", manPage(ctx.App))
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
	m.environment()
	m.files()
	m.status()
	m.fields()
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

// manual is a page under way.
type manual struct{ strings.Builder }

// manText escapes what the formatter would read as its own.
func manText(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "…", "...", "→", `\(->`).Replace(text)
}

func (m *manual) line(text string) { m.WriteString(text + "\n") }

func (m *manual) section(name string) { m.line(".SH " + name) }

// text writes a line that is not a macro, whatever it begins with.
func (m *manual) text(text string) {
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	m.line(text)
}

// paragraph fills lines; those that are indented stand as they are.
func (m *manual) paragraph(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			m.text(manText(line))
		}
	}
}

// item is a term and what it means.
func (m *manual) item(term, meaning string) {
	m.line(".TP")
	m.text(`\fB` + term + `\fR`)
	m.paragraph(meaning)
}

// verbatim are lines as a user writes them.
func (m *manual) verbatim(text string) {
	m.line(".PP")
	m.line(".nf")
	m.line(".RS")
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		m.text(manText(line))
	}
	m.line(".RE")
	m.line(".fi")
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

func (m *manual) environment() {
	m.section("ENVIRONMENT")
	m.paragraph("Every flag can be given as a variable; a flag on the command line wins. Secrets are never flags:")
	for _, v := range [][2]string{
		{"X_BEARER_TOKEN", "The app's bearer token. It wins over an account of spacesetl auth."},
		{"X_USER_TOKEN", "A user's OAuth 2.0 token, for ticket buyers the Space creator's. It wins over the users' accounts."},
		{"X_CLIENT_ID, X_CLIENT_SECRET", "The app's OAuth 2.0 client, for auth login; the secret of confidential clients only."},
		{"X_API_KEY, X_API_SECRET", "The app's key and secret, for auth app. They are not stored."},
		{"HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "Proxies to ask through."},
		{"SSL_CERT_FILE", "Certificates to trust, such as that of a proxy that opens TLS."},
		{"GOMEMLIMIT", "A limit of Go's heap that wins over --memory."},
		{"SPACESETL_DEBUG", "1 adds the trace to an internal error."},
	} {
		m.item(manText(v[0]), v[1])
	}
}

func (m *manual) files() {
	m.section("FILES")
	m.paragraph("In the store, one folder per job:")
	for _, f := range [][2]string{
		{"raw/RUN/ENDPOINT-00001.ndjson.zst", "Landed pages as received: the truth, of which everything else can be made again."},
		{"parquet/TABLE/run_date=DAY/RUN-N.parquet", "The rows of a run."},
		{"parquet/_latest.json", "The newest run whose files are complete."},
		{"spaces.duckdb", "All runs merged; read it with duckdb -readonly."},
		{"runs/RUN/plan.json, manifest.json", "What was asked; the receipt, written last."},
		{"state.json, ledger.json", "Which Spaces can still change; what pages cost. Made again from raw when deleted."},
		{"lock", "Held while a run writes; names its process."},
	} {
		m.item(manText(f[0]), f[1])
	}
	m.paragraph("In the user's configuration folder:")
	m.item(manText("spacesetl/tokens.json"), "The accounts with their tokens, mode 0600; see --token-file.")
}

func (m *manual) status() {
	m.section("EXIT STATUS")
	for _, e := range exitMeanings() {
		m.item(e.code, e.meaning)
	}
}
