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
}

// Tally are the numbers of one endpoint or of all.
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
}

func (c *counters) add(e schemas.Endpoint, change func(*Tally)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.endpoints == nil {
		c.endpoints = map[schemas.Endpoint]*Tally{}
	}
	if c.endpoints[e] == nil {
		c.endpoints[e] = &Tally{}
	}
	c.endpoints[e].add(change)
	c.total.add(change)
}

func (c *counters) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Stats{Tally: c.total.clone(), Endpoints: make(map[schemas.Endpoint]Tally, len(c.endpoints))}
	for e, t := range c.endpoints {
		s.Endpoints[e] = t.clone()
	}
	return s
}
