package observe

import (
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// snapshot is what the metrics tell of a run, under way or ended.
type snapshot struct {
	version  string
	start    time.Time
	end      End       // its At is zero while the run is under way
	success  time.Time // of this job, the last; zero when it is not known
	progress pipeline.Progress
	stats    extract.Stats
	windows  []extract.Window
	budget   map[string]schemas.Money
	watched  map[string]int64 // people in the Spaces that are watched; nil without a watch
}

// emit takes a value with those of the metric's labels.
type emit func(value float64, labels ...string)

// Metric is one of the metrics: a gauge, of the last run unless it says another
// thing.
type Metric struct {
	Name   string
	Help   string
	Labels []string
	read   func(snapshot, emit)
}

// prefix begins the names of all metrics.
const prefix = "spacesetl_"

// Metrics are all metrics that there are.
func Metrics() []Metric {
	all := slices.Concat(runMetrics(), watchMetrics(), requestMetrics())
	for i := range all {
		all[i].Name = prefix + all[i].Name
	}
	return all
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func usd(m schemas.Money) float64 { return float64(m) / float64(schemas.Dollar) }

// runMetrics are of the run as a whole.
func runMetrics() []Metric {
	return []Metric{
		{"build_info", "The program that ran; the value is 1.", []string{"version"}, func(f snapshot, put emit) { put(1, f.version) }},
		{"run_start_timestamp_seconds", "When the last run began.", nil, func(f snapshot, put emit) { put(unix(f.start)) }},
		{"run_end_timestamp_seconds", "When the last run ended.", nil, ended(func(f snapshot, put emit) { put(unix(f.end.At)) })},
		{"run_duration_seconds", "How long the last run took.", nil, ended(func(f snapshot, put emit) { put(f.end.At.Sub(f.start).Seconds()) })},
		{"run_exit_code", "Exit code of the last run.", nil, ended(func(f snapshot, put emit) { put(float64(f.end.Code)) })},
		{"run_outcome", "What the last run came to: 1 for that outcome, 0 for the others.", []string{"outcome"}, ended(func(f snapshot, put emit) {
			for _, e := range schemas.Endings() {
				put(flag(e.Outcome == f.end.Outcome), string(e.Outcome))
			}
		})},
		{"success_timestamp_seconds", "When a run last ended with exit code 0.", nil, func(f snapshot, put emit) {
			if !f.success.IsZero() {
				put(unix(f.success))
			}
		}},
		{"run_pages", "Pages of the last run, fetched or found landed.", nil, func(f snapshot, put emit) { put(float64(f.progress.Pages)) }},
		{"run_pages_fetched", "Pages that the last run fetched.", nil, func(f snapshot, put emit) { put(float64(f.progress.Fetched)) }},
		{"run_objects", "Objects in the data of the pages fetched.", nil, func(f snapshot, put emit) { put(float64(f.progress.Objects)) }},
		{"run_cost_dollars", "What the pages fetched cost: at least (low) and at most (high).", []string{"bound"}, func(f snapshot, put emit) {
			put(usd(f.progress.Low), "low")
			put(usd(f.progress.High), "high")
		}},
		{"budget_left_dollars", "What the budget has room for, by its period.", []string{"period"}, func(f snapshot, put emit) {
			for period, left := range f.budget {
				put(usd(left), period)
			}
		}},
		{"run_rows", "Rows of the last run, by table.", []string{"table"}, loaded(func(m *store.Manifest, put emit) {
			for _, t := range m.Tables {
				put(float64(t.Rows), t.Name)
			}
		})},
		{"run_api_errors", "Rows of api_errors, by kind and problem; of many the 50 most frequent, the rest as other.", []string{"problem"}, loaded(func(m *store.Manifest, put emit) {
			for problem, n := range most(m.Errors) {
				put(float64(n), printable.Line(problem))
			}
		})},
		{"run_missing", "What was asked for and did not come, by kind.", []string{"kind"}, loaded(func(m *store.Manifest, put emit) {
			for kind, n := range m.Gaps() {
				put(float64(n), string(kind))
			}
		})},
		{"run_cut", "Collections that were left before their end.", nil, loaded(func(m *store.Manifest, put emit) { put(float64(len(m.Cut))) })},
		{"run_drift_keys", "API keys that no column takes.", nil, loaded(func(m *store.Manifest, put emit) { put(float64(len(m.Drift))) })},
		{"run_drift_values", "Values of API keys that no column takes.", nil, loaded(func(m *store.Manifest, put emit) {
			n := 0
			for _, values := range m.Drift {
				n += values
			}
			put(float64(n))
		})},
		{"run_dropped_fields", "Fields and expansions that the server refused.", nil, loaded(func(m *store.Manifest, put emit) { put(float64(len(m.Dropped))) })},
	}
}

// watchMetrics are of a watch.
func watchMetrics() []Metric {
	return []Metric{
		{"watched_spaces", "Live Spaces that a watch looks at.", nil, func(f snapshot, put emit) {
			if f.watched != nil {
				put(float64(len(f.watched)))
			}
		}},
		{"watched_people", "People in a live Space that a watch looks at, as it was last seen.", []string{"space_id"}, func(f snapshot, put emit) {
			for id, people := range f.watched {
				put(float64(people), id)
			}
		}},
	}
}

func flag(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// ended reads what is known when a run has ended.
func ended(read func(snapshot, emit)) func(snapshot, emit) {
	return func(f snapshot, put emit) {
		if !f.end.At.IsZero() {
			read(f, put)
		}
	}
}

// loaded reads what is known when pages were loaded.
func loaded(read func(*store.Manifest, emit)) func(snapshot, emit) {
	return func(f snapshot, put emit) {
		if f.end.Manifest != nil {
			read(f.end.Manifest, put)
		}
	}
}
