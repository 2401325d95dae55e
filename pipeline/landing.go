package pipeline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// segmentLimit closes a segment, in bytes.
const segmentLimit = 64 << 20

// Landing is the checkpoint of one run: every page as received, in append-only
// segments of zstd frames. A page is done when Put has returned.
//
// A segment is a plain zstd file: decompressed, it is one JSON object per line.
type Landing struct {
	dir, runID string
	torn       tornMode
	step       durable.Step
	encoder    *zstd.Encoder
	decoder    *zstd.Decoder

	mu       sync.Mutex
	pages    map[string]Entry // by page id
	earlier  []Entry          // of pages fetched again
	segments map[schemas.Endpoint]*segment
	full     []*segment
}

// Entry is where a landed page is.
type Entry struct {
	PageID    string
	Endpoint  schemas.Endpoint
	FetchedAt time.Time
	file      string
	frame     frame
}

// Bytes is the length of the page with its envelope, uncompressed.
func (e Entry) Bytes() int64 { return int64(e.frame.rawLen) }

// OpenLanding opens the pages of a run for reading and adding. What a crash
// left of a page that was never synced is cut off. Damage before the end of a
// segment is an error that names the file: it is not a crash's doing.
func OpenLanding(dir, runID string) (*Landing, error) { return openLanding(dir, runID, cutTorn) }

// tornMode says what becomes of a page that a crash tore. Only cutTorn changes
// anything on disk.
type tornMode uint8

const (
	refuseTorn tornMode = iota // it is an error
	passTorn                   // it is passed over
	cutTorn                    // it is cut off
)

// openLanding is OpenLanding with a choice.
func openLanding(dir, runID string, torn tornMode) (*Landing, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, fmt.Errorf("landing: %w", err)
	}
	// The frame's own checksum is for other readers: ours is checked before.
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(2*maxLine), zstd.IgnoreChecksum(true))
	if err != nil {
		return nil, fmt.Errorf("landing: %w", err)
	}
	l := &Landing{
		dir: filepath.Join(dir, runID), runID: runID, encoder: encoder, decoder: decoder,
		pages: map[string]Entry{}, segments: map[schemas.Endpoint]*segment{}, torn: torn,
	}
	if torn == cutTorn {
		err = os.MkdirAll(l.dir, 0o755)
	} else {
		_, err = os.Stat(l.dir)
	}
	if err != nil {
		return nil, fmt.Errorf("landing: %w", err)
	}
	return l, l.index()
}

// index finds the pages of all segments.
func (l *Landing) index() error {
	for _, spec := range schemas.Specs() {
		files, err := filepath.Glob(filepath.Join(l.dir, string(spec.Endpoint)+"-*.ndjson.zst"))
		if err != nil {
			return fmt.Errorf("landing: %w", err)
		}
		slices.Sort(files)
		for i, file := range files {
			frames, size, err := l.scan(file, i == len(files)-1)
			if err != nil {
				return fmt.Errorf("landing %s: %w", file, err)
			}
			for _, f := range frames {
				l.add(Entry{f.pageID, spec.Endpoint, time.UnixMicro(f.fetchedAt).UTC(), file, f})
			}
			if i == len(files)-1 {
				l.segments[spec.Endpoint] = &segment{path: file, number: i + 1, size: size, synced: size}
			}
		}
	}
	return nil
}

// add indexes a page; of two with one id the one fetched later counts.
func (l *Landing) add(e Entry) {
	old, again := l.pages[e.PageID]
	if again && e.FetchedAt.Before(old.FetchedAt) {
		old, e = e, old
	}
	if again {
		l.earlier = append(l.earlier, old)
	}
	l.pages[e.PageID] = e
}

// Has reports whether a page has landed.
func (l *Landing) Has(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.pages[id]
	return ok
}

// Get reads a landed page; ok is false when it has not landed.
func (l *Landing) Get(id string) (p schemas.Page, ok bool, err error) {
	l.mu.Lock()
	e, ok := l.pages[id]
	l.mu.Unlock()
	if !ok {
		return schemas.Page{}, false, nil
	}
	p, err = l.Read(e)
	return p, true, err
}

