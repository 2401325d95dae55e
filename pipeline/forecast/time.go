package forecast

import (
	"cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// Pace is how fast the tokens of a run let requests to an endpoint through.
type Pace struct {
	// Most is how many requests all tokens together may send in a rate window.
	// Least is what is left of that where the work may fall to a part of them:
	// the buyers of a Space are shown to its creator's tokens only, and all
	// Spaces of a job can be one creator's.
	Most, Least int
	// Apps is how many apps the tokens are of: by/creator_ids takes one request
	// a second from each.
	Apps int
}

// What time a forecast reckons with.
const (
	windowSeconds = 15 * 60
	// overtime is what a wait for a window can take longer than the window: its
	// end is told in whole seconds, and programs spread their return over one.
	overtime = 3
	// answerSeconds is what an answer takes at most on average. It is assumed;
	// where windows are waited for it hardly counts.
	answerSeconds  = 1
	defaultWorkers = 4
)

// paceOf is what the tokens may send: what none of them may is reckoned with one
// token of the kind that it takes.
func paceOf(spec schemas.Spec, tokens func(schemas.Endpoint) Pace) Pace {
	one := Pace{spec.Limit, spec.Limit, 1}
	if tokens == nil {
		return one
	}
	if p := tokens(spec.Endpoint); p.Least > 0 {
		return Pace{p.Most, p.Least, max(p.Apps, 1)}
	}
	return one
}

// windows is how many rate windows so many requests take.
func (p Pace) windows(n Range) Range {
	return Range{n.Low, 0}.batches(int64(p.Most)).with(Range{0, n.High}.batches(int64(p.Least)))
}

func (r Range) with(high Range) Range { return Range{r.Low, high.High} }

// seconds is how long so many requests take: all windows but the last are
// waited for, and what goes into that is sent. Spaced requests go out one a
// second and app.
func (p Pace) seconds(n Range, spaced bool, workers int) Range {
	windows := p.windows(n)
	waited := Range{max(windows.Low-1, 0) * windowSeconds, max(windows.High-1, 0) * (windowSeconds + overtime)}
	lanes := int64(cmp.Or(workers, defaultWorkers))
	sending := Range{0, (min(n.High, int64(p.Least))*answerSeconds + lanes - 1) / lanes}
	if spaced {
		apps := int64(p.Apps)
		// Each waits for the answer to the one before, and a second from then.
		sending.High = (min(n.High, int64(p.Least))*(1+answerSeconds) + apps - 1) / apps
		waited.Low = max(waited.Low, (n.Low-1)/apps)
	}
	return waited.plus(sending)
}

// minutes rounds seconds to the outside.
func (r Range) minutes() Range { return Range{r.Low / 60, (r.High + 59) / 60} }
