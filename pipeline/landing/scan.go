package landing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// maxLine bounds a landed page with its envelope, in bytes.
const maxLine = 80 << 20

// mostSegment bounds a segment, in bytes: the writers of a full one may each have
// put a page more.
const mostSegment = 2 << 30

const (
	skippable = 0x184D2A5E // zstd's magic number of a frame readers skip
	idLen     = 26
	// headerLen is the first frame: magic, length, page id, fetchedAt, length
	// of the second frame, rawLen, headLen, sum, and the CRC-32C of all that.
	headerLen = 8 + idLen + 8 + 4*5
)

var (
	errTorn    = errors.New("page is torn")
	errVersion = errors.New("written by another version of spacesetl, which has to read it")
)

// scan lists the pages of a segment. It may end in a page that a crash tore, or
// that is being written: that is noted. Every page that no manifest counts is
// checked to find one, since its header can be whole; where a manifest does not
// list segments, those of the last segment of an endpoint.
func (r *Reader) scan(e schemas.Endpoint, from *store.File, last bool) error {
	name := from.Name
	spoilt := func(what string) error {
		return r.spoilt(&DamageError{File: from.String(), What: what, Endpoint: e, Pages: r.counted[name].Pages})
	}
	file, err := store.OpenPages(r.store, r.run, from)
	switch {
	case errors.Is(err, fs.ErrNotExist): // it was listed a moment ago
		return spoilt("is not there")
	case errors.Is(err, durable.ErrNotRegular):
		return spoilt(durable.ErrNotRegular.Error())
	case err != nil:
		return fmt.Errorf("landing: %w", err)
	}
	defer file.Close()
	if file.Size() > mostSegment {
		return spoilt(fmt.Sprintf("has %d bytes, more than a file of pages can have", file.Size()))
	}
	s := &scanning{Reader: r, Segment: store.Segment{Name: name}, endpoint: e, from: from, file: file, size: file.Size(), counted: r.counted[name]}
	s.check = last || !r.manifest || len(r.counted) > 0
	for s.Bytes < s.size {
		if over, err := s.page(); err != nil {
			return err
		} else if over {
			break
		}
	}
	if err := s.lacks(); err != nil {
		return err
	}
	r.segments = append(r.segments, s.Segment)
	return nil
}

// spoilt takes damage in: it is the error, or noted.
func (r *Reader) spoilt(damage *DamageError) error {
	damage.Counted = r.manifest
	if !r.salvage {
		return damage
	}
	r.damaged = append(r.damaged, damage)
	return nil
}

// scanning is one segment being scanned, as far as Segment.Bytes.
type scanning struct {
	*Reader
	store.Segment
	endpoint schemas.Endpoint
	from     *store.File
	file     io.ReaderAt
	size     int64
	counted  store.Segment // as the manifest has it
	check    bool          // pages that it does not count are read
	found    int           // of those it counts
	gaps     []*DamageError

	header, packed []byte
}

// page takes in the page at hand, or what stands there instead; over says that no
// page follows.
func (s *scanning) page() (over bool, err error) {
	f, whole, err := s.frame()
	torn := errors.Is(err, errTorn)
	var damage *DamageError
	if torn {
		damage, err = s.tear(f)
	}
	switch {
	case err != nil:
		return false, err
	case torn && damage == nil:
		return true, nil
	case damage != nil && !(s.salvage && whole): // reading it tells
		return s.skip(damage)
	}
	s.add(Entry{f.pageID, s.endpoint, time.UnixMicro(f.fetchedAt).UTC(), s.from, f})
	if s.Bytes < s.counted.Bytes {
		s.found++
	}
	s.Bytes += int64(f.size)
	s.Pages++
	return false, nil
}

// frame reads where a page should begin. Beside errTorn whole says that its header
// is, and that the segment is long enough for it.
func (s *scanning) frame() (f frame, whole bool, err error) {
	if s.header == nil {
		s.header = make([]byte, foreignLen)
	}
	n, err := s.file.ReadAt(s.header, s.Bytes)
	if err != nil && err != io.EOF {
		return f, false, fmt.Errorf("landing: %w", err)
	}
	f, err = parseFrame(s.header[:n], s.Bytes)
	switch {
	case errors.Is(err, errTorn):
		return f, false, err
	case err != nil:
		return f, false, fmt.Errorf("landing %s: %w", s.from.String(), err)
	case s.Bytes+int64(f.size) > s.size:
		return f, false, errTorn
	case s.Bytes >= s.counted.Bytes && s.check:
		s.packed, err = readPacked(s.file, f, s.packed)
	}
	if err != nil && !errors.Is(err, errTorn) {
		err = fmt.Errorf("landing %s: %w", s.from.String(), err)
	}
	return f, true, err
}

