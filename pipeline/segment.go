package pipeline

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
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

// scan lists the pages of a segment and its size. A segment may end in a page
// that a crash tore: that page is cut off. In the last segment of an endpoint
// every page is checked to find one, since its header can be whole.
func (l *Landing) scan(path string, last bool) (frames []frame, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	header := make([]byte, foreignLen)
	var packed []byte
	for size < info.Size() {
		n, err := file.ReadAt(header, size)
		if err != nil && err != io.EOF {
			return nil, 0, err
		}
		f, err := parseFrame(header[:n], size)
		if err == nil && last {
			packed, err = readPacked(file, f, packed) // a torn page can have a whole header
		}
		if err != nil && !errors.Is(err, errTorn) {
			return nil, 0, err
		}
		if err != nil || size+int64(f.size) > info.Size() {
			return frames, size, l.cut(path, size, info.Size())
		}
		frames = append(frames, f)
		size += int64(f.size)
	}
	return frames, size, nil
}

// cut removes what stands after the last whole page, unless pages follow it.
func (l *Landing) cut(path string, size, total int64) error {
	if l.torn == passTorn {
		return nil
	}
	if l.torn == refuseTorn {
		return fmt.Errorf("damaged at byte %d", size)
	}
	rest := make([]byte, min(total-size, segmentLimit))
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.ReadAt(rest, size); err != nil && err != io.EOF {
		return err
	}
	if l.holdsPage(path, rest, size) {
		return fmt.Errorf("damaged at byte %d, with pages after it: restore the file from a backup, or delete it to fetch its pages again", size)
	}
	if err := file.Truncate(size); err != nil {
		return err
	}
	return file.Sync()
}

// holdsPage reports whether a whole page stands somewhere in rest, the part of
// the segment from an offset on.
func (l *Landing) holdsPage(path string, rest []byte, offset int64) bool {
	magic := binary.LittleEndian.AppendUint32(nil, skippable)
	for at := 0; ; at += len(magic) {
		i := bytes.Index(rest[at:], magic)
		if i < 0 {
			return false
		}
		at += i
		f, err := parseFrame(rest[at:], offset+int64(at))
		if err != nil {
			continue
		}
		if _, err := l.line(path, f, &PageBuffers{}); err == nil {
			return true
		}
	}
}

// line reads and decompresses a page into buffers; the frame's checksum is
// verified.
func (l *Landing) line(path string, f frame, buffers *PageBuffers) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if buffers.packed, err = readPacked(file, f, buffers.packed); err != nil {
		return nil, err
	}
	line, err := l.decoder.DecodeAll(buffers.packed, slices.Grow(buffers.line[:0], f.rawLen))
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

// segment is one file of an endpoint's pages.
type segment struct {
	path   string
	number int

	mu      sync.Mutex // order of appends
	file    *os.File
	size    int64
	retired bool
	broken  error // of a sync

	syncMu sync.Mutex // one sync at a time
	synced int64
}

// takes reports whether the segment takes another page.
func (s *segment) takes() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.retired && s.size < segmentLimit
}

func (s *segment) open() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		s.file, err = os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o644)
	}
	return err
}

// retire lets no further page in; those under way finish their sync.
func (s *segment) retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retired = true
}

// append writes a record at the end and returns where. A failed write is cut
// off again. full says that the segment takes no more.
func (s *segment) append(record []byte, step durable.Step) (at int64, full bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.retired {
		return 0, true, nil
	}
	at = s.size
	err = step.At("landing: before write", s.path)
	if err == nil {
		_, err = s.file.WriteAt(record, at)
	}
	if err == nil {
		err = step.At("landing: written", s.path)
	}
	if err != nil {
		return 0, false, errors.Join(err, s.file.Truncate(at))
	}
	s.size += int64(len(record))
	return at, false, nil
}

// sync returns when the segment is on disk up to end. Callers that wait for
// one sync are all covered by the next. After a sync that failed nobody knows
// what is on disk, and the system may say the next time that all is well: the
// pages not synced before are cut off and the segment takes no more.
func (s *segment) sync(end int64, step durable.Step) error {
	s.syncMu.Lock()
	defer s.syncMu.Unlock()
	if s.synced >= end {
		return nil
	}
	s.mu.Lock()
	file, size, broken := s.file, s.size, s.broken
	s.mu.Unlock()
	if broken != nil {
		return broken
	}
	err := step.At("landing: before sync", s.path)
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = step.At("landing: synced", s.path)
	}
	if err == nil {
		s.synced = size
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retired, s.broken = true, err
	return errors.Join(err, file.Truncate(s.synced))
}

func (s *segment) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	return file.Close()
}
