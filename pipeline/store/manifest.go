package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Manifest is the receipt of a run, written last. What it does not list does
// not exist. It holds no secret.
type Manifest struct {
	Run       schemas.Run                      `json:"run"`
	Stopped   string                           `json:"stopped,omitempty"` // why the run ended early
	Plan      Plan                             `json:"plan"`
	Endpoints map[schemas.Endpoint]EndpointUse `json:"endpoints"`
	Tables    []TableRows                      `json:"tables"`
	Files     []schemas.Part                   `json:"files"` // Path is relative to the Parquet folder
	// Content is the checksum of what was landed, see landing.Content:
	// equal contents, equal rows, wherever and however often one version of the
	// program loads them.
	// Manifests before it have none.
	Content string `json:"content,omitempty"`
	// Copy is a run whose plan and pages are in another store, of which it was
	// loaded into this one.
	Copy bool `json:"copy,omitempty"`
	// Landed are the files of pages that were counted.
	Landed []Segment `json:"landed,omitempty"`
	// Destinations are those that the run was asked to load; whether they have
	// it, they say themselves. Manifests before it have the next two only.
	Destinations []string `json:"destinations,omitempty"`
	Parquet      bool     `json:"parquet"`  // parquet is a destination: the files were kept
	Database     bool     `json:"database"` // duckdb is one: they were merged into the database
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
	// Asked and Came count what was asked for and what was answered, by endpoint:
	// ids and names, searches, and Spaces whose tweets or buyers were asked for.
	Asked map[schemas.Endpoint]int `json:"asked,omitempty"`
	Came  map[schemas.Endpoint]int `json:"came,omitempty"`
	// Missing is what was asked for and did not come.
	Missing []Missing `json:"missing,omitempty"`
	// Cut are collections whose pages did not come to an end.
	Cut []Cut `json:"cut,omitempty"`
	// ClosedBy is the run that asks for what this one had left, or Abandoned: the
	// run stopped early and does not go on.
	ClosedBy string `json:"closed_by,omitempty"`
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

// Abandoned is the ClosedBy of a run that was given up.
const Abandoned = "abandoned"

// Ended reports whether a run cannot go on: it is complete, closed, or stopped
// before its first page.
func (m *Manifest) Ended() bool {
	return m.Run.Outcome.Complete() || m.ClosedBy != "" || m.Run.Pages == 0
}

// Missing is something that was asked for and did not come.
type Missing struct {
	Endpoint schemas.Endpoint `json:"endpoint"`
	Member   string           `json:"member"` // id, name or query
	Kind     schemas.Gap      `json:"kind"`
	Reason   string           `json:"reason,omitempty"`
	// Known: it had been there before, or nobody asked for it by name, so that
	// its absence is a fact and no gap.
	Known bool `json:"known,omitempty"`
}

// Cut is a collection that was left before its end.
type Cut struct {
	Request schemas.Request `json:"request"` // of its first page
	Pages   int             `json:"pages"`   // that came
	Reason  string          `json:"reason"`
}

// Gaps counts what is missing by kind, without what is known to be gone.
func (m *Manifest) Gaps() map[schemas.Gap]int {
	gaps := map[schemas.Gap]int{}
	for _, missing := range m.Missing {
		if !missing.Known {
			gaps[missing.Kind]++
		}
	}
	return gaps
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

// Segment is a file of landed pages as far as it was counted.
type Segment struct {
	Name  string `json:"name"` // in the run's folder of pages
	Pages int    `json:"pages"`
	Bytes int64  `json:"bytes"`
}

// Failure is a request that could not be answered.
type Failure struct {
	Request schemas.Request `json:"request"`
	Error   string          `json:"error"`
}

// Refusal is a field or expansion that the server refused and that was left
// out from then on.
type Refusal struct {
	Param  string `json:"param"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
	// Data is the kind of data whose endpoints do without an expansion; empty of
	// fields, which are left out everywhere.
	Data schemas.Object `json:"data,omitempty"`
}

// The names of destinations in the store's folder.
const (
	ParquetFiles = "parquet"
	DuckDBFile   = "duckdb"
	// LatestFiles are made of the database after a run, which does not note them.
	LatestFiles = "latest"
)

// inFolder are the destinations in the store's folder.
var inFolder = []string{ParquetFiles, DuckDBFile, LatestFiles}

// InFolder reports whether a destination stands in the store's folder.
func InFolder(destination string) bool { return slices.Contains(inFolder, destination) }

// InOrder lists destinations once each: those in the store's folder, then others by name.
func InOrder(destinations []string) []string {
	others := slices.Clone(destinations)
	slices.Sort(others)
	others = slices.DeleteFunc(slices.Compact(others), InFolder)
	return append(slices.DeleteFunc(slices.Clone(inFolder), func(name string) bool { return !slices.Contains(destinations, name) }), others...)
}

// Ask notes the destinations that a run is asked to load.
func (m *Manifest) Ask(destinations []string) {
	m.Destinations = destinations
	m.Parquet = slices.Contains(destinations, ParquetFiles)
	m.Database = slices.Contains(destinations, DuckDBFile)
}

// To are the destinations that the run was asked to load, in order.
func (m *Manifest) To() []string {
	if m.Destinations == nil {
		return slices.DeleteFunc(slices.Clone(inFolder), func(name string) bool { return !m.LoadsTo(name) })
	}
	return InOrder(m.Destinations)
}

// LoadsTo reports whether the run was asked to load a destination.
func (m *Manifest) LoadsTo(destination string) bool {
	if m.Destinations == nil {
		return destination == ParquetFiles && m.Parquet || destination == DuckDBFile && m.Database
	}
	return slices.Contains(m.Destinations, destination)
}

// Seal fills in the checksums, of the plan as a store has it, too.
func (m *Manifest) Seal(d Dir) error {
	plan, _, err := ReadRunFile(d, m.Run.RunID, planFile)
	if err != nil {
		return fmt.Errorf("run %s: %w", m.Run.RunID, err)
	}
	sum := sha256.Sum256(plan)
	m.PlanSHA256 = hex.EncodeToString(sum[:])
	m.Checksum, err = m.checksum()
	return err
}

func (m Manifest) checksum() (string, error) {
	m.Checksum = ""
	sum := Checksum(m)
	if sum == "" {
		return "", fmt.Errorf("run %s: the manifest cannot be written as JSON", m.Run.RunID)
	}
	return sum, nil
}

// Text is the manifest as its file has it; whole is whether its checksum holds.
func (m Manifest) Text() (text []byte, whole bool, err error) {
	sum, err := m.checksum()
	if err != nil {
		return nil, false, err
	}
	text, err = marshal(m)
	return text, sum == m.Checksum, err
}

// Repeats reports whether a manifest, made from the same pages, says of them
// and of the files made of them what an earlier one does. By whom it was made,
// for which destinations, by whom the run was closed, and what manifests did not
// say in earlier versions makes no difference. Nothing repeats a manifest that is damaged.
func (m Manifest) Repeats(earlier Manifest) bool {
	m.Versions, m.PlanSHA256, m.Copy, m.ClosedBy = earlier.Versions, earlier.PlanSHA256, earlier.Copy, earlier.ClosedBy
	m.Destinations, m.Parquet, m.Database = earlier.Destinations, earlier.Parquet, earlier.Database
	if earlier.Content == "" {
		m.Content, m.Landed = "", nil
	}
	// Earlier versions made files without rows.
	none := func(p schemas.Part) bool { return p.Rows == 0 }
	if slices.Equal(slices.DeleteFunc(slices.Clone(m.Files), none), slices.DeleteFunc(slices.Clone(earlier.Files), none)) {
		m.Files = earlier.Files
	}
	sum, err := m.checksum()
	_, whole, earlierErr := earlier.Text()
	return err == nil && earlierErr == nil && whole && sum == earlier.Checksum
}

// elsewhere reports whether a manifest tells of the same pages as an earlier one
// and of other destinations: the files that the earlier one lists stay as they
// are, and the destination says itself what it has.
func (m *Manifest) elsewhere(earlier Manifest) bool {
	return earlier.LoadsTo(ParquetFiles) && !m.LoadsTo(ParquetFiles) && m.Content == earlier.Content && m.Run.Outcome == earlier.Run.Outcome
}

// Close notes in a run's manifest that it does not go on: by is the run that asks
// for what this one had left, or Abandoned.
func (l *Locked) Close(runID, by string) (*Manifest, error) {
	m, err := l.Manifest(runID)
	if err != nil {
		return nil, err
	}
	m.ClosedBy = by
	if m.Checksum, err = m.checksum(); err != nil {
		return nil, fmt.Errorf("run %s: %w", runID, err)
	}
	return &m, WriteJSON(l.RunFile(runID, "manifest.json"), m, nil)
}

// WriteManifest writes the receipt of a run, unless the one that is there says
// the same: a manifest is written once. Another one takes its place where the run
// went on, or where another version of the program has made other files of its
// pages. It returns the one that stands.
func (l *Locked) WriteManifest(m *Manifest, step durable.Step) (_ *Manifest, err error) {
	path := l.RunFile(m.Run.RunID, "manifest.json")
	earlier, err := l.Manifest(m.Run.RunID)
	switch {
	case err == nil && (m.Repeats(earlier) || m.elsewhere(earlier)):
		return &earlier, l.latest(step)
	case err == nil: // what it was asked for once, it still is
		m.Ask(InOrder(append(m.To(), earlier.To()...)))
		m.Checksum, err = m.checksum()
	case Unwritten(err):
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", m.Run.RunID, err)
	}
	if err := noteFolders(l, m.Files); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fmt.Errorf("run %s: %w", m.Run.RunID, err)
	}
	if err := WriteJSON(path, m, step); err != nil {
		return nil, err
	}
	return m, l.latest(step)
}
