package observe

import (
	"strconv"

	"github.com/spacesetl/spacesetl/extract"
)

// requestMetrics are of requests and rate windows.
func requestMetrics() []Metric {
	return []Metric{
		{"run_requests", "Requests sent, by endpoint and HTTP status, or none without an answer.", []string{"endpoint", "status"}, func(f snapshot, put emit) {
			for e, t := range f.stats.Endpoints {
				for status, n := range t.Status {
					put(float64(n), string(e), statusText(status))
				}
			}
		}},
		{"run_rate_limited", "Answers 429, by endpoint and the limit they told of.", []string{"endpoint", "limit"}, func(f snapshot, put emit) {
			for e, t := range f.stats.Endpoints {
				for kind, n := range t.Limited {
					put(float64(n), string(e), string(kind))
				}
			}
		}},
		{"run_retries", "Requests sent again after a temporary failure.", []string{"endpoint"}, perEndpoint(func(t extract.Tally) float64 { return float64(t.Retries) })},
		{"run_waited_seconds", "Time waited for rate windows and after failures, summed over workers.", []string{"endpoint"}, perEndpoint(func(t extract.Tally) float64 { return t.Waited.Seconds() })},
		{"run_received_bytes", "Bodies received, decompressed.", []string{"endpoint"}, perEndpoint(func(t extract.Tally) float64 { return float64(t.Bytes) })},
		{"run_transferred_bytes", "Bodies received, as transferred.", []string{"endpoint"}, perEndpoint(func(t extract.Tally) float64 { return float64(t.Wire) })},
		{"window_limit_requests", "Requests in a rate window.", []string{"endpoint", "token"}, perWindow(func(w extract.Window) float64 { return float64(w.Limit) })},
		{"window_remaining_requests", "Requests left in the rate window when last heard of.", []string{"endpoint", "token"}, perWindow(func(w extract.Window) float64 { return float64(w.Remaining) })},
	}
}

func perEndpoint(of func(extract.Tally) float64) func(snapshot, emit) {
	return func(f snapshot, put emit) {
		for e, t := range f.stats.Endpoints {
			put(of(t), string(e))
		}
	}
}

func perWindow(of func(extract.Window) float64) func(snapshot, emit) {
	return func(f snapshot, put emit) {
		for _, w := range f.windows {
			put(of(w), string(w.Endpoint), w.Token)
		}
	}
}

// statusText is a status as a label.
func statusText(status int) string {
	if status == 0 {
		return "none"
	}
	return strconv.Itoa(status)
}
