// Command spacesetl gets X (Twitter) Spaces out of the X API v2 and into
// Parquet files and a DuckDB database.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/pipeline/box"
)

// version is set by the linker: -ldflags "-X main.version=v1.2.3".
var version = "dev"

func main() {
	box.Main()
	ctx, stop := signalled()
	code := (&console{stdout: os.Stdout, stderr: os.Stderr}).process(ctx, os.Args)
	stop()
	os.Exit(code)
}

// signalError is why a run was interrupted.
type signalError struct{ os.Signal }

func (e signalError) Error() string { return e.String() }

// sameSignal is how soon after the first a signal is taken for the same one: timeout(1)
// sends it to the process and to its group.
const sameSignal = 100 * time.Millisecond

// signalled returns a context that ends at the first signal. A second one ends
// the process at once; what has landed is on disk.
func signalled() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	// A reader that has gone, as head does, ends no process: writing fails.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		var first time.Time
		for s := range signals {
			if ctx.Err() == nil {
				first = time.Now()
			} else if time.Since(first) > sameSignal {
				os.Exit(signalCode(s))
			}
			cancel(signalError{s})
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

// run is the whole program: results go to stdout, everything else to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return (&console{stdout: stdout, stderr: stderr}).execute(ctx, args)
}

func (c *console) execute(ctx context.Context, args []string) (code int) {
	stdout, stderr := printable.New(c.stdout), printable.New(c.stderr)
	c.stdout, c.stderr = stdout, stderr
	defer func() { _, _ = stdout.Flush(), stderr.Flush() }() // half a character
	defer recovered(c.stderr, &code)
	app := c.app()
	args, called, err := usage.Arranged(app, args)
	if err == nil {
		err = app.RunContext(ctx, args)
	}
	if readerGone(err) {
		err = nil // it had what it wanted
	}
	if err == context.Canceled { // which says nothing to who sent the signal
		err = fmt.Errorf("stopped: %w", cmp.Or(context.Cause(ctx), err))
	}
	if err != nil {
		for line := range strings.Lines(errorLines(err)) {
			fmt.Fprintln(c.stderr, "spacesetl:", strings.TrimRight(line, "\n"))
		}
		var u *usage.Error
		switch {
		case errors.As(err, &u):
			c.say("see " + called + " --help")
		case tooManyFiles.MatchString(err.Error()): // DuckDB has it in words only
			c.say("256 open files are enough for every command: raise the limit with ulimit -n 256 or LimitNOFILE=256 in a unit, then run it again")
		}
	}
	return exitCode(ctx, err)
}

var tooManyFiles = regexp.MustCompile("(?i)too many open files")

// readerGone reports whether an error is that nobody reads standard output any more.
func readerGone(err error) bool {
	var write *fs.PathError
	return errors.Is(err, syscall.EPIPE) && errors.As(err, &write) && write.Path == os.Stdout.Name()
}

func (c *console) app() *cli.App {
	app := &cli.App{
		Name:        "spacesetl",
		Usage:       "X Spaces from the X API v2 into Parquet and DuckDB",
		UsageText:   "spacesetl demo\nspacesetl run --creators @XDevelopers --store ./spaces",
		Description: "What was paid for once is never fetched again: running again goes on where the last run stopped.",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "version", Usage: "print the version"}},
		Version:     version,
		Writer:      c.stdout, ErrWriter: c.stderr,
		ExitErrHandler: func(*cli.Context, error) {}, // run prints and decides
		Action: func(ctx *cli.Context) error {
			if name := ctx.Args().First(); name != "" {
				return usage.NoCommand(ctx.App, name)
			}
			if ctx.Bool("version") {
				return printVersion(c)
			}
			return cli.ShowAppHelp(ctx)
		},
		Commands: []*cli.Command{
			initCommand(c), jobsCommand(c), validateCommand(c), planCommand(c), runCommand(c), watchCommand(c), abandonCommand(c), importCommand(c), replayCommand(c), compactCommand(c), feedCommand(c),
			backupCommand(c), restoreCommand(c), pruneCommand(c), authCommand(c), costCommand(c), statusCommand(c), doctorCommand(c), verifyCommand(c),
			queryCommand(c), exportCommand(c), reportCommand(c), browseCommand(c), demoCommand(c), simulateCommand(c), schemaCommand(c),
			completionCommand(c), manCommand(c), versionCommand(c),
		},
	}
	usage.Prepare(app)
	return app
}
