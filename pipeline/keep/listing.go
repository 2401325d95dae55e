package keep

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// listing is what lies in a store at a time.
type listing struct {
	files   map[string]fs.FileInfo // ours, by path with slashes
	foreign []string               // what is not ours by its name, or is no file
}

// list looks at all folders of a store that can have files of ours.
func list(d store.Dir) (*listing, error) {
	l := &listing{files: map[string]fs.FileInfo{}}
	return l, l.walk(string(d), "")
}

func (l *listing) walk(root, folder string) error {
	entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(folder)))
	if errors.Is(err, fs.ErrNotExist) && folder != "" {
		return nil // joined, or swept, meanwhile
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		if strings.HasPrefix(e.Name(), "_") && !store.Owns(name) || slices.Contains(store.Derived, name) {
			continue // temporary, or the next run makes it
		}
		info, err := e.Info()
		if err == nil && info.Mode()&fs.ModeSymlink != 0 && store.OwnsFolder(name) { // folders may be links, files may not
			info, err = os.Stat(filepath.Join(root, filepath.FromSlash(name)))
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case info.IsDir() && store.OwnsFolder(name):
			if err := l.walk(root, name); err != nil {
				return err
			}
		case info.Mode().IsRegular() && store.Owns(name):
			l.files[name] = info
		default:
			l.foreign = append(l.foreign, name)
		}
	}
	return nil
}

// kind orders files by what they are.
type kind int

const (
	receipts kind = iota // plans, manifests and what is derived of pages
	tables
	pages
	sent
	database
)

func kindOf(name string) kind {
	switch {
	case strings.HasPrefix(name, "parquet/"):
		return tables
	case strings.HasPrefix(name, "raw/"):
		return pages
	case path.Base(name) == "sent.ndjson":
		return sent
	case strings.HasPrefix(name, "spaces.duckdb"):
		return database
	}
	return receipts
}

// grows reports whether a file is one that a run at work appends to. What was added is
// of no moment: the copy is that of a run that was killed before.
func grows(name string) bool { k := kindOf(name); return k == pages || k == sent }

// order is the files in the order in which they are copied.
func (l *listing) order() []string {
	names := make([]string, 0, len(l.files))
	for name := range l.files {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if k := kindOf(a) - kindOf(b); k != 0 {
			return int(k)
		}
		return strings.Compare(a, b)
	})
	return names
}

// equals reports whether nothing has changed since an earlier listing but what grows.
func (l *listing) equals(earlier *listing) bool {
	if earlier == nil {
		return false
	}
	for name, info := range l.files {
		was := earlier.files[name]
		if !grows(name) && (was == nil || !unchanged(was, info)) {
			return false
		}
	}
	for name, was := range earlier.files {
		info := l.files[name]
		if info == nil || grows(name) && info.Size() < was.Size() {
			return false
		}
	}
	return true
}

// unchanged reports whether two looks at a file saw the same one.
func unchanged(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
