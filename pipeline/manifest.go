package pipeline

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// Manifest is the receipt of a run, written last. What it does not list does
// not exist. It holds no secret.
type Manifest struct {
	Run       schemas.Run                      `json:"run"`
	Stopped   string                           `json:"stopped,omitempty"` // why the run ended early
	Plan      Plan                             `json:"plan"`
	Endpoints map[schemas.Endpoint]EndpointUse `json:"endpoints"`
	Tables    []TableRows                      `json:"tables"`
	Files     []schemas.Part                   `json:"files"`    // Path is relative to the Parquet folder
	Parquet   bool                             `json:"parquet"`  // whether the files were kept or only fed the database
	Database  bool                             `json:"database"` // whether they were merged into the database
	// Dropped are the fields and expansions the server refused.
	Dropped []Refusal `json:"dropped"`
	// NeverSeen are fields that were asked for and that no object had, by
	// parameter.
	NeverSeen map[string][]string `json:"never_seen"`
	// Drift counts API keys that no column takes, by object and path; their
	// values are in the extras columns.
	Drift map[string]int `json:"drift"`
	// Errors counts the rows of api_errors by kind and problem.
	Errors map[string]int `json:"errors"`
	// Truncated are searches that returned as many rows as the API gives at
	// most: there may be more Spaces that match.
	Truncated []string `json:"truncated"`
	// Skipped counts what was not asked for, by reason.
	Skipped    map[string]int    `json:"skipped"`
	Failures   []Failure         `json:"failures"`
	Repaired   int               `json:"repaired"`   // characters replaced by U+FFFD
	Unreadable int               `json:"unreadable"` // values that became NULL
	Versions   map[string]string `json:"versions"`
	// PlanSHA256 is the hash of the run's plan.json, Checksum that of this
	// manifest as its file has it, with an empty checksum.
	PlanSHA256 string `json:"plan_sha256"`
	Checksum   string `json:"checksum"`
}

// seal fills in the checksum.
func (m *Manifest) seal() error {
	m.Checksum = ""
	text, err := marshal(m)
	sum := sha256.Sum256(text)
	m.Checksum = hex.EncodeToString(sum[:])
	return err
}

// EndpointUse is what one endpoint took.
type EndpointUse struct {
	Pages    int   `json:"pages"`
	Requests int   `json:"requests"` // attempts, retries included
	WaitedMS int64 `json:"waited_ms"`
	Bytes    int64 `json:"bytes"`
}

// TableRows is the number of rows of a table in a run.
type TableRows struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
}

// tally counts what the manifest tells of the landed pages.
type tally struct {
	endpoints map[schemas.Endpoint]EndpointUse
	asked     map[schemas.Object]map[string]bool
	errors    map[string]int
	truncated []string
	run       schemas.Run
}

func newTally(run schemas.Run) *tally {
	return &tally{
		endpoints: map[schemas.Endpoint]EndpointUse{}, asked: map[schemas.Object]map[string]bool{},
		errors: map[string]int{}, truncated: []string{}, run: run,
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
				name = string([]byte(problems.Value(i)))
			}
			t.errors[kinds.Value(i)+" "+name]++
		}
	case schemas.PageObject:
		t.searches(b)
	}
}

func (t *tally) searches(b schemas.Batch) {
	endpoints := b.Record.Column(b.Table.Column("endpoint")).(*array.String)
	requests := b.Record.Column(b.Table.Column("request")).(*array.String)
	counts := b.Record.Column(b.Table.Column("data_count")).(*array.Int64)
	for i := range endpoints.Len() {
		if endpoints.Value(i) == string(schemas.Search) && counts.IsValid(i) && counts.Value(i) >= schemas.MaxResults {
			t.truncated = append(t.truncated, string([]byte(requests.Value(i))))
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
		for key, n := range s.Drift {
			sum.Drift[key] += n
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
func tableRows(parts []schemas.Part) []TableRows {
	sum := map[string]int64{}
	for _, part := range parts {
		sum[part.Table] += part.Rows
	}
	var rows []TableRows
	for _, t := range schemas.Tables() {
		rows = append(rows, TableRows{t.Name, sum[t.Name]})
	}
	return rows
}

func sortRefusals(refused []Refusal) []Refusal {
	refused = slices.Clone(refused)
	slices.SortFunc(refused, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(a.Param, b.Param), cmp.Compare(a.Value, b.Value))
	})
	return refused
}

// manifest makes the receipt of what was loaded.
func (p *Pipeline) manifest(t *tally, stats transform.Stats, parts []schemas.Part) *Manifest {
	m := &Manifest{
		Run: p.Run, Plan: p.Plan, Endpoints: t.endpoints, Tables: tableRows(parts), Files: parts, Parquet: p.KeepsFiles, Database: len(p.Publish) > 0,
		Dropped: []Refusal{}, NeverSeen: t.neverSeen(stats.Seen), Drift: stats.Drift, Errors: t.errors,
		Truncated: t.truncated, Skipped: p.walk.skips(), Failures: append([]Failure{}, p.walk.failures...),
		Repaired: stats.Repaired, Unreadable: stats.Unreadable,
		Versions: map[string]string{"spacesetl": p.Run.Version, "go": runtime.Version()},
	}
	slices.Sort(m.Truncated)
	p.carryOver(m)
	if err := p.walk.ended(); err != nil {
		m.Stopped = err.Error()
	}
	if p.Refused != nil {
		m.Dropped = sortRefusals(append(m.Dropped, p.Refused()...))
		m.Dropped = slices.Compact(m.Dropped)
	}
	for _, request := range m.Truncated {
		p.Notify(Notice{"truncated", "search returned its most, 100 Spaces; there may be more: " + request})
	}
	for _, param := range slices.Sorted(maps.Keys(m.NeverSeen)) {
		p.Notify(Notice{"never-seen", "asked for and never sent: " + param + " " + strings.Join(m.NeverSeen[param], ", ")})
	}
	return m
}

// carryOver keeps what an earlier manifest of the run knows and landing does
// not: what was refused or skipped while fetching.
func (p *Pipeline) carryOver(m *Manifest) {
	old, err := p.Store.Manifest(p.Run.RunID)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			p.Notify(Notice{"replaced", "the earlier manifest cannot be read and is written again: " + err.Error()})
		}
		return
	}
	m.Dropped = old.Dropped
	if !p.walk.started {
		m.Skipped, m.Failures, m.Stopped = old.Skipped, old.Failures, old.Stopped
	}
}
