package health

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// seen is how the files of a run were when they were read, as a text: whoever changes
// one gives it another time. It has sizes in bytes, times in nanoseconds since 1970,
// and the names of the files of pages; what is not there has neither.
type seen string

// errOdd is something that no note is made of.
var errOdd = errors.New("it is no file of a run")

// glimpse appends the size and the time of a file, or the time of a folder, in which
// something was put then or taken out of it.
func glimpse(text []byte, path string, folder bool) ([]byte, error) {
	info, err := os.Lstat(path)
	if err == nil && folder && info.Mode()&fs.ModeSymlink != 0 {
		info, err = os.Stat(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return append(text, '-', ' '), nil
	case err != nil:
		return text, err
	case folder != info.IsDir() || !folder && !info.Mode().IsRegular():
		return text, errOdd
	}
	if !folder {
		text = append(strconv.AppendInt(text, info.Size(), 10), ' ')
	}
	return append(strconv.AppendInt(text, info.ModTime().UnixNano(), 10), ' '), nil
}

// seenOf looks at the files of a run, whose pages are in files of these names. Those in a
// bundle are as they were before.
func seenOf(bundles *store.Bundles, d store.Dir, id string, names []string) (seen, error) {
	text, err := glimpses(make([]byte, 0, 64*(len(names)+4)), bundles, store.RunBundles, d, id, "manifest.json", "plan.json")
	if err == nil {
		text, err = glimpses(text, bundles, store.PageBundles, d, id, names...)
	}
	return seen(text), err
}

// glimpses looks at the folder of a run and at files in it, whose names are noted, too,
// where they are those of pages.
func glimpses(text []byte, bundles *store.Bundles, k *store.Kind, d store.Dir, id string, names ...string) ([]byte, error) {
	folder := filepath.Join(k.Folder(d), id)
	before := len(text)
	text, err := glimpse(text, folder, true)
	var joined *store.Folder
	if err == nil && string(text[before:]) == "- " {
		if joined, err = bundles.Joined(k, id); joined != nil {
			text = append(strconv.AppendInt(text[:before], joined.Changed, 10), ' ')
		}
	}
	for _, name := range names {
		if isPageFile(name) {
			text = append(append(text, name...), ' ')
		}
		switch {
		case err != nil:
		case joined == nil:
			text, err = glimpse(text, folder+"/"+name, false)
		case joined.File(name) == nil:
			text = append(text, "- "...)
		default:
			file := joined.File(name)
			text = append(strconv.AppendInt(text, file.Bytes, 10), ' ')
			text = append(strconv.AppendInt(text, file.Written, 10), ' ')
		}
	}
	return text, err
}

// names are those of the files of pages.
func (s seen) names() (names []string) {
	fields := strings.Fields(string(s))
	for _, field := range fields {
		if field != "-" && !digits(field) {
			names = append(names, field)
		}
	}
	return names
}

// manifestAt is when the manifest was written.
func (s seen) manifestAt() (at int64) {
	var folder, size int64
	_, _ = fmt.Sscan(string(s), &folder, &size, &at) // without one it is 0
	return at
}
