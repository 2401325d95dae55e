package landing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// maxLine bounds a landed page with its envelope, in bytes.
const maxLine = 80 << 20

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

// segmentFile takes a segment's name apart: endpoint and number.
var segmentFile = regexp.MustCompile(`^([a-z_]+)-([0-9]{5,})\.ndjson\.zst$`)

func segmentName(e schemas.Endpoint, number int) string {
	return fmt.Sprintf("%s-%05d.ndjson.zst", e, number)
}

// segmentOf is the endpoint whose pages a file holds, and its number; 0 when it
// is no segment.
func segmentOf(name string) (e schemas.Endpoint, number int) {
	parts := segmentFile.FindStringSubmatch(name)
	if parts == nil || !schemas.Endpoint(parts[1]).Known() {
		return "", 0
	}
	number, err := strconv.Atoi(parts[2])
	if err != nil {
		return "", 0
	}
	return schemas.Endpoint(parts[1]), number
}

// scan lists the pages of a segment. It may end in a page that a crash tore, or
// that is being written: that is noted. Every page that no manifest counts is
// checked to find one, since its header can be whole; where a manifest does not
// list segments, those of the last segment of an endpoint.
func (r *Reader) scan(e schemas.Endpoint, name string, last bool) error {
	path := filepath.Join(r.dir, name)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) { // it was listed a moment ago
		return &DamageError{File: path, What: "is not there", Counted: r.manifest}
	}
	if err != nil {
		return fmt.Errorf("landing: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("landing: %w", err)
	}
	s := store.Segment{Name: name}
	counted := r.counted[name].Bytes
	header := make([]byte, foreignLen)
	var packed []byte
	for s.Bytes < info.Size() {
		n, err := file.ReadAt(header, s.Bytes)
		if err != nil && err != io.EOF {
			return fmt.Errorf("landing: %w", err)
		}
		f, err := parseFrame(header[:n], s.Bytes)
		if err == nil && s.Bytes+int64(f.size) > info.Size() {
			err = errTorn
		}
		if err == nil && s.Bytes >= counted && (last || !r.manifest || len(r.counted) > 0) {
			packed, err = readPacked(file, f, packed)
		}
		if errors.Is(err, errTorn) {
			if err := r.tear(file, s, info.Size()); err != nil {
				return err
			}
			break
		}
		if err != nil {
			return fmt.Errorf("landing %s: %w", path, err)
		}
		r.add(Entry{f.pageID, e, time.UnixMicro(f.fetchedAt).UTC(), path, f})
		s.Bytes += int64(f.size)
		s.Pages++
	}
	if s.Bytes < counted {
		return &DamageError{Counted: true, File: path, What: fmt.Sprintf("has %d whole pages of the %d that the run's manifest counts", s.Pages, r.counted[name].Pages)}
	}
	r.segments = append(r.segments, s)
	return nil
}

// tear notes what is torn behind the whole pages of a segment. It is damage if
// pages follow it, or if a manifest counts it.
func (r *Reader) tear(file *os.File, s store.Segment, size int64) error {
	rest := make([]byte, min(size-s.Bytes, segmentLimit))
	if _, err := file.ReadAt(rest, s.Bytes); err != nil && err != io.EOF {
		return fmt.Errorf("landing: %w", err)
	}
	damage := &DamageError{File: file.Name(), Page: pageAt(rest), Counted: r.manifest}
	switch {
	case s.Bytes < r.counted[s.Name].Bytes:
		damage.What = fmt.Sprintf("damaged at byte %d, where the run's manifest counts a page", s.Bytes)
		return damage
	case r.holdsPage(file, rest, s.Bytes, size):
		damage.What = fmt.Sprintf("damaged at byte %d, with pages after it", s.Bytes)
		return damage
	}
	r.torn = append(r.torn, Torn{File: file.Name(), At: s.Bytes, Bytes: size - s.Bytes, page: pageAt(rest)})
	return nil
}

// pageAt is the id of the page whose header begins some bytes; empty when that
// is damaged.
func pageAt(header []byte) string {
	f, err := parseFrame(header, 0)
	if err != nil {
		return ""
	}
	return f.pageID
}

// holdsPage reports whether a whole page stands somewhere in rest, the part of
// a segment of some size from an offset on.
func (r *Reader) holdsPage(file *os.File, rest []byte, offset, size int64) bool {
	magic := binary.LittleEndian.AppendUint32(nil, skippable)
	for at := 0; ; at += len(magic) {
		i := bytes.Index(rest[at:], magic)
		if i < 0 {
			return false
		}
		at += i
		f, err := parseFrame(rest[at:], offset+int64(at))
		if err != nil || f.at+int64(f.size) > size {
			continue
		}
		if _, err := line(r.decoder, file.Name(), f, &Buffers{}); err == nil {
			return true
		}
	}
}

// line reads and decompresses a page into buffers; the frame's checksum is
// verified.
func line(decoder *zstd.Decoder, path string, f frame, buffers *Buffers) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if buffers.packed, err = readPacked(file, f, buffers.packed); err != nil {
		return nil, err
	}
	line, err := decoder.DecodeAll(buffers.packed, slices.Grow(buffers.line[:0], f.rawLen))
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
func readPacked(file *os.File, f frame, buffer []byte) ([]byte, error) {
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