// tear tells what a crash tore, which is noted, from damage: pages follow that, or
// a manifest counts it.
func (s *scanning) tear(f frame) (*DamageError, error) {
	damage := &DamageError{File: s.from.String(), Page: f.pageID, Endpoint: s.endpoint, Pages: 1}
	if s.Bytes < s.counted.Bytes {
		damage.What = fmt.Sprintf("damaged at byte %d, where the run's manifest counts a page", s.Bytes)
		return damage, nil
	}
	follows, err := s.seek(s.Bytes, func(f frame) bool {
		_, err := s.line(Entry{file: s.from, frame: f}, &Buffers{})
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	if follows < s.size {
		damage.What = fmt.Sprintf("damaged at byte %d, with pages after it", s.Bytes)
		return damage, nil
	}
	s.torn = append(s.torn, Torn{File: s.from.String(), At: s.Bytes, Bytes: s.size - s.Bytes, page: f.pageID})
	return nil, nil
}

// skip goes on at the next header of a page behind damage.
func (s *scanning) skip(damage *DamageError) (over bool, err error) {
	if err := s.spoilt(damage); err != nil {
		return false, err
	}
	s.gaps = append(s.gaps, damage)
	s.Bytes, err = s.seek(s.Bytes+1, func(frame) bool { return true })
	return false, err
}

// lacks compares what a segment holds with what the manifest counts.
func (s *scanning) lacks() error {
	n := s.counted.Pages - s.found - len(s.gaps)
	switch {
	case !s.salvage && s.Bytes >= s.counted.Bytes, n <= 0:
		return nil
	case len(s.gaps) > 0 && s.gaps[len(s.gaps)-1].Page == "": // it hides more pages than one
		s.gaps[len(s.gaps)-1].Pages += n
		return nil
	}
	return s.spoilt(&DamageError{File: s.from.String(), Endpoint: s.endpoint, Pages: n,
		What: fmt.Sprintf("has %d whole pages of the %d that the run's manifest counts", s.found, s.counted.Pages)})
}

// seekBytes is how much of a segment is searched at once, in bytes.
const seekBytes = 1 << 20

// seek returns where, from an offset on, the next whole header stands of a page
// that passes and for which the segment is long enough; its size where none does.
func (s *scanning) seek(from int64, pass func(frame) bool) (int64, error) {
	magic := binary.LittleEndian.AppendUint32(nil, skippable)
	chunk := make([]byte, min(seekBytes, s.size-min(from, s.size)))
	for s.size-from >= headerLen {
		n, err := s.file.ReadAt(chunk, from)
		if err != nil && err != io.EOF {
			return 0, fmt.Errorf("landing: %w", err)
		}
		if n < headerLen {
			break // it has become shorter meanwhile
		}
		at := 0
		for at+headerLen <= n {
			i := bytes.Index(chunk[at:n], magic)
			if i < 0 {
				at = n - len(magic) + 1
				break
			}
			if at += i; at+headerLen > n {
				break // the next chunk has it whole
			}
			f, err := parseFrame(chunk[at:n], from+int64(at))
			if err == nil && f.at+int64(f.size) <= s.size && pass(f) {
				return f.at, nil
			}
			at++
		}
		from += int64(at)
	}
	return s.size, nil
}

// line reads and decompresses a page into buffers; the frame's checksum is
// verified.
func (r *Reader) line(e Entry, buffers *Buffers) ([]byte, error) {
	file, err := store.OpenPages(r.store, r.run, e.file)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	f := e.frame
	if buffers.packed, err = readPacked(file, f, buffers.packed); err != nil {
		return nil, err
	}
	line, err := r.decoder.DecodeAll(buffers.packed, slices.Grow(buffers.line[:0], f.rawLen))
	if err != nil {
		return nil, err
	}
	buffers.line = line
	if len(line) != f.rawLen {
		return nil, errTorn
	}
	return line, nil
}

// readPacked reads the compressed page of a frame into a buffer, and checks it.
func readPacked(file io.ReaderAt, f frame, buffer []byte) ([]byte, error) {
	if f.rawLen > maxLine || f.headLen+2 > f.rawLen || f.size < headerLen || f.size > maxLine {
		return buffer, errTorn
	}
	packed := slices.Grow(buffer[:0], f.size-headerLen)[:f.size-headerLen]
	if n, err := file.ReadAt(packed, f.at+headerLen); n < len(packed) {
		if err == io.EOF {
			err = errTorn
		}
		return packed, err
	}
	if crc32.Checksum(packed, castagnoli) != f.sum {
		return packed, errTorn
	}
	return packed, nil
}

// Torn lists what is torn at the ends of segments.
func (r *Reader) Torn() []Torn { return r.torn }

// Damaged lists what OpenSalvage has passed over, but for pages among the entries
// that are damaged: reading those tells.
func (r *Reader) Damaged() []*DamageError { return r.damaged }
