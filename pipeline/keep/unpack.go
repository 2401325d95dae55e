package keep

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// An archive can be from anybody. Only files are taken of it, with paths that files of a
// store have, which lead nowhere else; and it unpacks to so much at most as one of ours
// can, which is mostly packed already.
const (
	mostWindow = 64 << 20  // bytes that unpacking takes
	mostRatio  = 200       // bytes that a byte unpacks to, in the long run
	fewBytes   = 256 << 20 // that any archive may unpack to
)

// walk shows the files of an archive as they come, and returns the index, which comes
// last and says what counts. What is wrong with an archive is a *NoBackupError.
func walk(path string, in io.Reader, take func(e Entry, from io.Reader) error) (*Index, error) {
	if path != "-" {
		file, err := durable.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	unpacked, err := unpack(in)
	if err != nil {
		return nil, &NoBackupError{path, err.Error()}
	}
	defer unpacked.close()
	for tape := tar.NewReader(unpacked); ; {
		h, err := tape.Next()
		if err == nil {
			err = acceptable(h)
		}
		if err == io.EOF {
			err = errors.New("it has no list of its files, which comes last: it is cut off, or was not finished")
		}
		if err != nil {
			return nil, &NoBackupError{path, err.Error()}
		}
		e := Entry{Path: h.Name, Bytes: h.Size, Time: h.ModTime.UnixNano()}
		if h.Name == indexName {
			return unpackIndex(path, e, tape)
		}
		if err := take(e, tape); err != nil {
			if unpacked.err != nil {
				err = &NoBackupError{path, unpacked.err.Error()}
			}
			return nil, err
		}
	}
}

// unpackIndex reads the list of an archive's files.
func unpackIndex(path string, e Entry, from io.Reader) (*Index, error) {
	dir, err := os.MkdirTemp("", "spacesetl-index-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, indexName)
	if err := write(name, e, from); err != nil {
		return nil, &NoBackupError{path, durable.Cause(err).Error()}
	}
	x, err := readIndex(name)
	var none *NoBackupError
	if errors.As(err, &none) {
		none.Path = path
	}
	return x, err
}

// archive takes the files of an archive as they come.
func (r *restoring) archive() (*Index, error) {
	begun := false
	return walk(r.Backup, r.In, func(e Entry, from io.Reader) error {
		if !begun { // an archive that is none leaves no folder
			if err := r.begin(); err != nil {
				return err
			}
			begun = true
		}
		return r.write(e, from)
	})
}

// acceptable refuses what no archive of ours has.
func acceptable(h *tar.Header) error {
	switch k := kindOf(h.Name); {
	case h.Name != indexName && !store.Owns(h.Name):
		return fmt.Errorf("it has %.200q, which is no file of a store", h.Name)
	case h.Typeflag != tar.TypeReg:
		return fmt.Errorf("%s in it is no file", h.Name)
	case k != tables && k != pages && k != database && h.Size > store.MostJSON:
		return fmt.Errorf("%s in it has %d bytes, more than it can have", h.Name, h.Size)
	}
	return nil
}

// bounded is what an archive unpacks to.
type bounded struct {
	packed  counter
	decoder *zstd.Decoder
	bytes   int64
	err     error // of unpacking
}

func unpack(in io.Reader) (*bounded, error) {
	b := &bounded{packed: counter{from: bufio.NewReaderSize(in, 1<<16)}}
	var err error
	b.decoder, err = zstd.NewReader(&b.packed, zstd.WithDecoderMaxWindow(mostWindow), zstd.WithDecoderConcurrency(1))
	return b, err
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.decoder.Read(p)
	b.bytes += int64(n)
	if b.bytes > fewBytes+mostRatio*b.packed.bytes {
		err = errors.New("it unpacks to more than a backup can have")
	}
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

func (b *bounded) close() { b.decoder.Close() }

// counter counts the bytes that are read.
type counter struct {
	from  io.Reader
	bytes int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.bytes += int64(n)
	return n, err
}
