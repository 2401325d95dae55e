package store

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// File is a file of a run: one of its own, or a part of a bundle.
type File struct {
	Name    string // in the folder of the run
	Path    string // of what has its bytes
	Bytes   int64
	Written int64 // when, in nanoseconds since 1970
	Odd     bool  // it is no regular file

	run    string // of a part of a bundle, else empty
	at     int64  // where a part begins
	packed int64  // bytes of a part
	sum    uint32 // CRC-32C of a part
}

// String is the path; of a part of a bundle as if that were a folder with those of runs.
func (f *File) String() string {
	if f.Joined() {
		return filepath.Join(f.Path, f.run, f.Name)
	}
	return f.Path
}

// Joined reports whether the file is a part of a bundle.
func (f *File) Joined() bool { return f.run != "" }

// Section is a File that is open.
type Section struct {
	*io.SectionReader
	file *os.File
}

// Close closes it.
func (s Section) Close() error { return s.file.Close() }

// Open opens the file to read. One of its own is as long as it is now.
func (f *File) Open() (Section, error) {
	file, err := durable.Open(f.Path)
	if err != nil {
		return Section{}, err
	}
	size := f.packed
	if !f.Joined() {
		info, err := file.Stat()
		if err != nil {
			return Section{}, errors.Join(err, file.Close())
		}
		size = info.Size()
	}
	return Section{io.NewSectionReader(file, f.at, size), file}, nil
}

// Folder is what is there of a run.
type Folder struct {
	Run     string
	Changed int64  // when a file was put into it or taken out, in nanoseconds since 1970
	Files   []File // by name
	Bundle  string // the path of what has them, empty of a folder of the run's own
}

// File is one of the files, nil if it is not there.
func (f *Folder) File(name string) *File {
	i, found := slices.BinarySearchFunc(f.Files, name, func(f File, name string) int { return cmp.Compare(f.Name, name) })
	if !found {
		return nil
	}
	return &f.Files[i]
}

// text reads and decompresses a part that is packed.
func (f *File) text() ([]byte, error) {
	section, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer section.Close()
	damaged := &CorruptError{f.String(), errors.New("it is not what was written")}
	info, err := section.file.Stat()
	if err != nil {
		return nil, err
	}
	if f.at+f.packed > info.Size() || f.Bytes > MostJSON {
		return nil, damaged
	}
	packed := make([]byte, f.packed)
	if _, err := section.ReadAt(packed, 0); err != nil {
		return nil, err
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(max(f.Bytes, 8<<20))))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	text, err := decoder.DecodeAll(packed, nil)
	if err != nil || int64(len(text)) != f.Bytes {
		return nil, damaged
	}
	return text, nil
}

// Bytes is what the files take.
func (f *Folder) Bytes() (sum int64) {
	for _, file := range f.Files {
		sum += file.Bytes
	}
	return sum
}
