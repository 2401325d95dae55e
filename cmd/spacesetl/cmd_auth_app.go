package main

import (
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract/auth"
)

func authAppCommand(c *console) *cli.Command {
	return &cli.Command{
		Name: "app", Usage: "get the app's token for its key and secret",
		UsageText:   "X_API_KEY=… X_API_SECRET=… spacesetl auth app",
		Description: "The key and the secret come from the environment only and are not stored.",
		Flags:       []cli.Flag{nameFlag("`NAME` of the account (default app)"), serverFlag(), insecureFlag()},
		Action: func(ctx *cli.Context) error {
			keys := auth.Keys{Name: ctx.String("name"), Key: secretOf("X_API_KEY"), Secret: secretOf("X_API_SECRET")}
			if keys.Key == "" || keys.Secret == "" {
				return usage.Errorf("set X_API_KEY and X_API_SECRET to the app's key and secret from the X developer console")
			}
			store, err := openTokens(c, ctx)
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