// Entries lists the landed pages, newest first.
func (l *Landing) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries := make([]Entry, 0, len(l.pages))
	for _, e := range l.pages {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(b.FetchedAt.Compare(a.FetchedAt), cmp.Compare(a.PageID, b.PageID))
	})
	return entries
}

// Received lists every page in the order received, those fetched again more
// than once: all of them were paid for.
func (l *Landing) Received() []Entry {
	entries := l.Entries()
	l.mu.Lock()
	defer l.mu.Unlock()
	entries = append(entries, l.earlier...)
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(a.FetchedAt.Compare(b.FetchedAt), cmp.Compare(a.PageID, b.PageID))
	})
	return entries
}

// counts reports whether a page is the one of its id that was fetched last.
func (l *Landing) counts(e Entry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pages[e.PageID] == e
}

// Put lands a page and returns when it is on disk. One sync may cover the
// pages of several callers. After an error the segment is as it was before.
func (l *Landing) Put(p schemas.Page) error {
	line, headLen, err := envelope(p)
	if err != nil {
		return fmt.Errorf("landing %s: %w", p.ID, err)
	}
	f := frame{pageID: p.ID, fetchedAt: p.FetchedAt.UnixMicro(), rawLen: len(line), headLen: headLen}
	record := f.encode(l.encoder, line)
	for {
		s, err := l.segment(p.Request.Endpoint)
		if err != nil {
			return fmt.Errorf("landing %s: %w", p.ID, err)
		}
		at, full, err := s.append(record, l.step)
		if full {
			continue // another page filled it; the next call opens a new one
		}
		if err == nil {
			err = s.sync(at+int64(len(record)), l.step)
		}
		if err != nil {
			return fmt.Errorf("landing %s: %w", s.path, durable.Cause(err))
		}
		f.at = at
		l.mu.Lock()
		l.add(Entry{p.ID, p.Request.Endpoint, time.UnixMicro(f.fetchedAt).UTC(), s.path, f})
		l.mu.Unlock()
		return nil
	}
}

// envelope is the page's line and the length of what stands before its body.
// The body stays as received, but for line breaks between its values.
func envelope(p schemas.Page) (line []byte, headLen int, err error) {
	body := p.Body
	if len(body) == 0 {
		body = json.RawMessage("null")
	}
	if bytes.IndexByte(body, '\n') >= 0 {
		var compact bytes.Buffer
		if err := json.Compact(&compact, body); err != nil {
			return nil, 0, err
		}
		body = compact.Bytes()
	}
	p.Body = json.RawMessage("null")
	head, err := json.Marshal(p)
	if err != nil {
		return nil, 0, err
	}
	const tail = "null}"
	if !bytes.HasSuffix(head, []byte(`"body":`+tail)) {
		return nil, 0, errors.New("body is not the last key of the envelope")
	}
	headLen = len(head) - len(tail)
	line = make([]byte, 0, headLen+len(body)+2)
	line = append(append(append(line, head[:headLen]...), body...), "}\n"...)
	return line, headLen, nil
}

// segment returns the segment that takes the endpoint's next page.
func (l *Landing) segment(e schemas.Endpoint) (*segment, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.segments[e]
	if s != nil && s.takes() {
		return s, s.open()
	}
	number := 1
	if s != nil {
		number = s.number + 1
		s.retire()
		l.full = append(l.full, s)
	}
	s = &segment{path: filepath.Join(l.dir, fmt.Sprintf("%s-%05d.ndjson.zst", e, number)), number: number}
	if err := s.open(); err != nil {
		return nil, err
	}
	l.segments[e] = s
	return s, durable.SyncDir(l.dir)
}

// Close closes the segments. Every page that was put is on disk already.
func (l *Landing) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, s := range l.segments {
		errs = append(errs, s.close())
	}
	for _, s := range l.full {
		errs = append(errs, s.close())
	}
	l.decoder.Close()
	return errors.Join(append(errs, l.encoder.Close())...)
}
