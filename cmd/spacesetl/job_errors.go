package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
)

// ofJob makes an error of a job that the command line can mend a usage error.
func ofJob(ctx *cli.Context, err error) error {
	var (
		token   *jobs.TokenError
		trust   *jobs.TrustError
		account *jobs.AccountError
		client  *jobs.ClientError
		none    *jobs.NoRunError
	)
	switch {
	case errors.As(err, &none):
		return usage.Of(withoutRun(ctx.Command.Name, none))
	case errors.As(err, &token), errors.As(err, &trust), errors.As(err, &account), errors.As(err, &client):
		return usage.Of(err)
	}
	return err
}

// withoutRun says which flags name a store that has run.
func withoutRun(command string, e *jobs.NoRunError) error {
	switch {
	case e.Run != "":
		return e
	case command == "status":
		return fmt.Errorf("%w: name the store of a job that has run with --store or -f", e)
	case command == "cost":
		return fmt.Errorf("%w: name a store with --store", e)
	}
	return fmt.Errorf("there are no runs in %s: give the --store of a job that has run", e.Store)
}

// inFlags rewrites the mistakes of a job whose values came by flags, so that
// they name the flag instead of the key.
func inFlags(ctx *cli.Context, err error) error {
	var invalid *jobs.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	for i, p := range invalid.Problems {
		name := strings.ReplaceAll(p.Key, "_", "-")
		switch {
		case p.Line > 0 || p.File != "":
		case p.Key == "" && strings.HasPrefix(p.Text, "nothing to do"):
			invalid.Problems[i].Text = "nothing to do: name a job file, or give --ids, --ids-file, --creators or --search"
		case p.Key != "" && ctx.IsSet(name):
			invalid.Problems[i].Text = "--" + name + ": " + strings.TrimPrefix(p.Text, p.Key+": ")
		}
	}
	return err
}
