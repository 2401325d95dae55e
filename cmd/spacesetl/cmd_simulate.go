package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs/ready"
	"github.com/spacesetl/spacesetl/schemas"
)

func simulateCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "simulate",
		Usage:     "serve the simulated X API for any client",
		UsageText: "spacesetl simulate --spaces 100000 --window 2s --fault-rate 0.2 --quirks",
		Description: "Any bearer token is an app-only one; that printed as X_USER_TOKEN is of a creator with ticketed\n" +
			"Spaces. GET /_sim/ and world, requests, served, shown, billing or faults tells what the server did.",
		Flags: []cli.Flag{
			text("addr", "127.0.0.1:8080", "`ADDRESS` to listen on"),
			number("seed", 1, "seed of the world; `N`"),
			number("spaces", 1000, "size of the world, 10 to 1000000; `N`"),
			&cli.DurationFlag{Name: "window", Value: 15 * time.Minute, Usage: "length of the rate windows; `DURATION`", EnvVars: usage.Env("window")},
			usage.OneOf(text("only-dialect", "both", "field names the server knows: both, tweet or post; `NAME`"), "both", "tweet", "post"),
			usage.OneOf(text("unknown-fields", "ignore", "unknown fields: ignore, reject or reject2, in other words; `HOW`"), "ignore", "reject", "reject2"),
			usage.OneOf(text("ended", "return", "what ended Spaces get: return, error or notfound; `HOW`"), "return", "error", "notfound"),
			usage.OneOf(text("missing", "error", "what missing Spaces get: error, omit or notfound; `HOW`"), "error", "omit", "notfound"),
			usage.OneOf(text("paging", "normal", "page tokens: normal, quirks, repeat or expired; `HOW`"), "normal", "quirks", "repeat", "expired"),
			flag("quirks", "send values in every shape seen in the wild"),
			flag("evolve", "let Spaces start and end as time goes by, within 10 minutes"),
			&cli.DurationFlag{Name: "evolve-over", Usage: "let them start, fill and end within a `DURATION` such as 3h", EnvVars: usage.Env("evolve-over")},
			text("start", "now", "when the world began, to go on with it; `TIME` or age"),
			text("pace", "1x", "how fast it lives, such as 60x: an hour in a minute; `RATE`"),
			&cli.Float64Flag{Name: "fault-rate", Usage: "share of requests that fail in passing, 0 to 1; `RATE`", EnvVars: usage.Env("fault-rate")},
			text("faults", "", "JSON `FILE` of what goes wrong when, as /_sim/faults takes it by POST"),
			&cli.Float64Flag{Name: "credit", Usage: "prepaid credit in `DOLLARS`; 0 is without end", EnvVars: usage.Env("credit")},
		},
		Action: func(ctx *cli.Context) error { return serveSimulator(c, ctx) },
	}
}

func serveSimulator(c *console, ctx *cli.Context) error {
	if n := ctx.Int("spaces"); n < 10 || n > 1_000_000 {
		return usage.Errorf("--spaces must be between 10 and 1000000")
	}
	if rate := ctx.Float64("fault-rate"); rate < 0 || rate > 1 {
		return usage.Errorf("--fault-rate: %g is not between 0 and 1", rate)
	}
	if ctx.Float64("credit") < 0 || ctx.Duration("window") <= 0 {
		return usage.Errorf("--credit must not be negative, and --window must be more than nothing")
	}
	over, err := evolveOver(ctx)
	if err != nil {
		return err
	}
	start, err := c.moment(ctx, "start")
	if err != nil {
		return err
	}
	if start.After(c.clock()) {
		return usage.Errorf("--start: %s is not yet", start.Format(time.RFC3339))
	}
	faults, err := faultsOf(ctx)
	if err != nil {
		return err
	}
	cfg := simulator.Config{
		Seed: uint64(ctx.Int("seed")), Spaces: ctx.Int("spaces"), Epoch: start, Start: start, Window: ctx.Duration("window"),
		Dialect: ctx.String("only-dialect"), UnknownFields: ctx.String("unknown-fields"),
		Ended: ctx.String("ended"), Missing: ctx.String("missing"), Paging: ctx.String("paging"),
		Quirks: ctx.Bool("quirks"), Evolve: ctx.Bool("evolve") || over > 0, EvolveOver: over, Crowds: ctx.Duration("evolve-over") > 0,
		Faults:  faults,
		Billing: simulator.Billing{CreditUSD: ctx.Float64("credit")},
	}
	creator, ticketed := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{ready.DemoUserToken: creator}
	world := simulator.New(cfg)
	server, err := serve(ctx.Context, ctx.String("addr"), world)
	if err != nil {
		return fmt.Errorf("%w: choose another --addr", err)
	}
	defer server.stop()
	ids := append(slices.DeleteFunc(world.SpaceIDs(2), func(id string) bool { return id == ticketed[0] }), ticketed[0])
	names := world.Usernames(2)
	if err := c.print("listening on %s\n\nexport X_BEARER_TOKEN=%s X_USER_TOKEN=%s\n"+
		"spacesetl run --base-url %s --store ./simulated --ids %s --creators @%s,@%s,%s --search %s --with %s\n",
		server.url, ready.DemoAppToken, ready.DemoUserToken, server.url, strings.Join(ids, ","), names[0], names[1], creator, world.SearchWord(), schemas.FollowUpNames(",")); err != nil {
		return err
	}
	<-ctx.Context.Done()
	return nil
}

// evolveOver is within which time of the asker's the world evolves; 0 for the simulator's
// own, or never. What lives faster has Spaces that are as much shorter: every time on
// them stays one of the asker's clock.
func evolveOver(ctx *cli.Context) (time.Duration, error) {
	pace, err := strconv.ParseFloat(strings.TrimSuffix(ctx.String("pace"), "x"), 64)
	over := ctx.Duration("evolve-over")
	switch {
	case err != nil || !(pace >= 0.001 && pace <= 100_000):
		return 0, usage.Errorf("--pace: %q is not between 0.001x and 100000x", ctx.String("pace"))
	case over < 0:
		return 0, usage.Errorf("--evolve-over must not be negative")
	case pace == 1:
		return over, nil
	case over == 0:
		return 0, usage.Errorf("--pace is of --evolve-over: give that, too")
	}
	return max(time.Duration(float64(over)/pace), 1), nil
}

// faultsOf reads --faults; --fault-rate overrides its rate.
func faultsOf(ctx *cli.Context) (faults simulator.Faults, err error) {
	if path := ctx.String("faults"); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return faults, usage.Errorf("--faults: %w", err)
		}
		if faults, err = simulator.ParseFaults(data); err != nil {
			return faults, usage.Errorf("--faults: %s: %w", path, err)
		}
	}
	if ctx.IsSet("fault-rate") {
		faults.Rate = ctx.Float64("fault-rate")
	}
	return faults, nil
}
