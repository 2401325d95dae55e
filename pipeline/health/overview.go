// Package health says how a store is: what is known of its Spaces, whether what
// lies in it is whole, and what a person should do about it. Nothing in it
// changes a store but what takes its lock.
package health

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
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
}

// DatabaseView is what the database file says; whoever can open one fills it
// in.
type DatabaseView struct {
	Rows map[string]int64
	// Runs are those merged into it, with the checksum of their content; empty
	// of those merged by versions that did not note it.
	Runs map[string]string
	Err  error // why it cannot be read
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
	if o.views, err = views(ctx, d, files); err != nil {
		return nil, err
	}
	o.sizes(d, files, cfg.Database)
	o.rates(d)
	o.known(ctx, d, cfg)
	o.summaries()
	o.examine(d, files, cfg)
	o.Healthy = true
	for _, f := range o.Findings {
		o.Healthy = o.Healthy && f.Level != Problem
	}
	return o, ctx.Err()
}

// find notes what was found, once.
func (o *Overview) find(level, kind, run, do, format string, args ...any) {
	f := Finding{Level: level, Kind: kind, Run: run, Text: fmt.Sprintf(format, args...), Do: do}
	if !slices.Contains(o.Findings, f) {
		o.Findings = append(o.Findings, f)
	}
}

// sizes adds up what the tables and the parts of the store take.
func (o *Overview) sizes(d store.Dir, files *publishedFiles, db DatabaseView) {
	for _, t := range schemas.Tables() {
		size := TableSize{Name: t.Name, DatabaseRows: db.Rows[t.Name]}
		for _, v := range o.views {
			size.Files += v.tables[t.Name].Files
			size.Rows += v.tables[t.Name].Rows
			size.Bytes += v.tables[t.Name].Bytes
		}
		o.Tables = append(o.Tables, size)
	}
	for _, v := range o.views {
		o.Bytes.Raw += landedBytes(d, v.id)
	}
	o.Bytes.Parquet = files.bytes
	if info, err := os.Stat(d.DuckDB()); err == nil {
		o.Bytes.Database = info.Size()
	}
}

// known takes in what the derived files say.
func (o *Overview) known(ctx context.Context, d store.Dir, cfg OverviewConfig) {
	o.Money.Budget = cfg.Budget
	k, err := look(ctx, d)
	if err != nil {
		o.find(Problem, "damaged", "", "run spacesetl verify --store "+string(d), "%v", err)
	}
	if k.ledger == nil {
		return
	}
	o.Uncounted = append(o.Uncounted, k.uncounted...)
	today := money.Day(o.At)
	spend := func(period string) Spend {
		in := func(line *money.Line) bool { return line.Day[:min(len(line.Day), len(period))] == period }
		return Spend{k.ledger.Cost(money.Optimistic, cfg.Prices, in), k.ledger.Cost(money.Pessimistic, cfg.Prices, in)}
	}
	o.Money.Today, o.Money.Month = spend(today), spend(today[:len("2006-01")])
	views := map[string]*runView{}
	for _, v := range o.views {
		views[v.id] = v
	}
	for _, run := range k.ledger.Runs {
		if v := views[run.RunID]; v != nil {
			v.counted, v.pages = true, run.Pages
		}
	}
	for _, spent := range money.NewStatement(k.ledger, cfg.Prices).Runs {
		if v := views[spent.Name]; v != nil {
			v.spend = Spend{spent.Low, spent.High}
		}
	}
	o.Spaces = k.state.counts()
}

// counts counts the Spaces by what can become of them.
func (st *State) counts() SpaceCounts {
	var n SpaceCounts
	for _, s := range st.Spaces {
		switch {
		case s.Gone != nil:
			n.Gone++
		case s.Final:
			n.Final++
		case s.State == facts.Ended:
			n.Ended++
		case s.State == "live":
			n.Live++
		default:
			n.Scheduled++
		}
	}
	return n
}

// summaries says in a line each what became of the runs.
func (o *Overview) summaries() {
	for i, v := range o.views {
		r := RunSummary{RunID: v.id, Outcome: string(v.run.Outcome), StartedAt: v.run.StartedAt, EndedAt: v.run.EndedAt,
			Pages: max(v.pages, v.run.Pages), Rows: v.rows, Low: v.spend.Low, High: v.spend.High, Counted: v.counted}
		if v.err != nil {
			r.Outcome = Unfinished
		}
		if i == len(o.views)-1 && o.Lock.Held && (v.err != nil || v.run.Outcome != schemas.Done) {
			r.Outcome = Running
		}
		if !r.EndedAt.IsZero() {
			r.Took = r.EndedAt.Sub(r.StartedAt).Seconds()
		}
		o.Runs = append(o.Runs, r)
		o.Job = v.run.Job
	}
}

// missingManifest reports whether a run simply has not come to its end.
func missingManifest(err error) bool { return errors.Is(err, fs.ErrNotExist) }
