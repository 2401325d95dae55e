package health

import (
	"encoding/json"
	"errors"
	"hash/crc32"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// notesFile is runs.ndjson: what an overview keeps of each run, a line each, so that
// who looks at a store of a hundred thousand runs reads the manifests of the newest
// only. It is derived: without a line for it, or where its files are not those that
// the line was made of, a run is read as if there were no such file. It is only
// appended to, and the last line of a run counts.
const notesFile = "runs.ndjson"

// notesVersion is what a line begins with; another one is not read.
const notesVersion = "1 "

// note is what is known of a run of which nothing was found wrong. In the file it is
// between tabs: how the run's files were, those of Parquet, and the rest.
type note struct {
	seen  seen
	names []string // of the files of pages
	files partList

	notedRun
	Open      bool                `json:"open,omitempty"` // it has no manifest
	Content   string              `json:"content,omitempty"`
	To        []string            `json:"tables,omitempty"` // destinations
	Rows      int64               `json:"rows,omitempty"`
	Spaces    int64               `json:"spaces,omitempty"` // rows
	Missing   map[schemas.Gap]int `json:"missing,omitempty"`
	Cut       int                 `json:"cut,omitempty"`
	Closed    bool                `json:"closed,omitempty"`
	Truncated int                 `json:"truncated,omitempty"`
	Drift     int                 `json:"drift,omitempty"`
	Errors    int                 `json:"errors,omitempty"`
	Pages     int                 `json:"pages,omitempty"`  // landed
	Landed    int64               `json:"landed,omitempty"` // bytes of these on disk
	Stored    int64               `json:"stored,omitempty"` // bytes of all Parquet files
	// All: when the line was written, no run was left to be noted.
	All bool `json:"all,omitempty"`
}

// notedRun is what an overview needs of a run.
type notedRun struct {
	RunID     string          `json:"id"`
	Job       string          `json:"job,omitempty"`
	PlanHash  string          `json:"plan,omitempty"`
	StartedAt time.Time       `json:"from,omitzero"`
	EndedAt   time.Time       `json:"to,omitzero"`
	Outcome   schemas.Outcome `json:"outcome,omitempty"`
	Counted   int             `json:"counted,omitempty"` // pages
}

// stands reports whether the run is as it was when it was noted.
func (n *note) stands(bundles *store.Bundles, d store.Dir) bool {
	now, err := seenOf(bundles, d, n.RunID, n.names)
	return err == nil && n.seen == now
}

// good reports whether a line can be one of ours: its names lead nowhere else.
func (n *note) good() bool {
	ours := store.CheckRunID(n.RunID) == nil && n.Pages >= 0 && n.Rows >= 0 && n.files.each(func(listed) {})
	for _, name := range n.names {
		ours = ours && isPageFile(name)
	}
	return ours
}

// isPageFile reports whether a name is one of a file of pages.
func isPageFile(name string) bool {
	return strings.HasSuffix(name, ".ndjson.zst") && !strings.ContainsAny(name, "/\\ \t\n") && !strings.HasPrefix(name, ".")
}

// view is what an overview keeps of the run.
func (n *note) view() *runView {
	v := &runView{id: n.RunID, bytes: n.Landed, to: n.To}
	v.run = schemas.Run{RunID: n.RunID, Job: n.Job, PlanHash: n.PlanHash, StartedAt: n.StartedAt, EndedAt: n.EndedAt, Outcome: n.Outcome, Pages: n.Counted}
	if n.Open {
		v.err = fs.ErrNotExist
		return v
	}
	v.content, v.pages, v.rows, v.spaces, v.cut, v.closed = n.Content, n.Counted, n.Rows, n.Spaces, n.Cut, n.Closed
	v.missing, v.truncated, v.drift, v.errors = n.Missing, n.Truncated, n.Drift, n.Errors
	return v
}

// Notes are what the ends of runs have noted of a store's runs.
type Notes struct {
	of    map[string]*note
	files *store.Bundles
	lines int
	bytes int64 // of the lines: what comes behind is torn
}

// mostNotes bounds the file, in bytes: that is a million runs.
const mostNotes = 1 << 30

// castagnoli is what the checksums of lines are made with: they tell torn ones.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ReadNotes reads them. A line that is not what was written is left out.
func ReadNotes(d store.Dir) *Notes {
	all := &Notes{of: map[string]*note{}, files: store.NewBundles(d)}
	whole, err := durable.ReadFile(d.File(notesFile), mostNotes)
	if err != nil {
		return all // nothing is noted
	}
	lines := strings.SplitAfter(string(whole), "\n")
	lines = lines[:len(lines)-1] // what comes behind the last end of a line is torn
	all.lines = len(lines)
	for _, line := range slices.Backward(lines) {
		all.bytes += int64(len(line))
		if all.of[idOf(line)] != nil {
			continue // the last line of a run counts
		}
		if n := parseNote(strings.TrimSuffix(line, "\n")); n != nil && all.of[n.RunID] == nil {
			all.of[n.RunID] = n
		}
	}
	return all
}

// idOf is the id of the run that a line is of, where it is one of ours.
func idOf(line string) string {
	_, rest, _ := strings.Cut(line, "\t{\"id\":\"")
	id, _, _ := strings.Cut(rest, "\"")
	return id
}

// parseNote reads a line; nil is what is none.
func parseNote(line string) *note {
	body, ours := strings.CutPrefix(line, notesVersion)
	sum, body, _ := strings.Cut(body, " ")
	if !ours || sum != sumOf(body) {
		return nil
	}
	was, rest, _ := strings.Cut(body, "\t")
	files, rest, _ := strings.Cut(rest, "\t")
	n := &note{seen: seen(was), names: seen(was).names(), files: partList(files)}
	if json.Unmarshal([]byte(rest), n) != nil || !n.good() {
		return nil
	}
	return n
}

// line is the note as the file has it.
func (n *note) line() []byte {
	rest, err := json.Marshal(n)
	if err != nil {
		panic(err) // text and numbers always marshal
	}
	body := string(n.seen) + "\t" + string(n.files) + "\t" + string(rest)
	return []byte(notesVersion + sumOf(body) + " " + body + "\n")
}

func sumOf(body string) string {
	return strconv.FormatUint(uint64(crc32.Checksum([]byte(body), castagnoli)), 16)
}

// noted is the note of a run that is as it was, nil without one.
func (all *Notes) noted(d store.Dir, id string) *note {
	if n := all.of[id]; n != nil && n.stands(all.files, d) {
		return n
	}
	return nil
}

// Largest is what the files of the run that has most take, in bytes.
func (all *Notes) Largest(d store.Dir, runs []string) (largest int64) {
	for _, id := range runs {
		if n := all.of[id]; n != nil {
			largest = max(largest, n.Stored)
		} else if m, err := d.Manifest(id); err == nil {
			largest = max(largest, bytesOf(m.Files))
		}
	}
	return largest
}

// Parts are the Parquet files with the rows of the runs, each once, of a run that is noted
// without their checksums. The last of them is of the newest of these runs.
func (all *Notes) Parts(d store.Dir, runs []string) (parts []schemas.Part, err error) {
	where, err := store.ReadWhere(d)
	if err != nil {
		return nil, err
	}
	pruned, err := landing.ReadPruned(d)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	add := func(id string, part schemas.Part) {
		j := where.Joined(part.Table, id)
		switch {
		case j == nil && part.Rows > 0 && !MayBeGone(d, pruned, id, part):
			parts = append(parts, part)
		case j != nil && !seen[j.Path]:
			parts, seen[j.Path] = append(parts, j.Part), true
		}
	}
	for _, id := range runs {
		if n := all.noted(d, id); n != nil {
			if slices.Contains(n.To, store.ParquetFiles) {
				n.files.each(func(one listed) {
					add(id, schemas.Part{Table: one.table, Path: one.path(id), Rows: one.rows, Bytes: one.bytes})
				})
			}
			continue
		}
		m, err := d.Manifest(id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // not at its end
		}
		if err != nil {
			return nil, err
		}
		if m.LoadsTo(store.ParquetFiles) {
			for _, part := range m.Files {
				add(id, part)
			}
		}
	}
	return parts, nil
}

func bytesOf(parts []schemas.Part) (sum int64) {
	for _, part := range parts {
		sum += part.Bytes
	}
	return sum
}
