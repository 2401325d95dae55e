package landing

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Buffers are what ReadInto reads pages into, again and again.
type Buffers struct {
	packed, line, head []byte
	// params are those of pages read before: there are few, each with hundreds
	// of names.
	params map[string]schemas.Params
}

// maxParams bounds how many are kept.
const maxParams = 64

// paramsOf reads the params of a page's envelope.
func (b *Buffers) paramsOf(raw json.RawMessage) (schemas.Params, error) {
	if known, ok := b.params[string(raw)]; ok {
		return known, nil
	}
	var params schemas.Params
	if err := json.Unmarshal(raw, &params); err != nil {
		return nil, err
	}
	if b.params == nil || len(b.params) >= maxParams {
		b.params = map[string]schemas.Params{}
	}
	b.params[string(raw)] = params
	return params, nil
}

// Read reads a landed page.
func (r *Reader) Read(e Entry) (schemas.Page, error) { return r.ReadInto(e, &Buffers{}) }

// ReadInto reads a landed page, whose body is valid until the buffers are used
// again. Pages may share their Params. A page that is not what was landed is a
// *DamageError.
func (r *Reader) ReadInto(e Entry, buffers *Buffers) (schemas.Page, error) {
	line, err := r.line(e, buffers)
	if err != nil {
		return schemas.Page{}, r.unreadable(e, err)
	}
	var head struct {
		schemas.Page
		Params json.RawMessage `json:"params"`
	}
	buffers.head = append(append(buffers.head[:0], line[:e.frame.headLen]...), "null}"...)
	err = json.Unmarshal(buffers.head, &head)
	if err == nil && head.Params != nil {
		head.Page.Params, err = buffers.paramsOf(head.Params)
	}
	if err != nil {
		return schemas.Page{}, r.unreadable(e, store.Plain(err))
	}
	p := head.Page
	if p.ID != e.PageID || p.Request.ID() != p.ID || p.Request.Endpoint != e.Endpoint || p.RunID != r.run || p.FetchedAt.UnixMicro() != e.frame.fetchedAt {
		return schemas.Page{}, r.unreadable(e, errors.New("it is not the page that its header names"))
	}
	p.Body = line[e.frame.headLen : len(line)-len("}\n")]
	return p, nil
}

// Check compares a landed page with the checksum in its header, without unpacking it.
// One that is not what was landed is a *DamageError.
func (r *Reader) Check(e Entry, buffers *Buffers) error {
	file, err := store.OpenPages(r.store, r.run, e.file)
	if err == nil {
		buffers.packed, err = readPacked(file, e.frame, buffers.packed)
		_ = file.Close()
	}
	if err != nil {
		return r.unreadable(e, err)
	}
	return nil
}

// unreadable says of a page that it is damaged, unless the system would not
// read it.
func (r *Reader) unreadable(e Entry, err error) error {
	var system *fs.PathError
	if errors.As(err, &system) && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("landing %s, page %s: %w", e.file, e.PageID, err)
	}
	what := err.Error()
	if errors.Is(err, errTorn) {
		what = "it is not what was landed"
	}
	return e.Damage(what, r.manifest)
}

// Entry is where a landed page is.
type Entry struct {
	PageID    string
	Endpoint  schemas.Endpoint
	FetchedAt time.Time
	file      *store.File
	frame     frame
}

// Bytes is the length of the page with its envelope, uncompressed.
func (e Entry) Bytes() int64 { return int64(e.frame.rawLen) }

// File is the segment that the page stands in.
func (e Entry) File() string { return e.file.String() }
