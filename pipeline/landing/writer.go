package landing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// segmentLimit closes a segment, in bytes.
const segmentLimit = 64 << 20

// Writer lands the pages of one run, beside reading them: every page as
// received, in append-only segments of zstd frames. A page is done when Put has
// returned.
//
// A segment is a plain zstd file: decompressed, it is one JSON object per line.
type Writer struct {
	*Reader
	// Cut is what was torn and is cut off: pages that were never synced.
	Cut []Torn

	step    durable.Step
	release func() // of the run's pages
	encoder *zstd.Encoder

	opening sync.Mutex
	closed  bool
	current map[schemas.Endpoint]*segment // the last of each
	full    []*segment                    // those before it that were written to
}

// Open opens the pages of a run for reading and adding, with the store's lock in
// hand and one writer of a run at a time: another Open of it is an error until
// Close. What a crash left of a page that was never synced, and that no manifest
// counts, is cut off. Other damage is a *DamageError: it is not a crash's doing.
func Open(l *store.Locked, runID string, step durable.Step) (_ *Writer, err error) {
	release, err := l.Claim(runID)
	if err != nil {
		return nil, fmt.Errorf("landing: %w", err)
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	reader, err := OpenReader(l.Dir, runID)
	if errors.Is(err, ErrNone) {
		if err := makeFolder(l.Dir, runID); err != nil {
			return nil, fmt.Errorf("landing: %w", err)
		}
		reader, err = OpenReader(l.Dir, runID)
	}
	if err == nil && reader.joined {
		err = errors.Join(fmt.Errorf("landing: the pages of run %s are joined with those of others: none can be added", runID), reader.Close())
	}
	if err != nil {
		return nil, err
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, fmt.Errorf("landing: %w", err)
	}
	w := &Writer{Reader: reader, Cut: reader.torn, step: step, release: release, encoder: encoder, current: map[schemas.Endpoint]*segment{}}
	for _, s := range reader.segments {
		e, number := segmentOf(s.Name)
		if last := w.current[e]; last == nil || last.number < number {
			path := filepath.Join(reader.dir, s.Name)
			w.current[e] = &segment{path: path, place: &store.File{Name: s.Name, Path: path}, number: number, size: s.Bytes, synced: s.Bytes}
		}
	}
	if err := w.mend(); err != nil {
		return nil, fmt.Errorf("landing: %w", errors.Join(err, reader.Close()))
	}
	return w, nil
}

// makeFolder makes the folder of a run's pages, and makes it last.
func makeFolder(d store.Dir, runID string) error {
	if err := os.MkdirAll(filepath.Join(d.Raw(), runID), 0o777); err != nil {
		return err
	}
	return errors.Join(durable.SyncDir(d.Raw()), durable.SyncDir(string(d)))
}

// mend cuts off what is torn, and syncs what no manifest counts: a process can
// have died between writing a page and syncing it.
func (w *Writer) mend() error {
	for _, t := range w.torn {
		if err := cut(t); err != nil {
			return err
		}
	}
	w.torn = nil
	for _, s := range w.segments {
		if s.Bytes <= w.counted[s.Name].Bytes {
			continue
		}
		if err := durable.SyncFile(filepath.Join(w.dir, s.Name)); err != nil {
			return err
		}
	}
	return durable.SyncDir(w.dir)
}

// cut removes what is torn.
func cut(t Torn) error {
	file, err := durable.OpenFile(t.File, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Truncate(t.At), file.Sync(), file.Close())
}

// Put lands a page and returns when it is on disk. One sync may cover the
// pages of several callers. After an error the segment is as it was before.
func (w *Writer) Put(p schemas.Page) error {
	if p.RunID != w.run || p.ID != p.Request.ID() {
		return fmt.Errorf("landing %s of run %q: it is not a page of run %s with the id of its request", p.ID, p.RunID, w.run)
	}
	line, headLen, err := envelope(p)
	if err != nil {
		return fmt.Errorf("landing %s: %w", p.ID, err)
	}
	f := frame{pageID: p.ID, fetchedAt: p.FetchedAt.UnixMicro(), rawLen: len(line), headLen: headLen}
	record := f.encode(w.encoder, line)
	for {
		s, err := w.segment(p.Request.Endpoint)
		if err != nil {
			return fmt.Errorf("landing %s: %w", p.ID, err)
		}
		at, full, err := s.append(record, w.step)
		if full {
			continue // another page filled it; the next call opens a new one
		}
		if err == nil {
			err = s.sync(at+int64(len(record)), w.step)
		}
		if err != nil {
			return fmt.Errorf("landing %s: %w", s.path, durable.Cause(err))
		}
		f.at = at
		w.landed(Entry{p.ID, p.Request.Endpoint, time.UnixMicro(f.fetchedAt).UTC(), s.place, f})
		return nil
	}
}

// segment returns the segment that takes the endpoint's next page.
func (w *Writer) segment(e schemas.Endpoint) (*segment, error) {
	w.opening.Lock()
	defer w.opening.Unlock()
	if w.closed {
		return nil, os.ErrClosed
	}
	s := w.current[e]
	if s != nil && s.takes() {
		return s, s.open()
	}
	number := 1
	if s != nil {
		number = s.number + 1
		s.retire()
		w.full = append(w.full, s)
	}
	name := segmentName(e, number)
	path := filepath.Join(w.dir, name)
	s = &segment{path: path, place: &store.File{Name: name, Path: path}, number: number}
	if err := s.open(); err != nil {
		return nil, err
	}
	if err := durable.SyncDir(w.dir); err != nil {
		return nil, errors.Join(err, s.close())
	}
	w.current[e] = s
	return s, nil
}

// Close closes the segments and does nothing when they are closed. Every page that
// was put is on disk already; none can be put any more.
func (w *Writer) Close() error {
	w.opening.Lock()
	defer w.opening.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	defer w.release()
	var errs []error
	for _, s := range w.current {
		errs = append(errs, s.close())
	}
	for _, s := range w.full {
		errs = append(errs, s.close())
	}
	return errors.Join(append(errs, w.Reader.Close(), w.encoder.Close())...)
}

// envelope is the page's line and the length of what stands before its body.
// The body stays as received, but for line breaks between its values and what no
// store may hold.
func envelope(p schemas.Page) (line []byte, headLen int, err error) {
	body, removed := schemas.WithoutPrivate(p.Body)
	p.Removed += removed
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
