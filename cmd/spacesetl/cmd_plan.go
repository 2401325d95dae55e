package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

func (c *console) planCommand() *cli.Command {
	return &cli.Command{
		Name:  "plan",
		Usage: "say what a job will ask and cost, without a request",
		UsageText: `spacesetl plan -f job.yaml
spacesetl plan --creators @XDevelopers --search "open mic" --with tweets --output json`,
		Description: "Costs are a range: nothing official says whether X bills objects that expansions bring in, or\n" +
			"one returned twice on a UTC day. Low: neither is billed. High: both are. What seeds lead to is\n" +
			"taken from the store's runs, or guessed where there are none. Minutes are what the documented\n" +
			"rate windows let through with the tokens a run would find; no token is used.",
		Flags:  append(jobFlags(), tokenFileFlag(), text("output", "text", "print text, or json; `FORMAT`", "o")),
		Action: c.plan,
	}
}

// planned is what the plan command prints as JSON. Dollars are numbers, ranges
// have low and high.
type planned struct {
	Job string `json:"job"` // its name
	pipeline.Forecast
	Tokens tokenCount          `json:"tokens"` // that the minutes are for
	Wide   []pipeline.Narrower `json:"wide"`
	Budget pipeline.Budget     `json:"budget"` // of the job; empty without one
	// Batch is the forecast with users: batch, where that saves over 20 %.
	Batch *pipeline.Cheaper `json:"batch,omitempty"`
}

func (c *console) plan(ctx *cli.Context) error {
	out, err := format(ctx)
	if err != nil {
		return err
	}
	spec, err := readSpec(ctx)
	if err != nil {
		return err
	}
	tokens, err := findTokens(ctx, spec)
	if err != nil {
		return err
	}
	if err := folder(spec.Store); err != nil {
		return err
	}
	plan := tokens.plan(&spec)
	store := pipeline.Store(spec.Store)
	seeds, err := firstRequests(ctx.Context, store, spec, plan)
	if err != nil {
		return err
	}
	forecaster, err := outlook(ctx.Context, store, spec, c.clock())
	if err != nil {
		return err
	}
	if forecaster.Pace, err = c.pace(spec, tokens); err != nil {
		return err
	}
	p := planned{Job: spec.Name, Forecast: forecaster.Forecast(plan, seeds), Tokens: tokens.count(slices.Contains(spec.With, "buyers")), Budget: spec.Budget}
	p.Wide = forecaster.Wide(plan, p.Forecast)
	p.Batch = forecaster.Cheaper(plan, seeds)
	if out == "json" {
		encoder := json.NewEncoder(c.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(p)
	}
	return c.printPlan(p)
}

// clock is the time, or a test's.
func (c *console) clock() time.Time {
	if c.now != nil {
		return c.now()
	}
	return time.Now()
}

// firstRequests are those a run started now would begin with.
func firstRequests(ctx context.Context, store pipeline.Store, spec jobs.Spec, plan pipeline.Plan) ([]schemas.Request, error) {
	if spec.Follow != jobs.FollowOpen {
		return plan.Seeds, nil
	}
	if _, err := os.Stat(spec.Store); errors.Is(err, fs.ErrNotExist) {
		return plan.Seeds, nil
	}
	state, err := store.State(ctx)
	if err != nil {
		return nil, err
	}
	return state.Seeds(plan), nil
}

// outlook is what a forecast for a job depends on.
func outlook(ctx context.Context, store pipeline.Store, spec jobs.Spec, now time.Time) (pipeline.Forecaster, error) {
	ledger, err := store.Ledger(ctx, false)
	return pipeline.Forecaster{Prices: spec.PriceTable(), Ledger: ledger, Today: now.UTC().Format(time.DateOnly), Workers: spec.Workers, Budget: spec.Budget}, err
}

// price is the line that a run logs before its first request.
func (e *etl) price(ctx context.Context, store pipeline.Store, planned pipeline.Planned) string {
	now := time.Now()
	if e.now != nil {
		now = e.now()
	}
	forecaster, err := outlook(ctx, store, e.spec, now)
	if err != nil { // only the history is missing
		e.watch.Log().Warn("the forecast goes without the store's history: " + err.Error())
	}
	forecast := forecaster.Forecast(planned.Plan, planned.Seeds)
	e.expected = forecast.Cost
	for _, stop := range forecast.Stops {
		e.watch.Log().Warn(stopText(stop))
	}
	return jobs.Price(pipeline.Plan{Seeds: planned.Seeds, Creators: planned.Plan.Creators, Tweets: planned.Plan.Tweets, Buyers: planned.Plan.Buyers},
		forecast, e.spec.PriceTable())
}

// stopText says where a budget will end a run.
func stopText(s pipeline.Stop) string {
	return fmt.Sprintf("the budget will stop the run at %s: one request there can cost %s and %s is left; %s would do", s.Endpoint, s.Most.Cents(), s.Left.Cents(), s.Enough.Cents())
}

func (c *console) printPlan(p planned) error {
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "endpoint\trequests\tobjects\tincluded\tpaid today\twindows\tminutes\tUSD\t\n")
	for _, part := range p.Endpoints {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t\n", part.Endpoint, span(part.Requests), span(part.Objects), span(part.Included),
			part.Paid, span(part.Windows), span(part.Minutes), dollars(part.Cost))
	}
	fmt.Fprintf(w, "all\t%s\t\t\t\t\t%s\t%s\t\n", span(p.Requests), span(p.Minutes), dollars(p.Cost))
	if err := w.Flush(); err != nil {
		return err
	}
	_ = c.print("\nlikely: %s if X bills least, %s if it bills most\n%s\n", p.Likely.Low.Cents(), p.Likely.High.Cents(), p.Tokens)
	if p.Runs == 0 {
		_ = c.print("the store has no history: what the seeds lead to is a guess\n")
	} else {
		_ = c.print("what the seeds lead to is taken from %s\n", plural(p.Runs, "earlier run"))
	}
	if len(p.Wide) > 0 {
		_ = c.print("the range is wide because nobody knows\n")
	}
	for _, n := range p.Wide {
		_ = c.print("  %s: up to %s of it (to narrow it: %s)\n", n.Assumption, n.Width.Cents(), n.Advice)
	}
	for _, bound := range []struct {
		period string
		usd    schemas.Money
	}{{"run", p.Budget.Run}, {"UTC day", p.Budget.Day}, {"month", p.Budget.Month}} {
		if bound.usd > 0 && bound.usd < p.Cost.High {
			_ = c.print("the budget of %s a %s may end a run before that; the same command goes on when the budget allows\n", bound.usd, bound.period)
		}
	}
	for _, stop := range p.Stops {
		_ = c.print("%s\n", stopText(stop))
	}
	if p.Batch != nil {
		return c.print("recommended: users: batch, %s instead of %s, about %d %% less if X bills what expansions bring in;\n"+
			"  if it does not, they are free and looking users up is not: cost --reconcile can show which it is\n",
			dollars(p.Batch.Cost), dollars(p.Cost), p.Batch.Saving)
	}
	return nil
}

// span writes a range, and one number where that is known.
func span(r pipeline.Range) string {
	if r.Low == r.High {
		return thousands(r.Low)
	}
	return thousands(r.Low) + "-" + thousands(r.High)
}

func dollars(r pipeline.MoneyRange) string { return r.Low.Cents() + "-" + r.High.Cents() }
