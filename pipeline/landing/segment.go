package landing

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// segment is one file of an endpoint's pages.
type segment struct {
	path   string
	place  *store.File // the same, for readers
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
		s.file, err = durable.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o666)
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
