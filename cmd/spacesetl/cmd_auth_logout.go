package main

import (
	"errors"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract/auth"
)

func authLogoutCommand(c *console) *cli.Command {
	return &cli.Command{
		Name: "logout", Usage: "revoke an account's tokens and remove it",
		UsageText:   "spacesetl auth logout\nspacesetl auth logout --name XDevelopers",
		Description: "The account is removed even if its tokens cannot be revoked; the command then says so and ends\nwith exit code 1. An app's token is only removed: other programs of the app use the same.",
		Flags:       []cli.Flag{nameFlag("`NAME` of the account, if there are several"), insecureFlag()},
		Action:      func(ctx *cli.Context) error { return logOut(c, ctx) },
	}
}

func logOut(c *console, ctx *cli.Context) error {
	store, err := openTokens(c, ctx)
	if err != nil {
		return err
	}
	name := ctx.String("name")
	if name == "" {
		if name, err = onlyAccount(store); err != nil {
			return err
		}
	}
	a, err := store.Logout(ctx.Context, name, authConfig(ctx))
	if err != nil {
		return err
	}
	if a.Kind == auth.App {
		return c.print("account %s is removed; the app's token stays good for other programs: to end it, make a new one in the X developer console\n", a.Name)
	}
	return c.print("account %s is logged out: its tokens are revoked and removed\n", a.Name)
}

func onlyAccount(store *auth.Store) (string, error) {
	accounts, err := store.Accounts()
	if err != nil {
		return "", err
	}
	if len(accounts) != 1 {
		var names []string
		for _, a := range accounts {
			names = append(names, a.Name)
		}
		if len(names) == 0 {
			return "", usage.Of(errors.New("nobody is logged in: " + store.Path() + " has no accounts"))
		}
		return "", usage.Of(errors.New("give --name: there are " + strings.Join(names, ", ")))
	}
	return accounts[0].Name, nil
}
