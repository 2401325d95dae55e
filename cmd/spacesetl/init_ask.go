package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/schemas"
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
			answer, err := lineOf(ctx.Context, in)
			if errors.Is(err, io.EOF) {
				err = usage.Errorf("no answer: nothing is written; --yes takes what is proposed")
			}
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

func withIn(answer string) []string {
	switch answer {
	case "none":
		return nil
	case "both":
		return strings.Split(schemas.FollowUpNames(","), ",")
	}
	return usage.Trimmed(strings.Split(answer, ","))
}

// companions are what else a job can get, as the question has it.
func companions() string {
	var all []string
	for _, s := range schemas.FollowUps() {
		name := string(s.Endpoint)
		if s.FollowUp.Owned {
			name += " (the creator's login needed)"
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}
