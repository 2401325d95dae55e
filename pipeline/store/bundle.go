package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// Kind is what a bundle has of its runs. A bundle is a file with files of many runs that
// are over, of a day or a month, one after the other as they were: an hourly job has
// twelve a year instead of fifty thousand. Who decompresses it gets what all of them
// hold. It begins and ends with its index, in a frame that zstd readers pass over.
type Kind struct {
	folder string
	ending string                 // of a bundle's name
	member func(name string) bool // a file of a run
	packs  bool                   // the files are compressed, each by itself
}

// Folder is where the bundles lie, beside the folders of runs.
func (k *Kind) Folder(d Dir) string { return filepath.Join(string(d), k.folder) }

// PageBundles have the files of runs' pages.
var PageBundles = &Kind{"raw", ".ndjson.zst", isSegment, false}

// RunBundles have what else there is of runs.
var RunBundles = &Kind{"runs", ".json.zst", isRunFile, true}

func isRunFile(name string) bool { return name == manifestFile || name == planFile || name == SentFile }

// stamp is the day or month in a bundle's name, and number its number; ours is false of
// another name.
func (k *Kind) stamp(name string) (stamp string, number int, ours bool) {
	rest, ours := strings.CutSuffix(name, k.ending)
	stamp, text, cut := strings.Cut(rest, "-")
	if !ours || !cut || len(stamp) != len("202611") && len(stamp) != len("20261129") || strings.Trim(stamp+text, "0123456789") != "" {
		return "", 0, false
	}
	number, err := strconv.Atoi(text)
	return stamp, number, err == nil
}

// names reports whether a bundle has that name.
func (k *Kind) names(name string) bool {
	_, _, ours := k.stamp(name)
	return ours
}

// BundleKind is that of the bundle with a path below a store, with slashes; nil of any
// other file.
func BundleKind(path string) *Kind {
	for _, k := range []*Kind{PageBundles, RunBundles} {
		if name, ours := strings.CutPrefix(path, k.folder+"/"); ours && k.names(name) {
			return k
		}
	}
	return nil
}

// Nor says in which bundles the files of a run are not, either, that are missing.
func (k *Kind) Nor(runID string) string {
	if k.Stamp(runID, true) == "" {
		return "" // no bundle has it
	}
	return fmt.Sprintf(", nor in %s-*%s or %[3]s-*%[2]s beside it", k.Stamp(runID, false), k.ending, k.Stamp(runID, true))
}

// Stamp is what the names of bundles with a run begin with, of the run's day or month;
// empty of a run whose id does not say when it was begun.
func (k *Kind) Stamp(runID string, month bool) string {
	text, _, _ := strings.Cut(runID, "-")
	if _, err := time.Parse(stampForm, text); err != nil {
		return ""
	}
	if month {
		return text[:len("202611")]
	}
	return text[:len("20261129")]
}

// Foreign is a file of a run's folder that is not one of the kind; empty without one.
func (k *Kind) Foreign(f *Folder) string {
	for _, file := range f.Files {
		if file.Odd || !k.member(file.Name) {
			return file.Name
		}
	}
	return ""
}

// isBundle reports whether a file has a name that a bundle has.
func isBundle(path string) bool {
	name := filepath.Base(path)
	return PageBundles.names(name) || RunBundles.names(name)
}

// has reports whether a bundle of that name could have a run, by the run's id.
func (k *Kind) has(name, runID string) bool {
	stamp, _, ours := k.stamp(name)
	return ours && strings.HasPrefix(runID, stamp)
}

