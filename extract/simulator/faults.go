package simulator

import (
	"slices"
	"sync"
	"time"
)

// Fault is a way for a request to go wrong. One that answers instead of the
// endpoint is neither billed nor counted by the rate windows, and serves
// nothing; one that changes a good answer does so before it is billed.
type Fault string

// The faults that answer instead of the endpoint.
const (
	FaultNone              Fault = ""                     // in a script: let this request through
	FaultRateLimited       Fault = "429-window"           // with headers, reset within a second or two
	FaultRateLimitedSilent Fault = "429-no-headers"       // legacy body, no headers
	FaultMovingReset       Fault = "429-moving-reset"     // with headers, reset always a window away
	FaultBurst             Fault = "429-burst"            // with requests remaining
	FaultUsageCapped       Fault = "429-usage-capped"     // monthly cap: do not retry
	FaultCapInDetail       Fault = "429-cap-in-detail"    // the same, told only in detail
	FaultCredits           Fault = "402-credits"          // account_id in turn a number and a text
	FaultSpendCap          Fault = "403-spend-cap"        // do not retry
	FaultSpendCapInDetail  Fault = "403-cap-in-detail"    // the same, told only in detail
	FaultUnsupportedAuth   Fault = "403-unsupported-auth" // wrong kind of token
	FaultClientForbidden   Fault = "403-client-forbidden" // app not enrolled
	FaultUnauthorized      Fault = "401"                  // problem body
	FaultDeadToken         Fault = "401-dead-token"       // legacy body; see Rule.Tokens
	FaultNamed             Fault = "400-named"            // names each bad member
	FaultIndexed           Fault = "400-indexed"          // names the first bad member by its place, beside the whole list
	FaultUnnamed           Fault = "400-unnamed"          // a member is bad, and which is not said
	FaultNotAuthorized     Fault = "403-unnamed"          // not-authorized-for-resource, and for which is not said
	FaultBodyTooLarge      Fault = "413-html"             // page of a proxy
	FaultURITooLong        Fault = "414-html"             // page of a proxy
	FaultHeaderTooLarge    Fault = "431-html"             // page of a proxy
	FaultInternal          Fault = "500"                  // problem body
	FaultBadGateway        Fault = "502-html"             // page of a proxy
	FaultUnavailable       Fault = "503"                  // problem body
	FaultEmptyNotFound     Fault = "404-empty"            // no body at all
	FaultNoRoute           Fault = "404-no-route"         // a gateway knows no such path
	FaultTruncated         Fault = "200-truncated-json"   // JSON cut short, Content-Length agrees
	FaultShortBody         Fault = "200-short-body"       // Content-Length larger than the body
	FaultReset             Fault = "connection-reset"     // TCP reset instead of an answer
	FaultSlow              Fault = "200-slow-body"        // a byte now and then, then the end
	FaultHTML              Fault = "200-html"             // a login page instead of JSON
	FaultOversized         Fault = "200-oversized"        // 17 MiB of valid JSON
	FaultDataText          Fault = "200-data-text"        // {"data":"oops"}
	FaultDataNull          Fault = "200-data-null"        // {"data":null}
	FaultDataMixed         Fault = "200-data-mixed"       // {"data":[1,"x"]}
	FaultEmptyObject       Fault = "200-empty-object"     // {}
	FaultMessage           Fault = "200-message"          // {"message":"ok"}
)

// The faults that change a good answer. They occur in rules only.
const (
	FaultBadSpaceIDs   Fault = "bad-space-ids"     // Spaces of searches and creators whose id is none
	FaultBadUserIDs    Fault = "bad-user-ids"      // Spaces whose creator, a host and a speaker have ids that are none
	FaultLost          Fault = "lost-member"       // a list leaves a member out and says nothing
	FaultRepeatedPages Fault = "pages-repeated"    // buyers and tweets: the same page with ever new tokens
	FaultEmptyPages    Fault = "pages-empty"       // buyers and tweets: empty pages with ever new tokens
	FaultValuesForeign Fault = "values-foreign"    // 400: all values of a parameter; the allowed ones are none that exist
	FaultValuesListed  Fault = "values-listed"     // 400: some values of a parameter; all allowed ones are listed
	FaultValuesCut     Fault = "values-listed-cut" // 400: the same, with the list cut short
	FaultValuesBare    Fault = "values-bare"       // 400: the same, with no list
)

