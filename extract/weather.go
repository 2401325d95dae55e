package extract

import (
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// drought is how long there may be no page after the last one, or after the last
// reset that the server announced, unless Config.MaxTotalWait or a longer RetryFor
// says otherwise.
const drought = time.Hour

// weather is how the server fares, as all requests of a client together show it.
type weather struct {
	mu       sync.Mutex
	answered bool // there has been an answer
	met      bool // there has been one in the API's form
	pages    int
	ways     map[schemas.Endpoint]bool // endpoints that gave pages

	later map[string]int // pages when a request began to fail that is one for later, by its id

	down   time.Time // the first failure since the last page; zero if there was none
	failed time.Time // the latest

	since time.Time // of the last page, or the first fetch after it
	idle  bool      // no fetch has begun since
	reset time.Time // the latest that was announced

	waiting int           // waits under way
	began   time.Time     // the first of those
	waited  time.Duration // while any was, before
}

func newWeather(now time.Time, met bool) *weather {
	return &weather{met: met, since: now, idle: true, later: map[string]int{}, ways: map[schemas.Endpoint]bool{}}
}

// answer takes note of an answer, whoever gave it.
func (w *weather) answer() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered = true
}

// meet takes note of an answer in the API's form.
func (w *weather) meet() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.met = true
}

func (w *weather) hasAnswered() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answered
}

func (w *weather) hasMet() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.met
}

// lacks reports whether others than an endpoint gave pages, and it none.
func (w *weather) lacks(e schemas.Endpoint) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.ways) > 0 && !w.ways[e]
}

// page takes note of a page: whatever was the matter is over.
func (w *weather) page(e schemas.Endpoint, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages++
	w.ways[e] = true
	w.down, w.since, w.idle = time.Time{}, now, true
}

// seen is how many pages there have been.
func (w *weather) seen() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pages
}

// before is how many pages there were when a request began to fail, which is now
// unless it was put off.
func (w *weather) before(id string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n, ok := w.later[id]; ok {
		return n
	}
	return w.pages
}

// putOff remembers a request that is one for later. If others got pages by then and
// it fails again, it is its own failure: the last one of a run has nobody after it.
func (w *weather) putOff(id string, before int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.later[id] = before
}

// settle forgets a request that has come to its end.
func (w *weather) settle(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.later, id)
}

// begin takes note of a fetch. Time in which nobody asks for anything is not one
// without pages.
func (w *weather) begin(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.idle {
		w.since, w.idle = now, false
	}
}

// fail takes note of a temporary failure.
func (w *weather) fail(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed = now; w.down.IsZero() {
		w.down = now
	}
}

// downSince is when the failures began without a page since; zero if there were
// none.
func (w *weather) downSince() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.down
}

// announce takes note of a reset.
func (w *weather) announce(reset time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reset = later(w.reset, reset)
}

// patience is until when a wait may last: within most together, or, if that is 0,
// so long after the last page and the last reset.
func (w *weather) patience(now time.Time, most, dry time.Duration) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if most <= 0 {
		return later(w.since, w.reset).Add(dry)
	}
	used := w.waited
	if w.waiting > 0 {
		used += now.Sub(w.began)
	}
	return now.Add(most - used)
}

// wait takes note of a wait; done must be called at its end. While everybody waits
// for a rate limit, nobody can see whether the failures are over.
func (w *weather) wait(start time.Time, limited bool) (done func(now time.Time)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting++; w.waiting == 1 {
		w.began = start
	}
	return func(now time.Time) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.waiting--; w.waiting == 0 {
			w.waited += max(now.Sub(w.began), 0)
		}
		if limited && !w.down.IsZero() && !w.failed.After(start) {
			w.down, w.failed = w.down.Add(max(now.Sub(start), 0)), now
		}
	}
}

// genuine tells pages that the API made from those that may be of something on
// the way there.
func genuine(p schemas.Page) bool {
	return p.OK() || p.Status == schemas.NotTaken || parseProblem(p.Body).API
}
