package simulator

import "sync"

// Fault is a way for one request to go wrong. A faulted request is neither
// billed nor counted by the rate windows, and serves nothing.
type Fault string

// The faults.
const (
	FaultNone              Fault = ""                     // in a script: let this request through
	FaultRateLimited       Fault = "429-window"           // with headers, reset within a second or two
	FaultRateLimitedSilent Fault = "429-no-headers"       // legacy body, no headers
	FaultBurst             Fault = "429-burst"            // with requests remaining
	FaultUsageCapped       Fault = "429-usage-capped"     // monthly cap: do not retry
	FaultCredits           Fault = "402-credits"          // account_id in turn a number and a text
	FaultSpendCap          Fault = "403-spend-cap"        // do not retry
	FaultUnsupportedAuth   Fault = "403-unsupported-auth" // wrong kind of token
	FaultClientForbidden   Fault = "403-client-forbidden" // app not enrolled
	FaultInternal          Fault = "500"                  // problem body
	FaultBadGateway        Fault = "502-html"             // HTML of a proxy
	FaultUnavailable       Fault = "503"                  // problem body
	FaultEmptyNotFound     Fault = "404-empty"            // no body at all
	FaultTruncated         Fault = "200-truncated-json"   // JSON cut short, Content-Length agrees
	FaultShortBody         Fault = "200-short-body"       // Content-Length larger than the body
	FaultReset             Fault = "connection-reset"     // TCP reset instead of an answer
	FaultSlow              Fault = "200-slow-body"        // a byte now and then, then the end
	FaultHTML              Fault = "200-html"             // a login page instead of JSON
	FaultOversized         Fault = "200-oversized"        // 17 MiB of valid JSON
)

// Faults says which requests go wrong. Script holds, per endpoint name, what
// happens to its first, second, ... request; the token endpoints are called
// app_token, invalidate_token, user_token, revoke and authorize. Beyond the script each request
// fails with the probability Rate, by one of Kinds, decided by the seed and
// the number of the request.
type Faults struct {
	Script map[string][]Fault
	Rate   float64 // 0 .. 1
	Kinds  []Fault // default: those that pass when the request is sent again
}

// RetryableFaults are the default of Faults.Kinds.
func RetryableFaults() []Fault {
	return []Fault{FaultRateLimited, FaultInternal, FaultBadGateway, FaultUnavailable, FaultTruncated, FaultShortBody, FaultReset}
}

// faultPlan deals out the faults.
type faultPlan struct {
	faults Faults
	seed   uint64
	mu     sync.Mutex
	next   map[string]int // position in each script
}

func newFaultPlan(config Config) *faultPlan {
	p := &faultPlan{faults: config.Faults, seed: config.Seed}
	if len(p.faults.Kinds) == 0 {
		p.faults.Kinds = RetryableFaults()
	}
	p.reset()
	return p
}

func (p *faultPlan) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = map[string]int{}
}

// take returns the fault of a request.
func (p *faultPlan) take(endpoint string, seq uint64) Fault {
	if script := p.faults.Script[endpoint]; len(script) > 0 {
		p.mu.Lock()
		defer p.mu.Unlock()
		if at := p.next[endpoint]; at < len(script) {
			p.next[endpoint] = at + 1
			return script[at]
		}
	}
	if p.faults.Rate <= 0 {
		return FaultNone
	}
	d := newDice(p.seed, forFaults, seq)
	if float64(d.intn(1_000_000)) >= p.faults.Rate*1_000_000 {
		return FaultNone
	}
	return pick(&d, p.faults.Kinds)
}
