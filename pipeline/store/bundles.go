package store

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// Bundles finds what is there of runs, whether it lies in a folder of the run's own or in
// a bundle. It reads the index of a bundle once, and is not for several goroutines.
type Bundles struct {
	d     Dir
	names map[string][]string // of bundles, by folder; those first that are looked into first
	read  map[string]*Bundle  // by path
}

// NewBundles finds the files of many runs.
func NewBundles(d Dir) *Bundles {
	return &Bundles{d: d, names: map[string][]string{}, read: map[string]*Bundle{}}
}

// Pages is Dir.Pages.
func (s *Bundles) Pages(runID string) (*Folder, error) {
	if err := CheckRunID(runID); err != nil {
		return nil, err
	}
	path := filepath.Join(s.d.Raw(), runID)
	for {
		f, err := ownFolder(path)
		if err == nil && len(f.Files) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		if joined, damaged := s.Joined(PageBundles, runID); joined != nil || damaged != nil {
			return joined, damaged
		}
		if err == nil {
			return f, nil // without pages
		}
		if !s.changed(PageBundles) {
			return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
		}
	}
}

// RunFile finds a file of a run that is not of its pages, such as its manifest. The
// error is an fs.ErrNotExist where it has none.
func (s *Bundles) RunFile(runID, name string) (*File, error) {
	if err := CheckRunID(runID); err != nil {
		return nil, err
	}
	path := s.d.RunFile(runID, name)
	for {
		info, err := os.Lstat(path)
		if err == nil {
			return &File{Name: name, Path: path, Bytes: info.Size(), Written: info.ModTime().UnixNano(), Odd: !info.Mode().IsRegular()}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		// A run that is not joined has its plan, which is written first.
		if _, missing := os.Lstat(s.d.RunFile(runID, planFile)); missing == nil && name != planFile {
			return nil, err
		}
		joined, damaged := s.Joined(RunBundles, runID)
		if damaged != nil {
			return nil, damaged
		}
		if joined != nil && joined.File(name) != nil {
			return joined.File(name), nil
		}
		if !s.changed(RunBundles) {
			return nil, err
		}
	}
}

// ReadRunFile reads a file of a run that is not of its pages, and says where it stands.
func ReadRunFile(d Dir, runID, name string) (text []byte, path string, err error) {
	path = d.RunFile(runID, name)
	for try := 0; try < 3; try++ {
		var f *File
		if f, err = NewBundles(d).RunFile(runID, name); err != nil {
			return nil, path, err
		}
		if path = f.String(); f.Joined() {
			text, err = f.text()
		} else {
			text, err = durable.ReadFile(path, MostJSON)
		}
		if !errors.Is(err, fs.ErrNotExist) { // else joined with others meanwhile
			break
		}
	}
	return text, path, err
}

// readRunJSON is ReadJSON of a file of a run.
func readRunJSON(d Dir, runID, name string, v any) (path string, err error) {
	text, path, err := ReadRunFile(d, runID, name)
	return path, parseJSON(path, text, err, v)
}

// CheckRunFiles returns an error unless the manifest and the plan of a run are what was
// written. They may be about to take the place of its own.
func CheckRunFiles(m *Manifest, f *Folder) error {
	text, whole, err := m.Text()
	for _, name := range []string{manifestFile, planFile} {
		file := f.File(name)
		if err != nil || file == nil {
			continue // of a copy the plan is elsewhere
		}
		var got []byte
		got, err = file.text()
		switch sum := sha256.Sum256(got); {
		case err != nil:
		case name == manifestFile && !(whole && bytes.Equal(got, text)), name == planFile && hex.EncodeToString(sum[:]) != m.PlanSHA256:
			err = fmt.Errorf("%s is not what was written", name)
		}
	}
	return err
}

// joinedRuns are the runs of which bundles have something, in no order. The error is an
// fs.ErrNotExist where others have taken their place meanwhile. What a bundle has that
// cannot be read is not known: who reads its runs is told.
func joinedRuns(d Dir) (ids []string, err error) {
	for _, k := range []*Kind{RunBundles, PageBundles} {
		names := BundleNames(d, k)
		for _, name := range names {
			b, err := ReadBundle(k, filepath.Join(k.Folder(d), name))
			var corrupt *CorruptError
			switch {
			case errors.As(err, &corrupt):
			case err != nil:
				return nil, err
			default:
				ids = append(ids, b.Runs()...)
			}
		}
		if again := BundleNames(d, k); !slices.Equal(again, names) {
			return nil, fs.ErrNotExist
		}
	}
	return ids, nil
}

// OpenPages opens a file of a run's pages. Where a process has joined it with others since
// it was listed, it is in another place.
func OpenPages(d Dir, runID string, f *File) (Section, error) {
	section, err := f.Open()
	for try := 0; errors.Is(err, fs.ErrNotExist) && try < 3; try++ {
		again, lost := d.Pages(runID)
		if lost != nil || again.File(f.Name) == nil {
			break
		}
		section, err = again.File(f.Name).Open()
	}
	return section, err
}

// Joined is what bundles have of a run; nil where they have nothing of it.
func (s *Bundles) Joined(k *Kind, runID string) (*Folder, error) {
	if s.names[k.folder] == nil {
		s.names[k.folder] = BundleNames(s.d, k)
	}
	var damaged error
	for _, name := range s.names[k.folder] {
		if !k.has(name, runID) {
			continue
		}
		path := filepath.Join(k.Folder(s.d), name)
		if s.read[path] == nil {
			b, err := ReadBundle(k, path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) { // joined to another meanwhile
				damaged = err
			}
			if err != nil {
				continue
			}
			s.read[path] = b
		}
		if f, err := s.read[path].Of(runID); f != nil || err != nil {
			return f, err
		}
	}
	return nil, damaged
}

// changed lists the bundles again, and reports whether there are others.
func (s *Bundles) changed(k *Kind) bool {
	names := BundleNames(s.d, k)
	same := slices.Equal(names, s.names[k.folder])
	s.names[k.folder] = names
	return !same
}

// BundleNames are the names of the bundles. Where several have a run the first counts:
// months come before days, which they were made of, and newer ones before older.
func BundleNames(d Dir, k *Kind) []string {
	names := []string{}
	folder, err := os.Open(k.Folder(d))
	if err != nil {
		return names // without any there is none
	}
	defer folder.Close()
	all, _ := folder.Readdirnames(-1) // whoever needs them is told
	for _, name := range all {
		if _, _, ours := k.stamp(name); ours {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		stampA, numberA, _ := k.stamp(a)
		stampB, numberB, _ := k.stamp(b)
		return cmp.Or(cmp.Compare(len(stampA), len(stampB)), cmp.Compare(stampA, stampB), cmp.Compare(numberB, numberA), cmp.Compare(a, b))
	})
	return names
}

// OwnFolder lists the folder of a run that has one of its own; the error is else an
// fs.ErrNotExist.
func OwnFolder(k *Kind, d Dir, runID string) (*Folder, error) {
	return ownFolder(filepath.Join(k.Folder(d), runID))
}

// ownFolder lists a folder of a run's own. It is there whole, or not at all: when its
// files are joined with others, the folder goes first.
func ownFolder(path string) (*Folder, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{Run: filepath.Base(path)}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		f.Files = append(f.Files, File{Name: e.Name(), Path: filepath.Join(path, e.Name()), Bytes: info.Size(), Written: info.ModTime().UnixNano(), Odd: !info.Mode().IsRegular()})
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	f.Changed = info.ModTime().UnixNano()
	return f, nil
}
