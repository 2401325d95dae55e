package observe

import "time"

// View is what a watch shows: in a line what there is, and one line for each Space, of so
// many characters.
type View func(width int) (summary string, spaces []string)

// lookEvery is how often the log says what is watched.
const lookEvery = 5 * time.Minute

// look shows what is watched: on a terminal as many Spaces as it has room for.
func look(o *Observer, now time.Time) {
	o.mu.Lock()
	view, due := o.view, now.Sub(o.toldAt) >= lookEvery
	if due && o.mode != "bar" {
		o.toldAt = now
	}
	o.mu.Unlock()
	if o.mode != "bar" {
		if due {
			summary, _ := view(0)
			o.log.Info(summary)
		}
		return
	}
	wide, high := size(o.opts.Stderr)
	summary, spaces := view(wide - 1)
	if room := max(high-2, 0); len(spaces) > room {
		spaces = spaces[:room]
	}
	o.screen.draw(append(spaces, summary)...)
}
