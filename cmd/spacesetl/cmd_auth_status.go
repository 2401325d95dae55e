package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/extract/auth"
)

func authStatusCommand(c *console) *cli.Command {
	return &cli.Command{
		Name: "status", Usage: "who is logged in, until when; never a token",
		UsageText:   "spacesetl auth status\nspacesetl auth status --output json",
		Description: "Reads the token file and asks nobody.",
		Flags:       []cli.Flag{formatFlag()},
		Action:      func(ctx *cli.Context) error { return showAccounts(c, ctx) },
	}
}

// tokenStatus is what auth status knows.
type tokenStatus struct {
	File        string         `json:"file"`
	Environment []string       `json:"environment"` // variables that win over the file
	Accounts    []auth.Account `json:"accounts"`
}

func showAccounts(c *console, ctx *cli.Context) error {
	out := ctx.String("output")
	store, err := openTokens(c, ctx)
	if err != nil {
		return err
	}
	status := tokenStatus{File: store.Path(), Environment: []string{}}
	if status.Accounts, err = store.Accounts(); err != nil {
		return err
	}
	for _, variable := range []string{"X_BEARER_TOKEN", "X_USER_TOKEN"} {
		if os.Getenv(variable) != "" {
			status.Environment = append(status.Environment, variable)
		}
	}
	if out == "json" {
		return c.printJSON(status)
	}
	return printStatus(c, status, time.Now())
}

func printStatus(c *console, status tokenStatus, now time.Time) error {
	table := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	if len(status.Accounts) > 0 {
		fmt.Fprintln(table, "account\tkind\twho\tscopes\ttoken")
	}
	for _, a := range status.Accounts {
		owner := who(a)
		if a.Server != auth.DefaultServer {
			owner += " at " + a.Server
		}
		_ = printable.To(table, "%s\t%s\t%s\t%s\t%s\n", a.Name, a.Kind, owner, show.OrDash(strings.Join(a.Scopes, " ")), tokenState(a, now))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(status.Accounts) == 0 {
		_ = c.print("no accounts: run spacesetl auth login, or spacesetl auth app\n")
	}
	for _, variable := range status.Environment {
		_ = c.print("%s is set and wins over the accounts\n", variable)
	}
	return c.print("file %s\n", status.File)
}

// tokenState says how long an account's token is good and what comes then.
func tokenState(a auth.Account, now time.Time) string {
	switch left := a.Expires.Sub(now).Round(time.Second); {
	case !a.Refused.IsZero():
		return "refused by the server at " + a.Refused.UTC().Format(time.DateTime) + ": log in again"
	case !a.Refreshing.IsZero():
		return "a renewal began at " + a.Refreshing.UTC().Format(time.DateTime) + " and has not ended"
	case a.Kind == auth.App:
		return "good until it is invalidated"
	case a.Expires.IsZero():
		return "expiry unknown"
	case left > 0 && a.Renewable:
		return fmt.Sprintf("good for %s, then renewed", left)
	case left > 0:
		return fmt.Sprintf("good for %s, then log in again", left)
	case a.Renewable:
		return "expired, renewed when needed"
	}
	return "expired: log in again"
}
