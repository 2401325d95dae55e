package health

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// Verification is what was looked at in a store, and what is wrong with it.
type Verification struct {
	Runs    int                                   `json:"runs"`
	Noted   int                                   `json:"noted,omitempty"` // of these: were as they were when they were noted
	Pages   int                                   `json:"pages"`
	Bytes   int64                                 `json:"bytes"` // of pages, uncompressed
	Leaves  map[schemas.Endpoint]transform.Leaves `json:"leaves"`
	Files   int                                   `json:"files"`
	Tables  int                                   `json:"tables"` // compared with tables made anew
	Damaged int                                   `json:"damaged_pages"`
	// Before are runs that were proved before, and BeforeFiles joined files: they are as
	// they were then, by size and time. Others are runs that were not asked for.
	Before      int    `json:"proved_before"`
	BeforeFiles int    `json:"files_proved_before,omitempty"`
	Others      int    `json:"not_asked_for"`
	Database    string `json:"database"` // whether it was compared, or why not
	// Forgotten is why what was proved is not remembered.
	Forgotten string `json:"not_remembered,omitempty"`
	// Pruned is of how many runs the pages are not there since they were old.
	Pruned int `json:"pruned,omitempty"`
	// LastSeen are rows of the database that were last seen in runs of which neither pages
	// nor Parquet files are there.
	LastSeen int64 `json:"rows_of_pruned_runs,omitempty"`
	// Older are runs that a version loaded which made other rows of their pages.
	Older    []string `json:"older,omitempty"`
	Problems []string `json:"problems"`
	// Notes are what was seen and is no problem.
	Notes []string `json:"notes,omitempty"`
}

// Wrong notes a problem.
func (v *Verification) Wrong(format string, args ...any) {
	v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
}

// Add takes in what was looked at elsewhere.
func (v *Verification) Add(more *Verification) {
	v.Runs += more.Runs
	v.Pages += more.Pages
	v.Bytes += more.Bytes
	v.Files += more.Files
	v.Tables += more.Tables
	v.Damaged += more.Damaged
	v.Before += more.Before
	v.BeforeFiles += more.BeforeFiles
	v.Others += more.Others
	v.Pruned += more.Pruned
	v.Older = append(v.Older, more.Older...)
	v.Problems = append(v.Problems, more.Problems...)
	v.Notes = append(v.Notes, more.Notes...)
	for e, leaves := range more.Leaves {
		v.found(e, leaves)
	}
}

// found counts values of pages.
func (v *Verification) found(e schemas.Endpoint, leaves transform.Leaves) {
	if v.Leaves == nil {
		v.Leaves = map[schemas.Endpoint]transform.Leaves{}
	}
	sum := v.Leaves[e]
	sum.Seen += leaves.Seen
	sum.Found += leaves.Found
	v.Leaves[e] = sum
}

// damaged notes pages that cannot be read.
func (v *Verification) damaged(damage *landing.DamageError) {
	v.Damaged += damage.Count()
	v.Wrong("%v", damage)
}

// VerifyPages reads the landed pages of a run: checksums, envelopes, JSON, and that
// every value of a body is found in the rows made of it. With every above 1 only
// each every-th page is decoded; all checksums are verified all the same. With 0 only
// the checksums of what is on disk are compared, and nothing is unpacked. It
// changes nothing.
func VerifyPages(ctx context.Context, v *Verification, d store.Dir, runID string, every int) error {
	pages, err := landing.OpenSalvage(d, runID)
	var pruned *landing.PrunedError
	if errors.As(err, &pruned) {
		v.Pruned++
	}
	if errors.Is(err, landing.ErrNone) {
		return nil // killed before its first page
	}
	if err != nil {
		v.Wrong("%v", err)
		return nil
	}
	defer pages.Close()
	for _, damage := range pages.Damaged() {
		v.damaged(damage)
	}
	for _, torn := range pages.Torn() {
		v.Notes = append(v.Notes, torn.String()+": the next run of the job cuts it off and asks again")
	}
	decoder := transform.NewDecoder()
	var buffers landing.Buffers
	for i, e := range pages.Received() {
		if err := ctx.Err(); err != nil {
			return err
		}
		var page schemas.Page
		var err error
		if every == 0 {
			err = pages.Check(e, &buffers)
		} else {
			page, err = pages.ReadInto(e, &buffers)
		}
		var damage *landing.DamageError
		if errors.As(err, &damage) {
			v.damaged(damage)
			continue
		}
		if err != nil {
			v.Wrong("%v", err)
			continue
		}
		v.Pages++
		v.Bytes += e.Bytes()
		if every == 0 {
			continue
		}
		if page.ID != e.PageID || page.Request.ID() != page.ID || page.RunID != runID || !json.Valid(page.Body) {
			v.Wrong("landing %s, page %s: the envelope is not that of its page", e.File(), e.PageID)
			continue
		}
		if i%every == 0 {
			v.leaves(decoder, page, e)
		}
	}
	return nil
}

