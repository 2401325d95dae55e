package observe

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
)

// state is what there is to show at a moment.
type state struct {
	pipeline.Progress
	now     time.Time
	windows []extract.Window
	waits   []Wait
}

// The widths of the bar, in characters.
const (
	leastBar = 5
	mostBar  = 30
)

// line is the state in less than width characters: how far the phase is, then
// as much else as there is room for. It has letters only: no colour, no control.
func (s state) line(width int) string {
	details := s.details()
	for {
		text := strings.Join(details, ", ")
		if bar := s.bar(width - 1 - len(text) - 1); bar != "" {
			return strings.TrimSpace(bar + " " + text)
		}
		if len(details) == 0 {
			return s.count(width - 1)
		}
		details = details[:len(details)-1]
	}
}

// title names the phase.
func (s state) title() string {
	switch s.Phase {
	case pipeline.LoadPhase:
		return "loading"
	case pipeline.PublishPhase:
		return "publishing"
	}
	return fmt.Sprintf("wave %d", s.Wave)
}

// bar is the phase as a bar in at most width characters; empty where that is
// too little.
func (s state) bar(width int) string {
	render := func(bar int) string {
		p := progressbar.NewOptions(max(s.Total, 1), progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetWidth(bar),
			progressbar.OptionSetDescription(s.title()), progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}))
		_ = p.Set(min(s.Done, max(s.Total, 1)))
		return strings.TrimSpace(p.String())
	}
	rest := len(render(leastBar)) - leastBar
	if width < rest+leastBar {
		return ""
	}
	return render(min(width-rest, mostBar))
}

// count is the phase without a bar.
func (s state) count(width int) string {
	text := fmt.Sprintf("%s %d/%d", s.title(), s.Done, s.Total)
	return text[:max(min(len(text), width), 0)]
}

// details are what else there is to say, the most important first.
func (s state) details() []string {
	if s.Phase != pipeline.FetchPhase {
		return []string{humanize.Comma(s.Rows) + " rows"}
	}
	var all []string
	if len(s.waits) > 0 {
		all = append(all, s.waits[0].text(s.now))
	} else if w, ok := tightest(s.windows); ok {
		all = append(all, fmt.Sprintf("%s: %d left", w.Endpoint, w.Remaining))
	}
	all = append(all, humanize.Comma(int64(s.Pages))+" pages")
	if s.High > 0 {
		all = append(all, s.Low.Cents()+"-"+s.High.Cents())
	}
	return all
}

// tightest is the window that is most used up, of those that run.
func tightest(windows []extract.Window) (w extract.Window, ok bool) {
	for _, other := range windows {
		if other.Reset.IsZero() || other.Limit <= 0 {
			continue
		}
		if !ok || other.Remaining*w.Limit < w.Remaining*other.Limit {
			w, ok = other, true
		}
	}
	return w, ok
}

// text says for what, and how much longer.
func (w Wait) text(now time.Time) string {
	left := max(w.Until.Sub(now), 0).Round(time.Second)
	clock := fmt.Sprintf("%02d:%02d", int(left.Minutes()), int(left.Seconds())%60)
	if w.Retry {
		return fmt.Sprintf("trying %s again in %s", w.Endpoint, clock)
	}
	return fmt.Sprintf("waiting for %s window %s", w.Endpoint, clock)
}
