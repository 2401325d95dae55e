package extract

import (
	"maps"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Stats are what a client did so far.
type Stats struct {
	Tally
	Endpoints map[schemas.Endpoint]Tally
	// Tokens are the numbers of each token that did something, by its name as
	// in events and errors. A wait counts for the token that was waited for; the
	// pauses after temporary failures are nobody's.
	Tokens map[string]Tally
}

// Tally are the numbers of one endpoint, one token or all.
type Tally struct {
	Requests int64               // sent, tries included
	Pages    int64               // answers that became pages
	Retries  int64               // tries after a temporary failure
	Bytes    int64               // bodies, decompressed
	Wire     int64               // bodies as transferred
	Waited   time.Duration       // rate limits and backoff, summed over workers
	Status   map[int]int64       // answers by HTTP status; 0 is none
	Limited  map[LimitKind]int64 // 429 answers by kind; usage caps not included
}

func (t *Tally) add(change func(*Tally)) {
	if t.Status == nil {
		t.Status, t.Limited = map[int]int64{}, map[LimitKind]int64{}
	}
	change(t)
}

func (t Tally) clone() Tally {
	t.Status, t.Limited = maps.Clone(t.Status), maps.Clone(t.Limited)
	return t
}

// counters are the client's statistics, shared by its goroutines.
type counters struct {
	mu        sync.Mutex
	total     Tally
	endpoints map[schemas.Endpoint]*Tally
	tokens    map[string]*Tally // by label
}

// add counts for an endpoint and, unless it is empty, the token of a label.
func (c *counters) add(e schemas.Endpoint, token string, change func(*Tally)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.endpoints == nil {
		c.endpoints, c.tokens = map[schemas.Endpoint]*Tally{}, map[string]*Tally{}
	}
	addTo(c.endpoints, e, change)
	if token != "" {
		addTo(c.tokens, token, change)
	}
	c.total.add(change)
}

func addTo[K comparable](tallies map[K]*Tally, key K, change func(*Tally)) {
	if tallies[key] == nil {
		tallies[key] = &Tally{}
	}
	tallies[key].add(change)
}

func (c *counters) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{Tally: c.total.clone(), Endpoints: clones(c.endpoints), Tokens: clones(c.tokens)}
}

func clones[K comparable](tallies map[K]*Tally) map[K]Tally {
	all := make(map[K]Tally, len(tallies))
	for key, t := range tallies {
		all[key] = t.clone()
	}
	return all
}
