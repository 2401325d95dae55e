package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Command is a client of the engine, as a shell has it: a script goes into its standard input.
type Command struct {
	Line           string
	Stdout, Stderr io.Writer
}

// CommandError is a client that failed. Its words are not in it: they may have a password.
type CommandError struct {
	Doing string
	Err   error
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("the command of --exec failed %s (%v): what it says of that stands above", e.Doing, e.Err)
}

func (e *CommandError) Unwrap() error { return e.Err }

// Known asks the engine what it has.
func (c Command) Known(ctx context.Context, d *Dialect) (*Known, error) {
	var out bytes.Buffer
	err := c.start(ctx, &out, func(w io.Writer) error {
		_, err := io.WriteString(w, d.Loads())
		return err
	})
	if err != nil {
		return nil, &CommandError{"when it was asked which runs are there", err}
	}
	k, err := ReadKnown(out.String())
	if err != nil {
		err = fmt.Errorf("what the command of --exec says: %w", err)
	}
	return k, err
}

// Give gives the engine a script.
func (c Command) Give(ctx context.Context, write func(io.Writer) error) error {
	err := c.start(ctx, c.Stdout, write)
	var broken *scriptError
	if errors.As(err, &broken) {
		return broken.err
	}
	if err != nil {
		return &CommandError{"in the script; runs that are whole stay, and the same spacesetl feed goes on behind them", err}
	}
	return nil
}

// scriptError is one of what writes the script.
type scriptError struct{ err error }

func (e *scriptError) Error() string { return e.err.Error() }

// start runs the command. It ends before its input does only by a failure.
func (c Command) start(ctx context.Context, stdout io.Writer, write func(io.Writer) error) error {
	cmd := exec.CommandContext(ctx, "sh", "-c", c.Line)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = stdout, c.Stderr, 5*time.Second
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return err
	}
	counted := &taken{w: in}
	written := write(counted)
	if written != nil && counted.err == nil {
		_ = cmd.Process.Kill() // the script is not whole: nothing of it is to count
	}
	_ = in.Close()
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case written != nil && counted.err == nil:
		return &scriptError{written}
	case err == nil && counted.err != nil:
		return errors.New("it ended before it had read all")
	}
	return err
}

// taken notes that nobody reads any more.
type taken struct {
	w   io.Writer
	err error
}

func (t *taken) Write(p []byte) (n int, err error) {
	n, err = t.w.Write(p)
	if err != nil {
		t.err = err
	}
	return n, err
}

// Lacks returns the first of some runs that a target has not got; "" for none.
func (k *Known) Lacks(runs []schemas.Load) string {
	for _, l := range runs {
		if content, ok := k.Runs[l.RunID]; !ok || content != l.Content {
			return l.RunID
		}
	}
	return ""
}

// Feed gives the client what write writes, and asks whether the engine has the runs then:
// some clients go on after an error, and end as if there were none.
func (c Command) Feed(ctx context.Context, d *Dialect, runs []schemas.Load, write func(io.Writer, []schemas.Load) error) error {
	most := len(runs)
	if d.each {
		most = 1
	}
	for some := range slices.Chunk(runs, most) {
		if err := c.Give(ctx, func(w io.Writer) error { return write(w, some) }); err != nil {
			return err
		}
	}
	known, err := c.Known(ctx, d)
	if err == nil {
		if run := known.Lacks(runs); run != "" {
			err = fmt.Errorf("the command of --exec ended well, but the engine has not got run %s: see what it wrote above; the same spacesetl feed tries again", run)
		}
	}
	return err
}
