package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract/auth"
)

func authLoginCommand(c *console) *cli.Command {
	return &cli.Command{
		Name: "login", Usage: "ask a user to agree in the browser, and keep the tokens",
		UsageText: "spacesetl auth login --client-id ID\nspacesetl auth login --no-browser",
		Description: "Needs the client id of an app (X developer console, user authentication settings), for which\n" +
			"the address " + auth.RedirectURL(auth.DefaultPort) + " is registered as a callback. A confidential client's\n" +
			"secret is read from X_CLIENT_SECRET, and stored with the tokens, which cannot be renewed without.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "client-id", Usage: "`ID` of the app; its twin is X_CLIENT_ID", EnvVars: append([]string{"X_CLIENT_ID"}, usage.Env("client-id")...)},
			nameFlag("`NAME` of the account (default the username)"),
			number("port", auth.DefaultPort, "`PORT` of this machine that the browser comes back to; 0 is any"),
			flag("no-browser", "show the address, and read the answer's address from stdin"),
			serverFlag(),
			insecureFlag(),
		},
		Action: func(ctx *cli.Context) error { return logIn(c, ctx) },
	}
}

func logIn(c *console, ctx *cli.Context) error {
	login := auth.Login{
		Name: ctx.String("name"), ClientID: strings.TrimSpace(ctx.String("client-id")), ClientSecret: secretOf("X_CLIENT_SECRET"),
		Port: ctx.Int("port"), Show: func(address string) { openAddress(c, address) },
	}
	if login.ClientID == "" {
		return usage.Errorf("set X_CLIENT_ID or --client-id to the app's OAuth 2.0 client id from the X developer console")
	}
	if login.Port < 0 || login.Port > 65535 {
		return usage.Errorf("--port: %d is not between 0 and 65535", login.Port)
	}
	if login.Port == 0 {
		login.Port = -1
	}
	if ctx.Bool("no-browser") {
		login.Show, login.Paste = func(address string) { showAddress(c, address) }, pastedLine
	}
	store, err := openTokens(c, ctx)
	if err != nil {
		return err
	}
	a, err := store.Login(ctx.Context, login, authConfig(ctx))
	var anonymous *auth.AnonymousError
	if errors.As(err, &anonymous) {
		c.log().Warn(err.Error()) // the tokens are good
	} else if err != nil {
		return err
	}
	return c.print("logged in as %s, account %s in %s\n", who(a), a.Name, store.Path())
}

func openAddress(c *console, address string) {
	fmt.Fprintf(c.stderr, "agree in the browser; if none opens, go to\n\n  %s\n\n", address)
	if err := openBrowser(address); err != nil {
		fmt.Fprintf(c.stderr, "no browser could be opened: %v\n", err)
	}
}

func showAddress(c *console, address string) {
	fmt.Fprintf(c.stderr, "open this address in any browser and agree:\n\n  %s\n\n"+
		"The browser is then sent to an address that it cannot open. Copy that address within 30 seconds\nand paste it here: ", address)
}

const maxLine = 16 << 10 // bytes

// pastedLine reads a line of stdin.
func pastedLine(ctx context.Context) (string, error) {
	line, err := lineOf(ctx, bufio.NewReader(io.LimitReader(os.Stdin, maxLine)))
	if errors.Is(err, io.EOF) {
		err = nil // a line without an end
	}
	return line, err
}

// lineOf reads a line. A read cannot be cancelled: when ctx ends first, it ends
// with the process.
func lineOf(ctx context.Context, in *bufio.Reader) (string, error) {
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
		return r.line, r.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// who names the owner of an account.
func who(a auth.Account) string {
	switch {
	case a.Username != "":
		return fmt.Sprintf("@%s (%s)", a.Username, a.UserID)
	case a.Kind == auth.App:
		return "the app"
	}
	return "an unknown user"
}
