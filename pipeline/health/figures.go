package health

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// sizes adds up what the tables and the parts of the store take.
func (o *Overview) sizes(d store.Dir, files *publishedFiles, db DatabaseView) {
	for _, t := range schemas.Tables() {
		size := TableSize{Name: t.Name}
		if claimed := files.tables[t.Name]; claimed != nil {
			size = *claimed
		}
		size.DatabaseRows = db.Rows[t.Name]
		o.Tables = append(o.Tables, size)
	}
	for _, v := range o.views {
		o.Bytes.Raw += v.bytes
	}
	o.Bytes.Parquet = files.bytes
	if info, err := os.Lstat(d.DuckDB()); err == nil {
		o.Bytes.Database = info.Size()
	}
}

// rates reads what the newest page of each endpoint says of its rate window.
func (o *Overview) rates(d store.Dir) {
	for _, v := range slices.Backward(o.views) {
		if v.imported() && v.err == nil {
			continue // nobody waits for a window
		}
		pages, err := landing.OpenSalvage(d, v.id)
		if errors.Is(err, landing.ErrNone) {
			continue // nothing was fetched
		}
		if err != nil {
			o.find(Problem, "damaged", "", "spacesetl verify --store "+string(d), "%v", err)
			return
		}
		v.pages = pages.Len()
		o.windows(pages)
		_ = pages.Close() // nothing was written
		return
	}
}

func (o *Overview) windows(pages *landing.Reader) {
	seen := map[schemas.Endpoint]bool{}
	for _, e := range pages.Entries() {
		if seen[e.Endpoint] {
			continue
		}
		page, err := pages.Read(e)
		if err != nil {
			continue // what is damaged is found elsewhere
		}
		seen[e.Endpoint] = true
		if w, ok := window(page); ok {
			o.Rates = append(o.Rates, w)
			if w.Reset.After(o.At) && w.Remaining < w.Limit && (o.NextReset.IsZero() || w.Reset.Before(o.NextReset)) {
				o.NextReset = w.Reset
			}
		}
	}
	slices.SortFunc(o.Rates, func(a, b RateWindow) int { return strings.Compare(string(a.Endpoint), string(b.Endpoint)) })
}

// window reads the headers of a page; ok is false without them.
func window(page schemas.Page) (w RateWindow, ok bool) {
	limit, err1 := strconv.Atoi(page.Headers.Limit)
	remaining, err2 := strconv.Atoi(page.Headers.Remaining)
	reset, err3 := strconv.ParseInt(page.Headers.Reset, 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return w, false
	}
	return RateWindow{page.Request.Endpoint, limit, remaining, time.Unix(reset, 0).UTC(), page.FetchedAt}, true
}

// known takes in what the derived files say.
func (o *Overview) known(ctx context.Context, d store.Dir, runs []string, cfg OverviewConfig) {
	o.Money.Budget = cfg.Budget
	k, err := look(ctx, d, runs)
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
			v.counted, v.pages, v.planless = true, run.Pages, run.Planless
		}
	}
	for _, spent := range money.ByRun(k.ledger, cfg.Prices) {
		if v := views[spent.Name]; v != nil {
			v.spend = Spend{spent.Low, spent.High}
		}
	}
	for _, damage := range k.state.Damaged {
		if v := views[damage.RunID]; v != nil {
			v.damaged = append(v.damaged, damage)
		}
	}
	o.Spaces = countsOf(k.state)
}

// countsOf counts the Spaces by what can become of them.
func countsOf(st *State) SpaceCounts {
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
			Pages: max(v.pages, v.run.Pages), Rows: v.rows, Low: v.spend.Low, High: v.spend.High, Counted: v.counted, Cut: v.cut}
		for _, n := range v.missing {
			r.Missing += n
		}
		for _, damage := range v.damaged {
			r.Damaged += damage.Pages
		}
		if v.err != nil {
			r.Outcome = Unfinished
		}
		if i == len(o.views)-1 && o.Lock.Held && (v.err != nil || !v.run.Outcome.Complete()) {
			r.Outcome = Running
		}
		if !r.EndedAt.IsZero() {
			r.Took = max(r.EndedAt.Sub(r.StartedAt).Seconds(), 0) // what is imported came before
		}
		o.Runs = append(o.Runs, r)
		if o.Job == "" || !v.imported() {
			o.Job = v.run.Job
		}
	}
}
