package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
)

// asker asks a question until check takes the answer.
type asker func(question, proposed string, check func(string) error) (string, error)

// askerFor returns what asks on the terminal, or takes what is proposed with
// --yes; nothing where there is no terminal.
func askerFor(c *console, ctx *cli.Context) asker {
	if ctx.Bool("yes") {
		return func(_, proposed string, check func(string) error) (string, error) {
			if err := check(proposed); err != nil {
				return "", usage.Of(err)
			}
			return proposed, nil
		}
	}
	// No pipe: a question that nobody reads would be answered by chance.
	if info, err := os.Stdin.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	in := bufio.NewReader(io.LimitReader(os.Stdin, 1<<20))
	return func(question, proposed string, check func(string) error) (string, error) {
		for {
			fmt.Fprintf(c.stderr, "%s [%s] ", question, proposed)
			answer, err := answered(ctx.Context, in)
			if err != nil {
				return "", err
			}
			answer = cmp.Or(strings.TrimSpace(answer), proposed)
			err = check(answer)
			if err == nil {
				return answer, nil
			}
			fmt.Fprintf(c.stderr, "  %s\n", strings.ReplaceAll(err.Error(), "\n", "\n  "))
		}
	}
}

// answered reads a line. A read cannot be cancelled: when ctx ends first, it
// ends with the process.
func answered(ctx context.Context, in *bufio.Reader) (string, error) {
	type read struct {
		line string
		err  error
	}
	lines := make(chan read, 1)
	go func() {
		line, err := in.ReadString('\n')
		lines <- read{line, err}
	}()
	select {
	case r := <-lines:
		if errors.Is(r.err, io.EOF) {
			return "", usage.Errorf("no answer: nothing is written; --yes takes what is proposed")
		}
		return r.line, r.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
