package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// What is left in the folder of a kind by a process that died begins like that: a bundle
// that is not whole yet, and a run's folder that one has taken the place of.
const (
	newBundle  = "_bundle-"
	goneFolder = "_gone-"
)

// NewBundle is a bundle that is about to take the place of the files in it.
type NewBundle struct {
	Folders []*Folder // as they are in it
	from    []*Folder
	l       *Locked
	kind    *Kind
	stamp   string
	path    string // of the file, until it has its name
	at      time.Time
	bytes   int64
	encoder *zstd.Encoder
}

// SourceError is files of which no bundle can be made.
type SourceError struct {
	Folder *Folder
	Err    error
}

func (e *SourceError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *SourceError) Unwrap() error { return e.Err }

// WriteBundle writes a bundle of runs, oldest first, of which none lies in a folder of its
// own and in a bundle at once. It is not there before Publish. The error is a
// *SourceError where parts of another are not what was written.
func WriteBundle(l *Locked, k *Kind, stamp string, from []*Folder) (_ *NewBundle, err error) {
	if err := Note(l, 3); err != nil {
		return nil, err
	}
	n := &NewBundle{from: from, l: l, kind: k, stamp: stamp, path: filepath.Join(k.Folder(l.Dir), newBundle+stamp+k.ending), at: time.Unix(time.Now().Unix(), 0)}
	if n.encoder, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)); err != nil {
		return nil, err
	}
	defer n.encoder.Close()
	if err := os.RemoveAll(n.path); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(n.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	err = n.write(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	if err := os.Chtimes(n.path, n.at, n.at); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// write writes the parts, then the index around them.
func (n *NewBundle) write(file *os.File) error {
	var folders []Folder
	for _, f := range n.from {
		folders = append(folders, Folder{Run: f.Run, Changed: f.Changed, Files: append([]File(nil), f.Files...)})
	}
	frame, err := index(n.at.Unix(), folders) // as long as with the checksums
	if err != nil {
		return err
	}
	n.bytes = int64(len(frame))
	if _, err := file.Seek(n.bytes, io.SeekStart); err != nil {
		return err
	}
	for i := range folders {
		for j := range folders[i].Files {
			if err := n.add(file, n.from[i], &folders[i].Files[j]); err != nil {
				return err
			}
		}
		n.Folders = append(n.Folders, &folders[i])
	}
	if frame, err = index(n.at.Unix(), folders); err == nil {
		_, err = file.WriteAt(frame, 0)
	}
	if err == nil {
		_, err = file.WriteAt(frame, n.bytes)
		n.bytes += int64(len(frame))
	}
	return err
}

// add copies a file, and makes it the part.
func (n *NewBundle) add(to *os.File, from *Folder, f *File) error {
	section, err := f.Open()
	if err != nil {
		return err
	}
	defer section.Close()
	sum := crc32.New(castagnoli)
	var copied int64
	if n.kind.packs && !f.Joined() {
		copied, err = n.pack(io.MultiWriter(to, sum), section)
	} else {
		copied, err = io.Copy(io.MultiWriter(to, sum), section)
		if err == nil && f.Joined() && (copied != f.packed || sum.Sum32() != f.sum) {
			err = &SourceError{from, fmt.Errorf("%s of run %s in it is not what was written", f.Name, from.Run)}
		}
	}
	f.Path, f.run, f.at, f.packed, f.sum = n.path, from.Run, n.bytes, copied, sum.Sum32()
	n.bytes += copied
	return err
}

// pack compresses a file, and returns how many bytes that takes.
func (n *NewBundle) pack(to io.Writer, from Section) (int64, error) {
	text := make([]byte, min(from.Size(), MostJSON))
	if _, err := io.ReadFull(from, text); err != nil {
		return 0, err
	}
	packed, err := to.Write(n.encoder.EncodeAll(text, nil))
	return int64(packed), err
}

// Publish gives the bundle its name, then removes what it takes the place of: the runs'
// own folders, and bundles.
func (n *NewBundle) Publish(bundles []string, step durable.Step) (bytes int64, err error) {
	number := 0 // none is used twice: who has listed the bundles is told that one is gone
	for _, name := range BundleNames(n.l.Dir, n.kind) {
		if stamp, last, _ := n.kind.stamp(name); stamp == n.stamp {
			number = max(number, last)
		}
	}
	folder := n.kind.Folder(n.l.Dir)
	to := filepath.Join(folder, fmt.Sprintf("%s-%d%s", n.stamp, number+1, n.kind.ending))
	if err := step.At("bundle: written", to); err != nil {
		return 0, err
	}
	if err := (durable.Options{Step: step, Name: "bundle"}).Publish(n.path, to); err != nil {
		return 0, err
	}
	for _, f := range n.from {
		if f.Bundle == "" {
			if err := n.discard(f.Run, step); err != nil {
				return 0, err
			}
		}
	}
	return n.bytes, RemoveBundles(bundles, step)
}

// discard removes the folder of a run at once: a reader finds all files in it, or none.
func (n *NewBundle) discard(runID string, step durable.Step) error {
	own, gone := filepath.Join(n.kind.Folder(n.l.Dir), runID), filepath.Join(n.kind.Folder(n.l.Dir), goneFolder+runID)
	err := step.At("bundle: before removal", own)
	if err == nil {
		err = os.Rename(own, gone)
	}
	if err == nil {
		err = step.At("bundle: put aside", own)
	}
	if err == nil {
		err = os.RemoveAll(gone)
	}
	return err
}

// RemoveBundles removes bundles that others have taken the place of.
func RemoveBundles(paths []string, step durable.Step) error {
	for _, path := range paths {
		err := step.At("bundle: before removal", path)
		if err == nil {
			err = os.Remove(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Close removes a bundle that did not come to be.
func (n *NewBundle) Close() error { return os.RemoveAll(n.path) }

// index is the frame of an index: when it is written, in seconds since 1970, then a line
// for each run, in order: its id, where its files begin, when its folder was changed, and
// of each file the name, bytes, those it takes here, their CRC-32C, and when it was
// written. It is as long before the middle ones are known.
func index(at int64, folders []Folder) ([]byte, error) {
	text := fmt.Appendf(nil, "%s%d\n", indexBegins, at)
	var begin int64
	for _, f := range folders {
		text = fmt.Appendf(text, "%s %015d %d", f.Run, begin, f.Changed)
		for _, file := range f.Files {
			text = fmt.Appendf(text, " %s %d %010d %010d %d", file.Name, file.Bytes, file.packed, file.sum, file.Written)
			begin += file.packed
		}
		text = append(text, '\n')
	}
	if len(text) > mostIndex {
		return nil, fmt.Errorf("the index of %d runs is too long", len(folders))
	}
	le := binary.LittleEndian
	frame := le.AppendUint32(nil, indexMagic)
	frame = append(le.AppendUint32(frame, uint32(len(text)+indexTail)), text...)
	frame = le.AppendUint32(frame, crc32.Checksum(text, castagnoli))
	return le.AppendUint32(frame, uint32(len(text)+indexTail)), nil
}
