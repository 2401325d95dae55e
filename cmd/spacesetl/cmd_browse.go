package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/browse"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

func browseCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "browse",
		Usage:     "look at a store's tables in the browser",
		UsageText: "spacesetl browse --store ./spaces --open\nspacesetl browse -f job.yaml --addr 127.0.0.1:0",
		Description: "Tables with search, filters and downloads, the pages of Spaces and people, and a box for SQL.\n" +
			"Read-only, and for this machine only: to let others look, --expose listens on any --addr, asks\n" +
			"for a token that is in the printed address, and is not encrypted. Ends on Ctrl-C.",
		Flags: []cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			text("addr", "127.0.0.1:8420", "`ADDRESS` to listen on; port 0 takes a free one"),
			flag("expose", "allow an --addr that other machines reach, with a token"),
			flag("open", "open the browser"),
			usage.In(jobfile.Limits, text("memory", "", "memory of each query, and of all pages together; default `1GiB`"))[0],
		},
		Action: func(ctx *cli.Context) error { return browseStore(c, ctx) },
	}
}

func browseStore(c *console, ctx *cli.Context) error {
	spec, err := storeSpec(c, ctx)
	if err != nil {
		return err
	}
	cfg := browse.Config{Store: store.Dir(spec.Store)}
	switch loopback := isLoopback(ctx.String("addr")); {
	case ctx.Bool("expose"):
		cfg.Token = rand.Text()
	case !loopback:
		return usage.Errorf("--addr %s is not of this machine alone: other machines could read the store. Add --expose if they may", ctx.String("addr"))
	}
	if ctx.String("memory") != "" {
		if cfg.Memory, err = queryMemory(ctx); err != nil {
			return err
		}
	}
	handler, err := browse.New(ctx.Context, cfg)
	if errors.Is(err, fs.ErrNotExist) {
		return noTables(cfg.Store)
	}
	if err != nil {
		return err
	}
	defer handler.Close()
	server, err := serve(ctx.Context, ctx.String("addr"), handler)
	if err != nil {
		return fmt.Errorf("%w: choose another --addr", err)
	}
	defer server.stop()
	return invite(c, ctx, server.url, cfg.Token)
}

// invite says where to look, and waits for the end.
func invite(c *console, ctx *cli.Context, address, token string) error {
	if err := c.print("listening on %s\n", address); err != nil {
		return err
	}
	if token != "" {
		address += "/?token=" + token
		if err := c.print("open %s\nwho has this address can read the store; the connection is not encrypted\n", address); err != nil {
			return err
		}
	}
	if ctx.Bool("open") {
		if err := openBrowser(address); err != nil {
			fmt.Fprintf(c.stderr, "spacesetl: no browser could be opened: %v\n", err)
		}
	}
	<-ctx.Context.Done()
	return nil
}

// isLoopback reports whether only this machine reaches an address.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
