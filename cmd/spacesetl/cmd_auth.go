package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/extract/auth"
)

func (c *console) authCommand() *cli.Command {
	command := &cli.Command{
		Name:  "auth",
		Usage: "log in and out; see who is logged in",
		UsageText: `spacesetl auth login
spacesetl auth app
spacesetl auth status
spacesetl auth logout --name XDevelopers`,
		Description: "Tokens are kept in one file that only its owner can read, by account, and are renewed before\n" +
			"they expire. Where X_BEARER_TOKEN or X_USER_TOKEN is set, it is used instead.",
		Subcommands: []*cli.Command{c.authLoginCommand(), c.authAppCommand(), c.authStatusCommand(), c.authLogoutCommand()},
		Action: func(ctx *cli.Context) error {
			if name := ctx.Args().First(); name != "" {
				return &usageError{"spacesetl auth", fmt.Errorf("there is no command %q%s", "auth "+name, near(name, []string{"login", "app", "status", "logout"}))}
			}
			return cli.ShowSubcommandHelp(ctx)
		},
	}
	for _, sub := range command.Subcommands {
		sub.Flags = append(sub.Flags, tokenFileFlag())
		sub.OnUsageError, sub.Before = usage, noArguments
		concise(sub, "auth")
	}
	return command
}

// ofAuth makes a usage error name both words of the command.
func ofAuth(ctx *cli.Context, err error) error {
	var u *usageError
	if errors.As(err, &u) {
		u.command = "spacesetl auth " + ctx.Command.Name
	}
	return err
}

// nameFlag has a twin of its own: SPACESETL_NAME is of a job.
func nameFlag(usage string) cli.Flag {
	return &cli.StringFlag{Name: "name", Usage: usage + "; its twin is SPACESETL_ACCOUNT", EnvVars: env("account")}
}

func serverFlag() cli.Flag {
	return text("base-url", auth.DefaultServer, "`URL` of the API")
}

// openTokens opens the token file of a command.
func openTokens(ctx *cli.Context) (*auth.Store, error) {
	path := ctx.String("token-file")
	if path == "" {
		var err error
		if path, err = auth.DefaultPath(); err != nil {
			return nil, ofAuth(ctx, &usageError{err: fmt.Errorf("%w: give --token-file", err)})
		}
	}
	return auth.Open(path)
}

func authConfig(ctx *cli.Context) auth.Config {
	return auth.Config{Server: ctx.String("base-url"), UserAgent: userAgent()}
}

func (c *console) authAppCommand() *cli.Command {
	return &cli.Command{
		Name: "app", Usage: "get the app's token for its key and secret",
		UsageText:   "X_API_KEY=… X_API_SECRET=… spacesetl auth app",
		Description: "The key and the secret come from the environment only and are not stored.",
		Flags:       []cli.Flag{nameFlag("`NAME` of the account (default app)"), serverFlag()},
		Action: func(ctx *cli.Context) error {
			keys := auth.Keys{Name: ctx.String("name"), Key: secretOf("X_API_KEY"), Secret: secretOf("X_API_SECRET")}
			if keys.Key == "" || keys.Secret == "" {
				return ofAuth(ctx, &usageError{err: errors.New("set X_API_KEY and X_API_SECRET to the app's key and secret from the X developer console")})
			}
			store, err := openTokens(ctx)
			if err != nil {
				return err
			}
			a, err := store.App(ctx.Context, keys, authConfig(ctx))
			if err != nil {
				return err
			}
			return c.print("the app's token is stored as account %s in %s\n", a.Name, store.Path())
		},
	}
}

func (c *console) authLogoutCommand() *cli.Command {
	return &cli.Command{
		Name: "logout", Usage: "revoke an account's tokens and remove it",
		UsageText:   "spacesetl auth logout\nspacesetl auth logout --name XDevelopers",
		Description: "The account is removed even if its tokens cannot be revoked; the command then says so and ends\nwith exit code 1. An app's token is only removed: other programs of the app use the same.",
		Flags:       []cli.Flag{nameFlag("`NAME` of the account, if there are several")},
		Action:      c.authLogout,
	}
}

func (c *console) authLogout(ctx *cli.Context) error {
	store, err := openTokens(ctx)
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
			return "", &usageError{"spacesetl auth logout", errors.New("nobody is logged in: " + store.Path() + " has no accounts")}
		}
		return "", &usageError{"spacesetl auth logout", errors.New("give --name: there are " + strings.Join(names, ", "))}
	}
	return accounts[0].Name, nil
}

// secretOf reads a variable that is no flag, so that no shell history or
// process list shows it.
func secretOf(variable string) string { return strings.TrimSpace(os.Getenv(variable)) }

// secretVariables are the environment's secrets, which no child needs.
func secretVariables() []string {
	names := []string{"X_BEARER_TOKEN", "X_USER_TOKEN", "X_CLIENT_SECRET", "X_API_KEY", "X_API_SECRET"}
	for _, flag := range secretFlags() {
		names = append(names, env(flag)...)
	}
	return names
}

// withoutSecrets is the environment for another program.
func withoutSecrets(environ []string) []string {
	return slices.DeleteFunc(environ, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(secretVariables(), name)
	})
}

// authCode is the exit code of an error of the token store, 0 for any other.
func authCode(err error) int {
	var (
		login   *auth.LoginError
		denied  *auth.DeniedError
		refused *auth.RefusedError
		revoke  *auth.RevokeError
		unknown *auth.UnknownError
		name    *auth.NameError
		taken   *auth.TakenError
		server  *auth.ServerError
		address *auth.AddressError
		file    *auth.FileError
	)
	switch {
	case errors.As(err, &revoke): // whatever is in it
		return 1
	case errors.As(err, &login), errors.As(err, &denied), errors.As(err, &refused):
		return 5
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &taken), errors.As(err, &server), errors.As(err, &address), errors.As(err, &file):
		return 2
	}
	return 0
}
