// Package health says how a store is: what is known of its Spaces, whether what
// lies in it is whole, and what a person should do about it. Nothing in it
// changes a store but what takes its lock.
package health

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Overview is a store at a glance. It is made from manifests, file sizes and
// the derived files; no row is read.
type Overview struct {
	Store     string       `json:"store"`
	Job       string       `json:"job"` // of the newest run
	At        time.Time    `json:"at"`
	Healthy   bool         `json:"healthy"` // no finding is a problem
	Findings  []Finding    `json:"findings"`
	Lock      store.Holder `json:"lock"`
	Runs      []RunSummary `json:"runs"` // oldest first
	Tables    []TableSize  `json:"tables"`
	Bytes     StoreBytes   `json:"bytes"`
	Spaces    SpaceCounts  `json:"spaces"`
	Money     Spending     `json:"money"`
	Rates     []RateWindow `json:"rates"`
	NextReset time.Time    `json:"next_reset,omitzero"` // of a window with requests used; zero is none
	// Uncounted are runs whose pages are too many to read here: neither Spaces
	// nor Money know of them.
	Uncounted []string `json:"uncounted_runs"`

	views []*runView
}

// Finding is something about a store that a person should know.
type Finding struct {
	Level string `json:"level"` // problem, or note: nothing has to be done
	Kind  string `json:"kind"`
	Run   string `json:"run_id,omitempty"`
	Text  string `json:"text"`
	Do    string `json:"do,omitempty"`
}

// Levels of findings.
const (
	Problem = "problem"
	Note    = "note"
)

// RunSummary is one run.
type RunSummary struct {
	RunID string `json:"run_id"`
	// Outcome is that of the manifest, running while a process is at it, or
	// unfinished without a manifest.
	Outcome   string    `json:"outcome"`
	StartedAt time.Time `json:"started_at"`
	// EndedAt is when the last page was received; zero when it is not known.
	EndedAt time.Time     `json:"ended_at,omitzero"`
	Took    float64       `json:"took_seconds"`
	Pages   int           `json:"pages"`
	Rows    int64         `json:"rows"`
	Low     schemas.Money `json:"usd_low"`
	High    schemas.Money `json:"usd_high"`
	Counted bool          `json:"counted"` // whether the money is known; see Overview.Uncounted
	Missing int           `json:"missing"` // asked for by name, and not come
	Cut     int           `json:"cut"`     // collections left before their end
	Damaged int           `json:"damaged"` // pages that cannot be read, as far as they were counted
}

// Outcomes that no manifest has.
const (
	Running    = "running"
	Unfinished = "unfinished"
)

// TableSize is what a table takes. Rows in files count a thing once for each
// run that saw it, rows in the database once.
type TableSize struct {
	Name         string `json:"name"`
	Files        int    `json:"files"`
	Rows         int64  `json:"rows"` // in the files
	Bytes        int64  `json:"bytes"`
	DatabaseRows int64  `json:"database_rows"` // as DuckDB's catalogue has it
}

// StoreBytes is what the parts of a store take on disk.
type StoreBytes struct {
	Raw      int64 `json:"raw"`
	Parquet  int64 `json:"parquet"`
	Database int64 `json:"database"`
}

// SpaceCounts are Spaces by what can still become of them.
type SpaceCounts struct {
	Scheduled int `json:"scheduled"` // open
	Live      int `json:"live"`      // open
	Ended     int `json:"ended"`     // a last look is due
	Final     int `json:"final"`
	Gone      int `json:"gone"` // the API no longer knows them
}

// Spending is what the store's runs cost, on the UTC day and in the month.
type Spending struct {
	Today  Spend        `json:"today"`
	Month  Spend        `json:"month"`
	Budget money.Budget `json:"budget"`
}

// Spend is a cost with both ends of its range.
type Spend struct {
	Low  schemas.Money `json:"usd_low"`
	High schemas.Money `json:"usd_high"`
}

// RateWindow is what the newest page of an endpoint said of its rate window.
// Pages do not say by which token they were asked for.
type RateWindow struct {
	Endpoint  schemas.Endpoint `json:"endpoint"`
	Limit     int              `json:"limit"`
	Remaining int              `json:"remaining"`
	Reset     time.Time        `json:"reset_at"`
	SeenAt    time.Time        `json:"seen_at"`
}

// OverviewConfig says what Examine measures a store against.
type OverviewConfig struct {
	Now      time.Time
	Prices   schemas.Prices
	Budget   money.Budget
	Stale    time.Duration // a last run older than this is stale; 0 is by the usual interval
	Database DatabaseView
	// Elsewhere are the destinations that stand in no store's folder.
	Elsewhere []Elsewhere
}

// Elsewhere is what a destination says that stands in no store's folder.
type Elsewhere struct {
	Name, Title string       // as load.Destination has them
	View        DatabaseView // the zero value where it was not asked
}

// DatabaseView is what the database file says; whoever can open one fills it
// in.
type DatabaseView struct {
	Rows map[string]int64
	// Runs are those merged into it, with the checksum of their content; empty
	// of those merged by versions that did not note it.
	Runs map[string]string
	Err  error // why it cannot be read
	// Latest is what the files of its rows, one a table, are not; empty where they are
	// its rows, or not there.
	Latest string
}

// Unlisted says what the database has of runs that the store does not list any more, whose
// pages and manifests are gone; empty of none.
func (v DatabaseView) Unlisted(runs []string) string {
	var lost []string
	for id := range v.Runs {
		if _, listed := slices.BinarySearch(runs, id); !listed {
			lost = append(lost, id)
		}
	}
	if len(lost) == 0 {
		return ""
	}
	return fmt.Sprintf("the database has the rows of runs of which the store has neither pages nor a manifest: %d, from %s to %s", len(lost), slices.Min(lost), slices.Max(lost))
}

// Examine looks at a store. It takes no lock and changes nothing, so that a run
// may be under way.
func Examine(ctx context.Context, d store.Dir, cfg OverviewConfig) (*Overview, error) {
	o := &Overview{Store: string(d), At: cfg.Now.UTC(), Findings: []Finding{}, Runs: []RunSummary{}, Tables: []TableSize{}, Rates: []RateWindow{},
		Uncounted: []string{}}
	var err error
	if o.Lock, err = d.Holder(); err != nil {
		return nil, fmt.Errorf("store %s: %w", d, err)
	}
	files, err := published(d)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", d, err)
	}
	runs, err := d.Runs()
	if err != nil {
		return nil, err
	}
	if o.views, err = views(ctx, d, runs, files); err != nil {
		return nil, err
	}
	for _, wrong := range files.wrong {
		o.find(Problem, "damaged", "", "run spacesetl verify --store "+string(d), "%s", wrong)
	}
	o.sizes(d, files, cfg.Database)
	o.rates(d)
	o.known(ctx, d, runs, cfg)
	o.summaries()
	o.examine(d, files, cfg)
	o.Healthy = true
	for _, f := range o.Findings {
		o.Healthy = o.Healthy && f.Level != Problem
	}
	return o, ctx.Err()
}
