package observe

import (
	"encoding/json"
	"log/slog"
	"time"

	"golang.org/x/term"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// How often progress is shown, by the values of Options.Progress.
const (
	barEvery  = 200 * time.Millisecond
	jsonEvery = time.Second
	logEvery  = 30 * time.Second
	// idleEvery is how often the log says that a wait goes on.
	idleEvery = 5 * time.Minute
)

// Progress takes note of how far the run is. A wave that has ended is told of
// at once, everything else at the next tick.
func (o *Observer) Progress(p pipeline.Progress) {
	o.mu.Lock()
	newer := p.Seq > o.now.Seq
	ended := newer && p.Ended() && p.Total > 0 && (p.Phase != o.ended.Phase || p.Wave != o.ended.Wave)
	if newer {
		o.now = p
	}
	if ended {
		o.ended = p
	}
	o.mu.Unlock()
	if newer {
		o.trace.progress(p, o.opts.Now())
	}
	if ended && o.mode != "bar" {
		o.tell(o.opts.Now())
	}
}

// state is what there is to show now.
func (o *Observer) state(now time.Time) state {
	o.mu.Lock()
	s := state{Progress: o.now, now: now, waits: o.waits.list(now)}
	source := o.source
	o.mu.Unlock()
	if source.Windows != nil {
		s.windows = source.Windows()
	}
	return s
}

// tick shows progress if there is something new: as long as there is a wait its
// countdown, which the log has less often.
func (o *Observer) tick(now time.Time) {
	o.mu.Lock()
	begun, moved, waiting := o.now.Seq > 0, o.now.Seq > o.told, len(o.waits) > 0
	if o.mode == "log" && now.Sub(o.toldAt) < idleEvery {
		waiting = false
	}
	o.mu.Unlock()
	if begun && (moved || waiting) {
		o.tell(now)
	}
}

// tell shows progress as the mode has it.
func (o *Observer) tell(now time.Time) {
	s := o.state(now)
	o.mu.Lock()
	o.told, o.toldAt = s.Seq, now
	o.mu.Unlock()
	switch o.mode {
	case "bar":
		o.screen.draw(s.line(o.width()))
	case "log":
		o.log.Info("progress", s.attrs()...)
	case "json":
		o.printReport(s)
	}
}

// width is the terminal's, in characters.
func (o *Observer) width() int {
	if file := terminal(o.opts.Stderr); file != nil {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

// attrs is the state for the log.
func (s state) attrs() []any {
	all := []any{"phase", s.Phase}
	if s.Phase == pipeline.FetchPhase {
		all = append(all, "wave", s.Wave)
	}
	all = append(all, "done", s.Done, "total", s.Total, "pages", s.Pages)
	if s.Phase != pipeline.FetchPhase {
		return append(all, "rows", s.Rows)
	}
	all = append(all, "fetched", s.Fetched, "usd_low", money(s.Low), "usd_high", money(s.High))
	if len(s.waits) > 0 {
		return append(all, "waiting_for", s.waits[0].Endpoint, "until", s.waits[0].Until)
	}
	if w, ok := tightest(s.windows); ok {
		all = append(all, "window", w.Endpoint, "left", w.Remaining)
	}
	return all
}

// money is an amount as a number of dollars.
func money(m schemas.Money) slog.Value {
	return slog.Float64Value(float64(m) / float64(schemas.Dollar))
}

// Report is the line of JSON that --progress json prints. Fields are added to
// it, never changed.
type Report struct {
	Type    string           `json:"type"` // "progress"
	Time    time.Time        `json:"time"`
	Run     string           `json:"run,omitempty"`
	Phase   pipeline.Phase   `json:"phase"` // fetch, load, publish
	Wave    int              `json:"wave"`  // of requests, from 1
	Done    int              `json:"done"`  // requests of the wave, pages loaded, destinations
	Total   int              `json:"total"`
	Pages   int              `json:"pages"`   // of the run so far
	Fetched int              `json:"fetched"` // of these, those fetched by this process
	Bytes   int64            `json:"bytes"`   // of their bodies
	Objects int64            `json:"objects"` // in their data
	USDLow  schemas.Money    `json:"usd_low"` // what they cost, at least
	USDHigh schemas.Money    `json:"usd_high"`
	Rows    int64            `json:"rows"`    // loaded
	Windows []extract.Window `json:"windows"` // the rate windows met so far
	Waits   []Wait           `json:"waits"`   // under way, the first to end first
}

func (o *Observer) printReport(s state) {
	r := Report{
		Type: "progress", Time: s.now.UTC().Truncate(time.Millisecond), Phase: s.Phase, Wave: s.Wave, Done: s.Done, Total: s.Total,
		Pages: s.Pages, Fetched: s.Fetched, Bytes: s.Bytes, Objects: s.Objects, USDLow: s.Low, USDHigh: s.High, Rows: s.Rows,
		Windows: append([]extract.Window{}, s.windows...), Waits: append([]Wait{}, s.waits...),
	}
	if id := o.run.Load(); id != nil {
		r.Run = *id
	}
	if line, err := json.Marshal(r); err == nil { // there is nothing in it that cannot be marshalled
		_, _ = o.screen.Write(append(line, '\n'))
	}
}
