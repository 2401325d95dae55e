package pipeline

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// tally counts what the manifest tells of the landed pages.
type tally struct {
	endpoints map[schemas.Endpoint]store.EndpointUse
	asked     map[schemas.Object]map[string]bool
	errors    map[string]int
	truncated []string
	run       schemas.Run
	content   landing.Content
}

func newTally(run schemas.Run) *tally {
	return &tally{
		endpoints: map[schemas.Endpoint]store.EndpointUse{}, asked: map[schemas.Object]map[string]bool{},
		errors: map[string]int{}, truncated: []string{}, run: run, content: landing.Content{},
	}
}

// page counts one landed page.
func (t *tally) page(p *schemas.Page) {
	use := t.endpoints[p.Request.Endpoint]
	use.Pages++
	use.Requests += p.Attempts
	use.WaitedMS += p.WaitedMS
	use.Bytes += int64(len(p.Body))
	t.endpoints[p.Request.Endpoint] = use
	t.run.Pages++
	t.run.Requests += p.Attempts
	t.run.WaitedMS += p.WaitedMS
	t.run.Bytes += int64(len(p.Body))
	if p.FetchedAt.After(t.run.EndedAt) {
		t.run.EndedAt = p.FetchedAt
	}
	for param, names := range p.Params {
		o := schemas.FieldsObject(param)
		if o == "" {
			continue
		}
		if t.asked[o] == nil {
			t.asked[o] = map[string]bool{}
		}
		for _, name := range names {
			t.asked[o][name] = true
		}
	}
}

// batch counts what only the rows tell.
func (t *tally) batch(b schemas.Batch) {
	switch b.Table.Object {
	case schemas.Problem:
		kinds := b.Record.Column(b.Table.Column("kind")).(*array.String)
		problems := b.Record.Column(b.Table.Column("problem")).(*array.String)
		for i := range kinds.Len() {
			name := "other"
			if problems.IsValid(i) {
				name = problems.Value(i)
			}
			transform.Count(t.errors, []byte(kinds.Value(i)+" "+name), 1)
		}
	case schemas.PageObject:
		t.searches(b)
	}
}

// ofLook is what tells a look from others at the same.
var ofLook = regexp.MustCompile(`,"look":\d+`)

func (t *tally) searches(b schemas.Batch) {
	endpoints := b.Record.Column(b.Table.Column("endpoint")).(*array.String)
	requests := b.Record.Column(b.Table.Column("request")).(*array.String)
	counts := b.Record.Column(b.Table.Column("data_count")).(*array.Int64)
	for i := range endpoints.Len() {
		if endpoints.Value(i) == string(schemas.Search) && counts.IsValid(i) && counts.Value(i) >= schemas.MaxResults {
			if r := ofLook.ReplaceAllString(strings.Clone(requests.Value(i)), ""); !slices.Contains(t.truncated, r) {
				t.truncated = append(t.truncated, r)
			}
		}
	}
}

// neverSeen lists the fields that were asked for and that no object had, of
// kinds of which there were objects.
func (t *tally) neverSeen(seen map[schemas.Object]map[string]bool) map[string][]string {
	missing := map[string][]string{}
	for o, names := range t.asked {
		if len(seen[o]) == 0 {
			continue
		}
		for name := range names {
			if !seen[o][name] {
				param := schemas.FieldsParam(o, t.run.Dialect)
				missing[param] = append(missing[param], name)
			}
		}
	}
	for _, names := range missing {
		slices.Sort(names)
	}
	return missing
}

// merge adds the statistics of several decoders.
func merge(all []transform.Stats) transform.Stats {
	sum := transform.Stats{Drift: map[string]int{}, Seen: map[schemas.Object]map[string]bool{}}
	for _, s := range all {
		sum.Repaired += s.Repaired
		sum.Unreadable += s.Unreadable
		for _, key := range slices.Sorted(maps.Keys(s.Drift)) {
			transform.Count(sum.Drift, []byte(key), s.Drift[key])
		}
		for o, names := range s.Seen {
			if sum.Seen[o] == nil {
				sum.Seen[o] = map[string]bool{}
			}
			maps.Copy(sum.Seen[o], names)
		}
	}
	return sum
}

