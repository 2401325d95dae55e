package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
)

// lane is what one account asked of one endpoint.
type lane struct {
	Endpoint, Account                                 string
	pages, requests, refused, waited, longest, length int64
	first, last                                       time.Time
}

func (l lane) name() string {
	if l.Account == "" {
		return l.Endpoint
	}
	return l.Endpoint + " · " + l.Account
}

// binned are the pages of a lane in one slice of time; times are milliseconds
// since 1970.
type binned struct {
	Lane     int `json:"lane"`
	endpoint string
	account  string
	bin      int64
	First    int64 `json:"first"`
	Last     int64 `json:"last"`
	Pages    int64 `json:"n"`
	Repeated int64 `json:"repeated"`
	Refused  int64 `json:"refused"`
}

// waited is a time when workers waited for a lane.
type waited struct {
	Lane     int `json:"lane"`
	endpoint string
	account  string
	First    int64 `json:"first"`
	Last     int64 `json:"last"`
}

// timelineData is what the timeline draws.
type timelineData struct {
	Lanes []string `json:"lanes"`
	Bins  []binned `json:"bins"`
	Waits []waited `json:"waits"`
}

// legend explains what is drawn.
func (d timelineData) legend() []key {
	keys := []key{{"k-page", "pages came"}}
	if slices.ContainsFunc(d.Bins, func(b binned) bool { return b.Refused > 0 }) {
		keys = append(keys, key{"k-refused", "a request was refused"})
	}
	if len(d.Waits) > 0 {
		keys = append(keys, key{"k-wait", "waiting for a rate window or a retry"})
	}
	return keys
}

// mostLanes is how many lanes the timeline has at most; the busiest stay.
const mostLanes = 24

func (r requests) timeline(ctx context.Context, db *duckdb.Reader, p *panel) error {
	p.ID, p.Title, p.Wide = "timeline", "Requests and waits over time", true
	p.Empty = "No page landed in this run."
	lanes, err := rows(ctx, db, func(l *lane) []any {
		return []any{&l.Endpoint, &l.Account, &l.pages, &l.requests, &l.refused, &l.waited, &l.longest, &l.length, &l.first, &l.last}
	}, lanesSQL, r.manifest.Run.RunID)
	if err != nil || len(lanes) == 0 {
		return err
	}
	p.Table = lanesTable(lanes)
	shown := lanes
	if len(shown) > mostLanes {
		shown = slices.Clone(lanes)
		slices.SortStableFunc(shown, func(a, b lane) int { return cmp.Compare(b.pages, a.pages) })
		shown = shown[:mostLanes]
		p.Note = fmt.Sprintf("The %d busiest of %d are drawn.", mostLanes, len(lanes))
	}
	p.Lead = fmt.Sprintf("%s in %s; workers waited %s in all for rate windows and retries.", plural(int64(r.manifest.Run.Pages), "page", "pages"),
		lasting(lastOf(lanes).Sub(r.manifest.Run.StartedAt)), milliseconds(r.manifest.Run.WaitedMS))
	if r.limited != nil {
		p.Lead += limitedText(r.limited)
	}
	first := slices.MinFunc(lanes, func(a, b lane) int { return a.first.Compare(b.first) }).first
	if !lastOf(lanes).After(first) {
		return nil // a moment is no line
	}
	data, err := drawn(ctx, db, r.manifest.Run.RunID, shown)
	if err != nil {
		return err
	}
	p.Chart = &chart{"timeline", "timeline", fmt.Sprintf("Timeline of %s: a row for each endpoint and account, a stroke where pages came, a band where workers waited.",
		plural(int64(r.manifest.Run.Pages), "page", "pages")), data}
	p.Legend = data.legend()
	return nil
}

func lastOf(lanes []lane) time.Time {
	return slices.MaxFunc(lanes, func(a, b lane) int { return a.last.Compare(b.last) }).last
}

// drawn reads what is drawn in the lanes.
func drawn(ctx context.Context, db *duckdb.Reader, run string, lanes []lane) (timelineData, error) {
	index := map[[2]string]int{}
	data := timelineData{Bins: []binned{}, Waits: []waited{}}
	for i, l := range lanes {
		index[[2]string{l.Endpoint, l.Account}] = i
		data.Lanes = append(data.Lanes, l.name())
	}
	bins, err := rows(ctx, db, func(b *binned) []any {
		return []any{&b.endpoint, &b.account, &b.bin, &b.First, &b.Last, &b.Pages, &b.Repeated, &b.Refused}
	}, binsSQL, run)
	if err != nil {
		return data, err
	}
	waits, err := rows(ctx, db, func(w *waited) []any { return []any{&w.endpoint, &w.account, &w.First, &w.Last} }, waitsSQL, run)
	if err != nil {
		return data, err
	}
	for _, b := range bins {
		if i, ok := index[[2]string{b.endpoint, b.account}]; ok {
			b.Lane = i
			data.Bins = append(data.Bins, b)
		}
	}
	for _, w := range waits {
		if i, ok := index[[2]string{w.endpoint, w.account}]; ok {
			w.Lane = i
			data.Waits = append(data.Waits, w)
		}
	}
	return data, nil
}

func lanesTable(lanes []lane) table {
	t := table{Caption: "Pages, requests and waits per endpoint and account", Columns: slices.Concat(words("Endpoint", "Account"),
		numbers("Pages", "Requests", "Tried again", "Refused", "Waited, all workers", "Longest wait", "Bytes"), words("First page", "Last page"))}
	most := slices.MaxFunc(lanes, func(a, b lane) int { return cmp.Compare(a.pages, b.pages) }).pages
	for _, l := range lanes {
		t.Rows = append(t.Rows, []cell{said(l.Endpoint), said(cmp.Or(l.Account, "not said")), countOf(l.pages, most), count(l.requests), bad(max(l.requests-l.pages, 0), "warn"), bad(l.refused, "bad"),
			amount(milliseconds(l.waited)), amount(milliseconds(l.longest)), amount(bytesOf(l.length)), at(l.first), at(l.last)})
	}
	return t
}
