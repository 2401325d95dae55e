package doctor

import (
	"net/url"
	"time"

	"github.com/spacesetl/spacesetl/extract"
)

// probeConfig is how the API is asked here.
func probeConfig(e *examination) extract.Config {
	return extract.Config{BaseURL: e.Spec.BaseURL, Insecure: e.Insecure, Version: e.Version, Timeout: 15 * time.Second}
}

// maxSkew is the difference of clocks that is worth a word.
const maxSkew = 30 * time.Second

// checkAPI asks without a token: whether the API can be reached, and what time it
// is there.
func checkAPI(e *examination) bool {
	base := e.Spec.BaseURL
	if base == "" {
		base = extract.DefaultBaseURL
	}
	if u, err := url.Parse(base); err == nil {
		base = u.Redacted()
	}
	p, err := extract.Ask(e.ctx, probeConfig(e), "")
	if err != nil {
		what, do := networkTrouble(err)
		e.fail("api", do, "%s: %s", base, what)
		return false
	}
	if p.Status >= 500 {
		e.warn("api", "try again later; a run waits and tries again by itself", "%s answers with status %d", base, p.Status)
	} else {
		e.ok("api", "%s answers in %s", base, p.Took.Round(time.Millisecond))
	}
	switch ahead := p.Ahead.Round(time.Second); {
	case !p.Dated:
		e.warn("clock", "", "%s does not say what time it is", base)
	case ahead > maxSkew || ahead < -maxSkew:
		e.warn("clock", "set it, with NTP say; rate windows are waited for all the same, since the difference is measured", "this machine's clock is %s %s the server's", ahead.Abs(), behindOrAhead(ahead))
	default:
		e.ok("clock", "within %s of the server's", max(ahead.Abs(), time.Second))
	}
	return true
}

func behindOrAhead(ahead time.Duration) string {
	if ahead > 0 {
		return "behind"
	}
	return "ahead of"
}