const (
	indexMagic  = 0x184D2A5D // of a skippable frame; pages have another
	indexHead   = 8          // bytes before the text: magic and length
	indexTail   = 8          // behind it: its CRC-32C, and the length again, by which it is found from the end
	mostIndex   = 64 << 20   // bytes
	indexBegins = "spacesetl bundle 1 "
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Bundle is the index of one.
type Bundle struct {
	Path  string
	Bytes int64
	kind  *Kind
	at    int64 // when the file was written, where that is not when the index was; else 0
	begin int64 // of the parts
	lines string
	runs  []string
	info  os.FileInfo // of the file that was read
}

// indexes are the bundles that were read, by path: a start asks for the runs many times.
var (
	indexes     sync.Map
	indexesSize atomic.Int64 // of their texts
)

// ReadBundle reads the index of a bundle. The error is a *CorruptError where it is not
// what was written.
func ReadBundle(k *Kind, path string) (*Bundle, error) {
	file, info, err := durable.OpenInfo(path)
	if errors.Is(err, durable.ErrNotRegular) {
		return nil, &CorruptError{path, durable.Cause(err)}
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	known, _ := indexes.Load(path)
	if b, _ := known.(*Bundle); b != nil && os.SameFile(b.info, info) && b.Bytes == info.Size() && b.info.ModTime().Equal(info.ModTime()) {
		return b, nil
	}
	text, err := readIndex(file, info.Size())
	if err != nil {
		return nil, err
	}
	at, lines, _ := strings.Cut(strings.TrimPrefix(text, indexBegins), "\n")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if !strings.HasPrefix(text, indexBegins) || err != nil || !strings.HasSuffix(text, "\n") {
		return nil, &CorruptError{path, errors.New("its index is damaged at both of its ends")}
	}
	b := &Bundle{Path: path, Bytes: info.Size(), kind: k, begin: int64(indexHead + len(text) + indexTail), lines: lines, info: info}
	if written := info.ModTime(); written.Unix() != seconds {
		b.at = written.UnixNano() // a copy, or somebody has changed it
	}
	for line := range strings.Lines(b.lines) {
		if id, _, _ := strings.Cut(line, " "); CheckRunID(id) == nil {
			b.runs = append(b.runs, id)
		}
	}
	if indexesSize.Add(int64(len(text))) > mostIndex {
		indexes.Clear() // so many are of several stores
		indexesSize.Store(0)
	}
	indexes.Store(path, b)
	return b, nil
}

// readIndex reads the text of an index, at the beginning or at the end of a file; it is
// empty where neither is whole.
func readIndex(file io.ReaderAt, size int64) (string, error) {
	var ends [2][4]byte
	for i, at := range []int64{4, size - 4} {
		if _, err := file.ReadAt(ends[i][:], max(at, 0)); err != nil && err != io.EOF {
			return "", err
		}
	}
	le := binary.LittleEndian
	for i, end := range ends {
		length := int64(le.Uint32(end[:]))
		if length < indexTail || length > mostIndex+indexTail || length > size-indexHead {
			continue
		}
		frame := make([]byte, indexHead+length)
		if _, err := file.ReadAt(frame, int64(i)*(size-int64(len(frame)))); err != nil && err != io.EOF {
			return "", err
		}
		text, tail := frame[indexHead:len(frame)-indexTail], frame[len(frame)-indexTail:]
		if le.Uint32(frame) == indexMagic && le.Uint32(frame[4:]) == uint32(length) && le.Uint32(tail) == crc32.Checksum(text, castagnoli) {
			return string(text), nil
		}
	}
	return "", nil
}

// Check reads all parts of the bundle. The error is a *CorruptError where one is not what
// was written.
func (b *Bundle) Check() error {
	for _, id := range b.Runs() {
		f, err := b.Of(id)
		if err != nil {
			return err
		}
		for i := range f.Files {
			section, err := f.Files[i].Open()
			if err != nil {
				return err
			}
			sum := crc32.New(castagnoli)
			n, err := io.Copy(sum, section)
			if err := errors.Join(err, section.Close()); err != nil {
				return err
			}
			if n != f.Files[i].packed || sum.Sum32() != f.Files[i].sum {
				return &CorruptError{b.Path, fmt.Errorf("%s of run %s in it is not what was written", f.Files[i].Name, id)}
			}
		}
	}
	return nil
}

// Runs are those that the bundle has files of, oldest first.
func (b *Bundle) Runs() []string { return slices.Clone(b.runs) }

// Of is what the bundle has of a run; nil of one that is not in it.
func (b *Bundle) Of(runID string) (*Folder, error) {
	for from, to := 0, len(b.lines); from < to; {
		middle := from + (to-from)/2
		begin := from + strings.LastIndexByte(b.lines[from:middle], '\n') + 1
		end := begin + strings.IndexByte(b.lines[begin:to], '\n')
		id, rest, _ := strings.Cut(b.lines[begin:end], " ")
		switch {
		case id < runID:
			from = end + 1
		case id > runID:
			to = begin
		default:
			return b.folder(id, rest)
		}
	}
	return nil, nil
}

// folder reads what stands behind an id in a line.
func (b *Bundle) folder(runID, line string) (*Folder, error) {
	fields := strings.Fields(line)
	good := len(fields) >= 2 && len(fields)%5 == 2
	number := func(i int) int64 {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		good = good && err == nil && n >= 0
		return n
	}
	f := &Folder{Run: runID, Bundle: b.Path, Files: make([]File, 0, len(fields)/5)}
	if good {
		at := number(0)
		f.Changed = cmp.Or(b.at, number(1))
		for i := 2; i < len(fields) && good; i += 5 {
			one := File{Name: fields[i], Path: b.Path, Bytes: number(i + 1), packed: number(i + 2), sum: uint32(number(i + 3)), Written: cmp.Or(b.at, number(i+4)), run: runID, at: b.begin + at}
			good = good && b.kind.member(one.Name) && max(at, one.Bytes, one.packed) <= mostCounted && (len(f.Files) == 0 || f.Files[len(f.Files)-1].Name < one.Name)
			f.Files = append(f.Files, one)
			at += one.packed
		}
	}
	if !good || CheckRunID(runID) != nil {
		return nil, &CorruptError{b.Path, fmt.Errorf("its index says of run %.100q what cannot be", runID)}
	}
	return f, nil
}
