package landing

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Reader reads the landed pages of one run. It cannot change them: a page that
// another process is landing at the time is not seen, or seen whole.
type Reader struct {
	run      string // id
	store    store.Dir
	dir      string // of the run's segments, unless they are joined with others
	decoder  *zstd.Decoder
	manifest bool                     // the run has one
	counted  map[string]store.Segment // by name, as the run's manifest has them
	segments []store.Segment          // as they are, without what is torn
	torn     []Torn
	joined   bool // with the pages of other runs, in a bundle
	salvage  bool // damage is noted and passed over
	damaged  []*DamageError

	mu      sync.Mutex
	pages   map[string]Entry // by page id
	earlier []Entry          // of pages fetched again
}

// ErrNone is a run of which no page has landed here: it has no manifest, or is a
// copy.
var ErrNone = errors.New("no page of the run has landed")

// OpenReader opens the pages of a run. The error is ErrNone, wrapped, where the
// run has none here, and a *DamageError where one that the
// run's manifest counts is missing or cannot be read, or where damage stands
// between pages. What stands torn at the end of a segment, and is counted by no
// manifest, is passed over: see Torn. The caller closes the reader.
func OpenReader(d store.Dir, runID string) (*Reader, error) { return openReader(d, runID, false) }

// OpenSalvage opens what can be read of a run's pages: damage is no error, but
// listed by Damaged, and the next whole page goes on. A page whose body is damaged
// is among the entries: reading it is a *DamageError.
func OpenSalvage(d store.Dir, runID string) (*Reader, error) { return openReader(d, runID, true) }

func openReader(d store.Dir, runID string, salvage bool) (*Reader, error) {
	if err := store.CheckRunID(runID); err != nil {
		return nil, fmt.Errorf("landing: %w", err)
	}
	m, err := d.Manifest(runID)
	if err != nil && !store.Unwritten(err) {
		return nil, fmt.Errorf("landing: %w", err)
	}
	if err == nil {
		return openCounted(d, runID, &m, salvage)
	}
	r, none := openCounted(d, runID, nil, salvage)
	if !errors.Is(none, ErrNone) || errors.Is(err, fs.ErrNotExist) {
		return r, none
	}
	damage := &DamageError{Counted: true, File: filepath.Join(d.Raw(), runID), What: "is missing, and the run's manifest, which counts its pages, is damaged"}
	if !salvage {
		return nil, damage
	}
	if r, err = newReader(d, runID); err == nil {
		r.manifest, r.salvage, r.damaged = true, true, append(r.damaged, damage)
	}
	return r, err
}

// openCounted opens the pages that a manifest counts, nil for a run without one.
func openCounted(d store.Dir, runID string, m *store.Manifest, salvage bool) (*Reader, error) {
	r, err := newReader(d, runID)
	if err != nil {
		return nil, err
	}
	r.manifest, r.salvage = m != nil, salvage
	if m != nil {
		for _, s := range m.Landed {
			r.counted[s.Name] = s
		}
	}
	if err := r.index(d, m); err != nil {
		r.decoder.Close()
		return nil, err
	}
	return r, nil
}

func newReader(d store.Dir, runID string) (*Reader, error) {
	// The frame's own checksum is for other readers: ours is checked before.
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(2*maxLine), zstd.IgnoreChecksum(true))
	if err != nil {
		return nil, fmt.Errorf("landing: %w", err)
	}
	return &Reader{run: runID, store: d, dir: filepath.Join(d.Raw(), runID), decoder: decoder, pages: map[string]Entry{}, counted: map[string]store.Segment{}}, nil
}

// index finds the pages of all segments, and compares them with the manifest.
func (r *Reader) index(d store.Dir, m *store.Manifest) error {
	folder, err := d.Pages(r.run)
	var corrupt *store.CorruptError
	switch missing := errors.Is(err, fs.ErrNotExist); {
	case missing && m != nil && m.Run.Pages == 0:
		return nil // a run that had nothing to ask, whose empty folder was not copied
	case missing && m != nil && d.IsCopy(*m):
		return fmt.Errorf("landing %s: %w here: another store has them", r.dir, ErrNone)
	case missing && m != nil && PrunedRun(d, r.run) != nil:
		return fmt.Errorf("landing: %w", &prunedError{PrunedRun(d, r.run)})
	case missing && m != nil:
		return r.spoilt(&DamageError{File: r.dir, Pages: m.Run.Pages, What: fmt.Sprintf("none of the %d pages that the run's manifest counts is there%s", m.Run.Pages, store.PageBundles.Nor(r.run))})
	case errors.As(err, &corrupt) && m != nil:
		return r.spoilt(&DamageError{File: corrupt.Path, Pages: m.Run.Pages, What: fmt.Sprintf("%v: it can have the %d pages of run %s", corrupt.Err, m.Run.Pages, r.run)})
	case missing:
		return fmt.Errorf("landing %s: %w", r.dir, ErrNone)
	case err != nil:
		return fmt.Errorf("landing: %w", err)
	}
	return r.scanAll(folder, m)
}