// leaves looks for the values of a page in its rows.
func (v *Verification) leaves(d *transform.Decoder, page schemas.Page, e landing.Entry) {
	if page.Text != "" {
		return // a refusal that was not JSON
	}
	leaves, err := d.Lossless(page)
	if err != nil {
		v.Wrong("landing %s: %v", e.File(), err)
		return
	}
	v.found(e.Endpoint, leaves)
	if leaves.Lost != "" {
		v.Wrong("landing %s, page %s: no row has %s", e.File(), e.PageID, leaves.Lost)
	}
}

// VerifyFiles compares the files of a run with its manifest: all there, of the
// right size and SHA-256. Runs that have not come to their end have none.
// Where rows are joined with those of other runs, the joined files are not looked at.
func VerifyFiles(ctx context.Context, v *Verification, d store.Dir, where store.Where, pruned landing.Pruned, runID string) (*store.Manifest, error) {
	m, err := d.Manifest(runID)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		v.Wrong("%v", err)
		return nil, nil
	}
	receipts(v, d, m)
	if !m.LoadsTo(store.ParquetFiles) {
		return &m, nil
	}
	for _, part := range m.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if where.Joined(part.Table, runID) != nil || MayBeGone(d, pruned, runID, part) {
			continue
		}
		if err := store.CheckPart(filepath.Join(d.Parquet(), filepath.FromSlash(part.Path)), part); err != nil {
			v.Wrong("%v", err)
			continue
		}
		v.Files++
	}
	return &m, nil
}

// Seen is how the files of a run, but those of Parquet, are by size and time, as a text:
// whoever changes one gives it another time.
func Seen(bundles *store.Bundles, d store.Dir, runID string) (string, error) {
	var names []string
	pages, err := bundles.Pages(runID)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err == nil {
		for _, file := range pages.Files {
			if isPageFile(file.Name) {
				names = append(names, file.Name)
			}
		}
	}
	was, err := seenOf(bundles, d, runID, names)
	return string(was), err
}

// MayBeGone reports whether a file of a run is not there, and that is no loss: it had no
// rows, as earlier versions wrote some, or was pruned.
func MayBeGone(d store.Dir, pruned landing.Pruned, runID string, part schemas.Part) bool {
	if part.Rows > 0 && !pruned.Tableless(part.Table, runID) {
		return false
	}
	_, err := os.Lstat(filepath.Join(d.Parquet(), filepath.FromSlash(part.Path)))
	return errors.Is(err, fs.ErrNotExist)
}

// VerifyTables compares a run's manifest and the files it lists with those made
// anew from its pages.
func VerifyTables(v *Verification, d store.Dir, m, again *store.Manifest) {
	listed := map[string]schemas.Part{}
	for _, part := range m.Files {
		listed[part.Path] = part
	}
	for _, part := range again.Files {
		old, ok := listed[part.Path]
		switch {
		case !ok && part.Rows == 0:
		case !ok:
			v.Wrong("run %s: made anew, %s has %d rows in a file that is not listed", m.Run.RunID, part.Table, part.Rows)
		case old.Rows != part.Rows || old.SHA256 != part.SHA256:
			v.Wrong("run %s: made anew, %s has %d rows, SHA-256 %.12s…; listed %d, %.12s…", m.Run.RunID, part.Table, part.Rows, part.SHA256, old.Rows, old.SHA256)
		default:
			v.Tables++
		}
	}
	if !again.Repeats(*m) {
		v.Wrong("%s: is not the receipt of the run's pages", d.RunFile(m.Run.RunID, "manifest.json"))
	}
}

// receipts compares the manifest and the plan with their checksums.
func receipts(v *Verification, d store.Dir, m store.Manifest) {
	text, path, readErr := store.ReadRunFile(d, m.Run.RunID, "manifest.json")
	again, whole, err := m.Text()
	if readErr != nil || err != nil || !whole || string(again) != string(text) {
		v.Wrong("%s: is not what was written", path)
	}
	if err := d.CheckPlan(m); err != nil {
		v.Wrong("%v", err)
	}
}
