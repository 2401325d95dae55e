package observe

import (
	"log/slog"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

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

// report is the state as that line.
func (s state) report(run string) Report {
	return Report{
		Type: "progress", Run: run, Time: s.now.UTC().Truncate(time.Millisecond), Phase: s.Phase, Wave: s.Wave, Done: s.Done, Total: s.Total,
		Pages: s.Pages, Fetched: s.Fetched, Bytes: s.Bytes, Objects: s.Objects, USDLow: s.Low, USDHigh: s.High, Rows: s.Rows,
		Windows: append([]extract.Window{}, s.windows...), Waits: append([]Wait{}, s.waits...),
	}
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
	all = append(all, "fetched", s.Fetched, "usd_low", usdValue(s.Low), "usd_high", usdValue(s.High))
	if len(s.waits) > 0 {
		return append(all, "waiting_for", s.waits[0].Endpoint, "until", s.waits[0].Until)
	}
	if w, ok := tightest(s.windows); ok {
		all = append(all, "window", w.Endpoint, "left", w.Remaining)
	}
	return all
}

// usdValue is an amount for the log.
func usdValue(m schemas.Money) slog.Value { return slog.Float64Value(usd(m)) }