// Faults says which requests go wrong. Script holds, per endpoint name, what
// happens to its first, second, ... request; the token endpoints are called
// app_token, invalidate_token, user_token, revoke and authorize. Beyond the script
// Rules apply, and then each request fails with the probability Rate, by one of
// Kinds, decided by the seed and the number of the request.
type Faults struct {
	Script map[string][]Fault `json:"script"`
	Rules  []Rule             `json:"rules"`
	Rate   float64            `json:"rate"`  // 0 .. 1
	Kinds  []Fault            `json:"kinds"` // default: those that pass when the request is sent again
}

// RetryableFaults are the default of Faults.Kinds.
func RetryableFaults() []Fault {
	return []Fault{FaultRateLimited, FaultInternal, FaultBadGateway, FaultUnavailable, FaultTruncated, FaultShortBody, FaultReset}
}

// faultPlan deals out the faults.
type faultPlan struct {
	seed   uint64
	mu     sync.Mutex
	faults Faults
	rules  []*rule
	next   map[string]int           // position in each script
	came   map[uint64]uint64        // how often each request came
	tokens map[string]time.Duration // when each token was first seen
}

func newFaultPlan(config Config) *faultPlan {
	p := &faultPlan{seed: config.Seed, tokens: map[string]time.Duration{}}
	p.set(config.Faults)
	return p
}

// set replaces the faults. It panics at a fault or an endpoint that does not
// exist, as a switch that does nothing proves nothing.
func (p *faultPlan) set(faults Faults) {
	if err := faults.check(); err != nil {
		panic("simulator: " + err.Error())
	}
	if len(faults.Kinds) == 0 {
		faults.Kinds = RetryableFaults()
	}
	p.mu.Lock()
	p.faults, p.rules = faults, compile(faults.Rules, p.seed)
	p.mu.Unlock()
	p.reset()
}

func (p *faultPlan) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next, p.came = map[string]int{}, map[uint64]uint64{}
}

// of lists the rules of a fault.
func (p *faultPlan) of(fault Fault) []*rule {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.rules), func(r *rule) bool { return r.Fault != fault })
}

// take returns the fault that answers a request, if any, and notes with the
// request which rules change its answer.
func (p *faultPlan) take(a *ask, seq uint64) befallen {
	p.mu.Lock()
	defer p.mu.Unlock()
	if script := p.faults.Script[a.endpoint]; p.next[a.endpoint] < len(script) {
		at := p.next[a.endpoint]
		p.next[a.endpoint] = at + 1
		return befallen{fault: script[at], ask: a}
	}
	if len(p.rules) > 0 {
		a.nth = p.came[a.request]
		p.came[a.request]++
		if _, seen := p.tokens[a.token]; !seen {
			p.tokens[a.token] = a.at
		}
		if hit := p.apply(a); hit.fault != FaultNone {
			return hit
		}
	}
	if p.faults.Rate <= 0 {
		return befallen{}
	}
	d := newDice(p.seed, forFaults, seq)
	if float64(d.intn(1_000_000)) >= p.faults.Rate*1_000_000 {
		return befallen{}
	}
	return befallen{fault: pick(&d, p.faults.Kinds), ask: a}
}

// certainly is what befalls every request like this one.
func (p *faultPlan) certainly(a *ask) befallen {
	p.mu.Lock()
	defer p.mu.Unlock()
	a.certain = true
	return p.apply(a)
}

// befallen is a request and the fault that answers it.
type befallen struct {
	fault   Fault
	ask     *ask
	members []string // chosen by the rule
	over    int      // of the rule
}

// apply needs the lock.
func (p *faultPlan) apply(a *ask) befallen {
	a.twists = nil
	for _, r := range p.rules {
		if !r.holds(a, p.tokens) {
			continue
		}
		if r.kind.twist {
			a.twists = append(a.twists, r)
			continue
		}
		if chosen := r.chosen(a.members); chosen != nil || !r.lasting() {
			return befallen{r.Fault, a, chosen, r.Over}
		}
	}
	return befallen{}
}
