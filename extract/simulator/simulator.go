// Package simulator is the X API v2 for Spaces as an http.Handler: the
// endpoints, tokens, rate windows, billing, faults and data oddities that a
// client meets, over a world derived from a seed.
//
// It uses the standard library only and shares no code with the client, so
// that the two cannot share a mistake. What the world truly holds can be asked
// in Go and under /_sim/, beside the API.
package simulator

import (
	"compress/gzip"
	"hash/fnv"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Simulator is the server. Its methods may be called from many goroutines.
type Simulator struct {
	*present
	*oauth
	config    Config
	endpoints []*endpoint
	sequence  atomic.Uint64

	limiter *limiter
	faults  *faultPlan
	ledger  *ledger
	log     *requestLog
	seen    *seenLog
	zippers sync.Pool
}

// New makes a server. It costs the same for every size of world.
func New(config Config) *Simulator {
	config = config.withDefaults()
	s := &Simulator{
		present:   newPresent(config),
		oauth:     newOAuth(config),
		config:    config,
		endpoints: endpointTable(),
		limiter:   newLimiter(config),
		faults:    newFaultPlan(config),
		ledger:    newLedger(config),
		log:       newRequestLog(),
		seen:      newSeenLog(!config.ForgetSeen),
	}
	s.zippers.New = func() any {
		z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
		return z
	}
	return s
}

// Reset forgets requests, bills, rate windows and what was served, and starts
// the fault script again. Issued tokens stay valid.
func (s *Simulator) Reset() {
	s.sequence.Store(0)
	s.limiter.reset()
	s.faults.reset()
	s.ledger.reset()
	s.log.reset()
	s.seen.reset()
}

// Requests lists the last 100,000 requests, oldest first, in the order of
// their answers.
func (s *Simulator) Requests() []RequestRecord { return s.log.requests() }

// RequestCounts counts all requests by endpoint name.
func (s *Simulator) RequestCounts() map[string]int { return s.log.counts() }

// Served reports what was served since the start or the last Reset.
func (s *Simulator) Served() Served { return s.seen.served() }

// Shown says when each Space was in the data of complete answers since the
// start or the last Reset.
func (s *Simulator) Shown() map[string]Shown { return s.seen.when() }

// SetFaults replaces the faults. It panics if they name what does not exist;
// ParseFaults finds that out.
func (s *Simulator) SetFaults(faults Faults) { s.faults.set(faults) }

// Billing reports what the requests so far cost.
func (s *Simulator) Billing() BillingReport { return s.ledger.report() }

// Question is what finds Spaces: the words of a search and the state it asks
// for, if any, or a creator.
type Question struct {
	Query   string
	State   string // live, scheduled or all, which is the default
	Creator string // user id
}

// Visible lists the Spaces that the question finds at a time, for a client
// without limits of rate or money that asks again as often as it must, with a
// creator alone and as many results as it gets. What a rule of the faults in
// force hides from every such request is not in it: outages, refused creators
// and queries, Spaces under ids that are none. Scripts, rates and tokens hide
// nothing.
func (s *Simulator) Visible(q Question, at time.Time) []string {
	elapsed := at.Sub(s.start)
	a := &ask{endpoint: "search", param: "query", members: []string{q.Query}, size: 100, at: elapsed}
	if q.Creator != "" {
		a = &ask{endpoint: "creators", param: "user_ids", members: []string{q.Creator}, size: 1, at: elapsed}
	}
	for hit := s.faults.certainly(a); hit.fault != FaultNone; hit = s.faults.certainly(a) {
		if hit.over == 0 {
			return nil
		}
		a.size = hit.over // a smaller page is answered
	}
	if slices.ContainsFunc(a.twists, func(r *rule) bool { return r.Fault == FaultLost && r.picks(q.Creator) }) {
		return nil
	}
	var ids []string
	for _, index := range s.finds(q, a.size, elapsed) {
		id := s.world.spaceID(index)
		if !slices.ContainsFunc(a.twists, func(r *rule) bool { return r.spoils(id) }) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Befallen lists the ids of Spaces and users of the world, and whatever else is
// named, that the rules of a fault choose by IDs or Share, sorted.
func (s *Simulator) Befallen(fault Fault) []string {
	var ids []string
	for _, r := range s.faults.of(fault) {
		ids = append(ids, r.IDs...)
		if r.Share == 0 {
			continue
		}
		for index := range max(s.world.spaces, s.world.users) {
			if id := s.world.spaceID(index); index < s.world.spaces && r.picks(id) {
				ids = append(ids, id)
			}
			if id := s.world.userID(index); index < s.world.users && r.picks(id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func hashText(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}