// tableRows adds up the rows of the parts, in the order of the tables.
func tableRows(parts []schemas.Part) []store.TableRows {
	sum := map[string]int64{}
	for _, part := range parts {
		sum[part.Table] += part.Rows
	}
	var rows []store.TableRows
	for _, t := range schemas.Tables() {
		rows = append(rows, store.TableRows{Name: t.Name, Rows: sum[t.Name]})
	}
	return rows
}

func sortRefusals(refused []store.Refusal) []store.Refusal {
	refused = slices.Clone(refused)
	slices.SortFunc(refused, func(a, b store.Refusal) int {
		return cmp.Or(cmp.Compare(a.Param, b.Param), cmp.Compare(a.Value, b.Value))
	})
	return slices.Compact(refused)
}

// manifest makes the receipt of what was loaded.
func (l *loading) manifest(parts []schemas.Part) *store.Manifest {
	p, t := l.p, l.tally
	m := &store.Manifest{
		Run: p.Run, Plan: p.Plan, Endpoints: t.endpoints, Tables: tableRows(parts), Files: parts, Content: t.content.Sum(),
		Dropped: []store.Refusal{}, NeverSeen: t.neverSeen(l.stats.Seen), Drift: l.stats.Drift, Errors: t.errors,
		Truncated: t.truncated, Skipped: map[string]int{}, Failures: []store.Failure{},
		Repaired: l.stats.Repaired, Unreadable: l.stats.Unreadable,
		Versions: map[string]string{"spacesetl": p.Run.Version, "go": runtime.Version(), "tables": schemas.Revision},
	}
	m.Ask(p.Destinations)
	if p.pages != nil {
		m.Landed = p.pages.Segments()
	}
	slices.Sort(m.Truncated)
	if c := p.crawl; c != nil {
		m.Skipped, m.Failures = c.walk.skips(), c.walk.failed()
		c.walk.tell(m)
		if err := c.walk.ended(); err != nil {
			m.Stopped = err.Error()
		}
	}
	carryOver(p, m)
	if p.Note != nil {
		p.Note(m)
	}
	l.lost(m)
	if p.Refused != nil {
		m.Dropped = sortRefusals(append(m.Dropped, p.Refused()...))
	}
	for _, request := range m.Truncated {
		p.Notify(Notice{"truncated", "search returned its most, 100 Spaces; there may be more: " + request})
	}
	for _, param := range slices.Sorted(maps.Keys(m.NeverSeen)) {
		p.Notify(Notice{"never-seen", "asked for and never sent: " + param + " " + strings.Join(m.NeverSeen[param], ", ")})
	}
	return m
}

// lost notes in a manifest the pages that could not be read. A run that was done is
// so with gaps.
func (l *loading) lost(m *store.Manifest) {
	m.Missing = slices.DeleteFunc(m.Missing, func(one store.Missing) bool { return one.Kind == schemas.GapDamaged })
	for _, d := range l.damaged {
		e, _, _ := strings.Cut(filepath.Base(d.File), "-")
		m.Missing = append(m.Missing, store.Missing{Endpoint: schemas.Endpoint(e), Member: cmp.Or(d.Page, filepath.Base(d.File)), Kind: schemas.GapDamaged, Reason: d.What})
		l.p.Notify(Notice{"damaged", d.Error()})
	}
	if len(l.damaged) > 0 && m.Run.Outcome == schemas.Done {
		m.Run.Outcome = schemas.DoneWithGaps
	}
}

// carryOver keeps what an earlier manifest of the run knows and landing does
// not: what was refused or skipped while fetching.
func carryOver(p *Pipeline, m *store.Manifest) {
	old, err := p.Store.Manifest(p.Run.RunID)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			p.Notify(Notice{"replaced", "the earlier manifest cannot be read and is written again: " + err.Error()})
		}
		return
	}
	m.Dropped, m.ClosedBy = old.Dropped, old.ClosedBy
	if p.Salvage && old.Run.Pages > m.Run.Pages { // what is damaged is still counted
		m.Landed, m.Run.Pages = old.Landed, old.Run.Pages
	}
	if p.crawl == nil {
		m.Skipped, m.Failures, m.Stopped = old.Skipped, old.Failures, old.Stopped
		m.Asked, m.Came, m.Missing, m.Cut = old.Asked, old.Came, old.Missing, old.Cut
	}
}
