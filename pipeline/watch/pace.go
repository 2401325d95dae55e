package watch

import (
	"fmt"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Window is what may be sent to an endpoint: so many requests in 15 minutes, and so many
// before the reset, if there is one.
type Window struct {
	Limit, Left int
	Reset       time.Time
}

// windowLength is how long a rate window lasts.
const windowLength = 15 * time.Minute

// spare is the share of a window that a watch leaves to others, in percent: it is not
// alone with its tokens.
const spare = 10

// fits is the least pace at which so many requests a time fit, spread evenly.
func (n Window) fits(requests int, now time.Time) time.Duration {
	if requests == 0 || n.Limit <= 0 { // without a token: the one who asks is told
		return 0
	}
	least := windowLength * time.Duration(requests) * 100 / time.Duration(max(n.Limit, 1)*(100-spare))
	if rest := n.Reset.Sub(now); rest > 0 {
		least = max(least, min(rest*time.Duration(requests)/time.Duration(max(n.Left, 1)), rest))
	}
	return least
}

// rounded is a pace of whole seconds that is no shorter.
func rounded(pace time.Duration) time.Duration {
	return (pace + time.Second - 1).Truncate(time.Second)
}

// stretched is the pace of the looks now, and says so where it has to be another.
func (w *Watch) stretched() time.Duration {
	now := w.cfg.Now()
	n := len(w.due(now, false))
	window := w.cfg.Window(schemas.Spaces)
	requests := (n + schemas.MaxIDs - 1) / schemas.MaxIDs
	pace := max(w.cfg.Every, rounded(window.fits(requests, now)))
	w.mu.Lock()
	said := w.every
	w.every = pace
	w.mu.Unlock()
	if pace > said+said/4 || pace == w.cfg.Every && said > pace {
		why := "which the rate windows have room for"
		if pace > w.cfg.Every {
			why = fmt.Sprintf("since more do not fit %d requests in %d minutes", window.Limit, int(windowLength.Minutes()))
		}
		w.cfg.Say(fmt.Sprintf("looking at %d Spaces every %s, %s", n, pace, why))
	} else if pace != said {
		w.mu.Lock()
		w.every = said // a little more or less is not worth a word
		w.mu.Unlock()
	}
	return pace
}

// finding is the pace at which new Spaces are looked for.
func (w *Watch) finding() time.Duration {
	pace, now := w.cfg.Discover, w.cfg.Now()
	requests := map[schemas.Endpoint]int{}
	for _, r := range w.finders() {
		requests[r.Endpoint]++
	}
	for e, n := range requests {
		pace = max(pace, rounded(w.cfg.Window(e).fits(n, now)))
	}
	return pace
}