// scanAll finds the pages of all segments, and compares them with the manifest.
func (r *Reader) scanAll(folder *store.Folder, m *store.Manifest) error {
	r.joined = folder.Bundle != ""
	for i := range folder.Files { // in the order of their names
		file := &folder.Files[i]
		e, number := segmentOf(file.Name)
		if number == 0 {
			continue // not ours
		}
		last := true
		if i+1 < len(folder.Files) {
			next, _ := segmentOf(folder.Files[i+1].Name)
			last = next != e
		}
		if err := r.scan(e, file, last); err != nil {
			return err
		}
	}
	return r.hold(m)
}

// hold compares what is there with what a manifest counts.
func (r *Reader) hold(m *store.Manifest) error {
	if m == nil {
		return nil
	}
	for _, want := range m.Landed {
		if slices.ContainsFunc(r.segments, func(s store.Segment) bool { return s.Name == want.Name }) {
			continue
		}
		e, _ := segmentOf(want.Name)
		damage := &DamageError{File: filepath.Join(r.dir, want.Name), Endpoint: e, Pages: want.Pages, What: fmt.Sprintf("is missing; the run's manifest counts %d of its pages", want.Pages)}
		if err := r.spoilt(damage); err != nil {
			return err
		}
	}
	there, lacks := len(r.pages), m.Run.Pages-len(r.pages)
	for _, damage := range r.damaged {
		lacks -= damage.Count()
	}
	for ; lacks > 0 && len(r.torn) > 0; lacks-- { // a manifest of before it listed segments
		torn := r.torn[0]
		e, _ := segmentOf(filepath.Base(torn.File))
		damage := &DamageError{File: torn.File, Page: torn.page, Endpoint: e, Pages: 1, What: fmt.Sprintf("is damaged at byte %d, and the run has %d of the %d pages that its manifest counts", torn.At, there, m.Run.Pages)}
		if err := r.spoilt(damage); err != nil {
			return err
		}
		r.torn = r.torn[1:]
	}
	if lacks > 0 {
		return r.spoilt(&DamageError{File: r.dir, Pages: lacks, What: fmt.Sprintf("holds %d of the %d pages that the run's manifest counts", there, m.Run.Pages)})
	}
	return nil
}

// add indexes a page; of two with one id the one fetched later counts.
func (r *Reader) add(e Entry) {
	old, again := r.pages[e.PageID]
	if again && e.FetchedAt.Equal(old.FetchedAt) && e.frame.sum == old.frame.sum && e.frame.rawLen == old.frame.rawLen {
		return // one answer, in a file that was copied
	}
	if again && e.FetchedAt.Before(old.FetchedAt) {
		old, e = e, old
	}
	if again {
		r.earlier = append(r.earlier, old)
	}
	r.pages[e.PageID] = e
}

// landed takes in a page that is on disk.
func (r *Reader) landed(e Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(e)
	name := e.file.Name
	i := slices.IndexFunc(r.segments, func(s store.Segment) bool { return s.Name == name })
	if i < 0 {
		i = len(r.segments)
		r.segments = append(r.segments, store.Segment{Name: name})
	}
	r.segments[i].Pages++
	r.segments[i].Bytes = max(r.segments[i].Bytes, e.frame.at+int64(e.frame.size))
}

// Segments lists the files of pages as they are, by name.
func (r *Reader) Segments() []store.Segment {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedFunc(slices.Values(r.segments), func(a, b store.Segment) int { return cmp.Compare(a.Name, b.Name) })
}

// Len is how many pages there are, those fetched again counted once.
func (r *Reader) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.pages)
}

// Has reports whether a page has landed.
func (r *Reader) Has(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.pages[id]
	return ok
}

// Get reads a landed page; ok is false when it has not landed.
func (r *Reader) Get(id string) (p schemas.Page, ok bool, err error) {
	r.mu.Lock()
	e, ok := r.pages[id]
	r.mu.Unlock()
	if !ok {
		return schemas.Page{}, false, nil
	}
	p, err = r.Read(e)
	return p, true, err
}

// Entries lists the landed pages, newest first; of one time by page id, the last
// first.
func (r *Reader) Entries() []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries := make([]Entry, 0, len(r.pages))
	for _, e := range r.pages {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(b.FetchedAt.Compare(a.FetchedAt), cmp.Compare(b.PageID, a.PageID))
	})
	return entries
}

// Received lists every page in the order received, those fetched again more
// than once: all of them were paid for.
func (r *Reader) Received() []Entry {
	entries := r.Entries()
	r.mu.Lock()
	defer r.mu.Unlock()
	entries = append(entries, r.earlier...)
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(a.FetchedAt.Compare(b.FetchedAt), cmp.Compare(a.PageID, b.PageID))
	})
	return entries
}

// Counts reports whether a page is the one of its id that was fetched last.
func (r *Reader) Counts(e Entry) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pages[e.PageID] == e
}

// Close lets go of what reading takes.
func (r *Reader) Close() error {
	r.decoder.Close()
	return nil
}
