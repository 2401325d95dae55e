package keep

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

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

// archive takes the files of an archive as they come; the index, which comes last, says
// what counts.
func (r *restoring) archive() (x *Index, err error) {
	in := r.In
	if r.Backup != "-" {
		file, err := durable.Open(r.Backup)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	unpacked, err := unpack(in)
	if err != nil {
		return nil, &NoBackupError{r.Backup, err.Error()}
	}
	defer unpacked.close()
	tape, begun := tar.NewReader(unpacked), false
	for {
		h, err := tape.Next()
		if err == nil {
			err = acceptable(h)
		}
		if err == io.EOF {
			err = errors.New("it has no list of its files, which comes last: it is cut off, or was not finished")
		}
		if err != nil {
			return nil, &NoBackupError{r.Backup, err.Error()}
		}
		if !begun { // an archive that is none leaves no folder
			if err := r.begin(); err != nil {
				return nil, err
			}
			begun = true
		}
		e := Entry{Path: h.Name, Bytes: h.Size, Time: h.ModTime.UnixNano()}
		if h.Name == indexName {
			return r.index(e, tape)
		}
		if err := r.write(e, tape); err != nil {
			if unpacked.err != nil {
				err = &NoBackupError{r.Backup, unpacked.err.Error()}
			}
			return nil, err
		}
	}
}

// index reads the list of an archive's files.
func (r *restoring) index(e Entry, from io.Reader) (*Index, error) {
	name := r.Store.File("_" + indexName)
	defer os.Remove(name)
	if err := write(name, e, from); err != nil {
		return nil, &NoBackupError{r.Backup, durable.Cause(err).Error()}
	}
	return readIndex(name)
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
