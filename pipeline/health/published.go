package health

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// publishedFiles are the Parquet files of a store, by path below the Parquet folder,
// and what of them manifests have claimed.
type publishedFiles struct {
	mu     sync.Mutex
	at     map[string]int // of path in files
	files  []publishedFile
	bytes  int64 // of all
	tables map[string]*TableSize
	where  store.Where
	pruned landing.Pruned
	bad    map[string]bool // joined files that are missing or of another size
	wrong  []string        // maps, and what was pruned, that cannot be read
}

// publishedFile is one of them.
type publishedFile struct {
	size    int64
	at      int64 // when it was written, in nanoseconds since 1970
	claimed bool
}

// published lists the Parquet files.
func published(d store.Dir) (*publishedFiles, error) {
	files := &publishedFiles{at: map[string]int{}, tables: map[string]*TableSize{}, where: store.Where{}, bad: map[string]bool{}}
	var err error
	if files.pruned, err = landing.ReadPruned(d); err != nil {
		files.wrong = append(files.wrong, err.Error())
	}
	tables, err := os.ReadDir(d.Parquet())
	if errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	for _, table := range tables {
		if strings.HasPrefix(table.Name(), "_") || !table.IsDir() && table.Type()&fs.ModeSymlink == 0 {
			continue
		}
		if err := files.table(d, table.Name()); err != nil {
			return nil, err
		}
	}
	return files, err
}

// table lists the files of a table, as they are under one map: a run that joins files
// meanwhile puts others and another map in their place.
func (f *publishedFiles) table(d store.Dir, table string) error {
	before, bytes := len(f.files), f.bytes
	for try := 1; ; try++ {
		m, mapErr := store.ReadMap(d, table)
		if err := f.list(d, table); err != nil {
			return err
		}
		again, err := store.ReadMap(d, table)
		if err != nil || mapErr != nil {
			f.wrong = append(f.wrong, cmp.Or(err, mapErr).Error())
		} else if again.Checksum != m.Checksum && try < 3 {
			for name, i := range f.at {
				if i >= before {
					delete(f.at, name)
				}
			}
			f.files, f.bytes = f.files[:before], bytes
			continue
		}
		f.joined(table, m.Files)
		return nil
	}
}

// joined claims the files that the map of a table lists.
func (f *publishedFiles) joined(table string, files []store.Joined) {
	if len(files) == 0 {
		return
	}
	f.where[table] = files
	t := &TableSize{Name: table}
	f.tables[table] = t
	for _, j := range files {
		i, there := f.at[j.Path]
		if !there || f.files[i].size != j.Bytes {
			f.bad[j.Path] = true
			continue
		}
		f.files[i].claimed = true
		t.Files++
		t.Bytes += j.Bytes
	}
}

func (f *publishedFiles) list(d store.Dir, table string) error {
	folders := []string{table}
	entries, _ := os.ReadDir(filepath.Join(d.Parquet(), table)) // told below
	for _, e := range entries {
		if schemas.PartitionOf(e.Name()) != "" {
			folders = append(folders, table+"/"+e.Name())
		}
	}
	for _, within := range folders {
		folder := filepath.Join(d.Parquet(), filepath.FromSlash(within))
		if info, err := os.Stat(folder); err == nil && !info.IsDir() {
			continue // not ours
		}
		entries, err := os.ReadDir(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue // joined meanwhile
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !store.IsPart(e.Name()) {
				continue
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
				continue // swept meanwhile, or not ours
			}
			if err != nil {
				return err
			}
			f.at[within+"/"+e.Name()] = len(f.files)
			f.files = append(f.files, publishedFile{size: info.Size(), at: info.ModTime().UnixNano()})
			f.bytes += info.Size()
		}
	}
	return nil
}

// elsewhere is the file of a run whose rows stand in a joined one, that had none, or that
// was pruned.
var elsewhere = &publishedFile{}

// claim takes a file for that of a run, whose manifest lists it; nil is one that is
// not there, or not with the size listed.
func (f *publishedFiles) claim(l listed, runID string) *publishedFile {
	var path [256]byte
	f.mu.Lock()
	defer f.mu.Unlock()
	if j := f.where.Joined(l.table, runID); j != nil {
		f.tables[l.table].Rows += l.rows
		if f.bad[j.Path] {
			return nil
		}
		return elsewhere
	}
	i, there := f.at[string(l.appendPath(path[:0], runID))]
	if !there && (l.rows == 0 || f.pruned.Tableless(l.table, runID)) { // without rows earlier versions wrote some
		return elsewhere
	}
	if !there || f.files[i].claimed {
		return nil
	}
	file := &f.files[i]
	file.claimed = true
	if file.size != l.bytes {
		return nil
	}
	t := f.tables[l.table]
	if t == nil {
		t = &TableSize{Name: l.table}
		f.tables[l.table] = t
	}
	t.Files++
	t.Rows += l.rows
	t.Bytes += l.bytes
	return file
}

// unclaimed are those that no manifest lists.
func (f *publishedFiles) unclaimed() (names []string) {
	for name, i := range f.at {
		if !f.files[i].claimed {
			names = append(names, name)
		}
	}
	return names
}
