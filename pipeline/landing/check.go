package landing

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// Check reads all pages of a run that are in some files, and returns an error unless
// these are, to the byte, what its manifest lists. A manifest of before it listed
// segments says how many pages there are; each has its own checksum.
func Check(d store.Dir, m *store.Manifest, folder *store.Folder) error {
	r, err := newReader(d, m.Run.RunID)
	if err != nil {
		return err
	}
	defer r.Close()
	r.manifest = true
	for _, s := range m.Landed {
		r.counted[s.Name] = s
	}
	if err := r.scanAll(folder, m); err != nil {
		return err
	}
	switch {
	case len(r.torn) > 0:
		return fmt.Errorf("%s ends with what is no whole page", filepath.Base(r.torn[0].File))
	case m.Landed != nil && !slices.Equal(r.Segments(), m.Landed), r.Len() != m.Run.Pages:
		return errors.New("it is not what the run's manifest lists")
	}
	sums, buffers := Content{}, &Buffers{}
	for _, e := range r.Received() {
		if _, err := r.ReadInto(e, buffers); err != nil {
			return err
		}
		if r.Counts(e) {
			sums.Add(e.PageID, buffers)
		}
	}
	if m.Content != "" && sums.Sum() != m.Content {
		return errors.New("its pages are not those that the run's manifest counts")
	}
	return nil
}

// Whole returns how much of the first so many bytes of a file of pages is whole pages,
// by their checksums: behind it stands what is torn, or damaged.
func Whole(file *os.File, size int64) (int64, error) {
	at, header, packed := int64(0), make([]byte, headerLen), []byte(nil)
	for size-at >= headerLen {
		if _, err := file.ReadAt(header, at); err != nil && err != io.EOF {
			return at, fmt.Errorf("landing: %w", err)
		}
		f, err := parseFrame(header, at)
		if err == nil && at+int64(f.size) <= size {
			packed, err = readPacked(file, f, packed)
		} else {
			err = errTorn
		}
		if errors.Is(err, errTorn) {
			return at, nil
		}
		if err != nil {
			return at, fmt.Errorf("landing %s: %w", file.Name(), err)
		}
		at += int64(f.size)
	}
	return at, nil
}
