package observe

import "time"

// View is what a watch shows.
type View struct {
	// Lines are, in a line, what there is, and one line for each Space, of so many characters.
	Lines func(width int) (summary string, spaces []string)
	// Spaces are the live ones, with the people in them.
	Spaces func() map[string]int64
}

// lookEvery is how often the log says what is watched.
const lookEvery = 5 * time.Minute

// measureEvery is how often the file of metrics has what is watched.
const measureEvery = 15 * time.Second

// measure writes the file of metrics while a watch goes on.
func measure(o *Observer, now time.Time) {
	o.mu.Lock()
	watching := o.view != nil
	o.mu.Unlock()
	if !watching || o.opts.MetricsFile == "" || now.Sub(o.measuredAt) < measureEvery {
		return
	}
	o.measuredAt = now
	if err := writeMetrics(o.opts.MetricsFile, o.snapshot, o.job(), o.log); err != nil {
		o.log.Warn("the metrics could not be written", "file", o.opts.MetricsFile, "after", err)
	}
}

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
			summary, _ := view.Lines(0)
			o.log.Info(summary)
		}
		return
	}
	wide, high := size(o.opts.Stderr)
	summary, spaces := view.Lines(wide - 1)
	if room := max(high-2, 0); len(spaces) > room {
		spaces = spaces[:room]
	}
	o.screen.draw(append(spaces, summary)...)
}
