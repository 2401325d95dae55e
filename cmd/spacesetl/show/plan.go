package show

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/schemas"
)

// Plan prints what a job will ask and cost.
func Plan(out io.Writer, p jobs.Forecast) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_ = to(w, "endpoint\trequests\tobjects\tincluded\tpaid today\twindows\tminutes\tUSD\t\n")
	for _, part := range p.Endpoints {
		_ = to(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t\n", part.Endpoint, span(part.Requests), span(part.Objects), span(part.Included),
			part.Paid, span(part.Windows), span(part.Minutes), dollars(part.Cost))
	}
	_ = to(w, "all\t%s\t\t\t\t\t%s\t%s\t\n", span(p.Requests), span(p.Minutes), dollars(p.Cost))
	if err := w.Flush(); err != nil {
		return err
	}
	_ = to(out, "\nlikely: %s if X bills least, %s if it bills most\n%s\n", p.Likely.Low.Cents(), p.Likely.High.Cents(), tokensText(p.Tokens))
	if p.Runs == 0 {
		_ = to(out, "the store has no history: what the seeds lead to is a guess\n")
	} else {
		_ = to(out, "what the seeds lead to is taken from %s\n", Plural(p.Runs, "earlier run"))
	}
	if len(p.Guessed) > 0 {
		_ = to(out, "likely is with %s, and as far off as that is\n", guessedText(p.Guessed))
	}
	if len(p.Wide) > 0 {
		_ = to(out, "the range is wide because nobody knows\n")
	}
	for _, n := range p.Wide {
		_ = to(out, "  %s: up to %s of it (to narrow it: %s)\n", n.Assumption, n.Width.Cents(), n.Advice)
	}
	for _, bound := range []struct {
		period string
		usd    schemas.Money
	}{{"run", p.Budget.Run}, {"UTC day", p.Budget.Day}, {"month", p.Budget.Month}} {
		if bound.usd > 0 && bound.usd < p.Cost.High {
			_ = to(out, "the budget of %s a %s may end a run before that; the same command goes on when the budget allows\n", bound.usd, bound.period)
		}
	}
	if p.Budget != (money.Budget{}) {
		_ = to(out, "it sets up to %s aside for one request until its answer has come, and asks for less where that does not fit\n", p.Aside.Cents())
	}
	if text := forecast.CapText(p.Posts); text != "" {
		_ = to(out, "%s\n", text)
	}
	for _, stop := range p.Stops {
		_ = to(out, "%s\n", stop.Text())
	}
	if p.Batch != nil {
		return to(out, "recommended: users: batch, %s instead of %s, about %d %% less if X bills what expansions bring in;\n"+
			"  if it does not, they are free and looking users up is not: cost --reconcile can show which it is\n",
			dollars(p.Batch.Cost), dollars(p.Cost), p.Batch.Saving)
	}
	return nil
}

// guessedText names what is guessed.
func guessedText(all []forecast.Guessed) string {
	var parts []string
	for _, a := range all {
		parts = append(parts, fmt.Sprintf("%.2g %s", a.Likely, a.Rate))
	}
	return strings.Join(parts, ", ")
}

// span writes a range, and one number where that is known.
func span(r forecast.Range) string {
	if r.Low == r.High {
		return Thousands(r.Low)
	}
	return Thousands(r.Low) + "-" + Thousands(r.High)
}

func dollars(r forecast.MoneyRange) string { return r.Low.Cents() + "-" + r.High.Cents() }

// tokensText says what the minutes of a forecast are for.
func tokensText(n jobs.TokenCount) string {
	text := "minutes are at the documented limits with "
	switch {
	case n.Assumed:
		text += "one app token: none was found (X_BEARER_TOKEN, spacesetl auth)"
	case n.User == 0:
		text += Plural(n.App, "app token")
	case n.App == 0:
		text += Plural(n.User, "user token")
	default:
		text += fmt.Sprintf("%s and %s", Plural(n.App, "app token"), Plural(n.User, "user token"))
	}
	switch {
	case n.AssumedUser:
		text += "; for buyers with one user token, of the Spaces' creator, which a run will need"
	case n.User > 1:
		text += "; buyers are asked for with the tokens of their Space's creator only"
	}
	return text
}
