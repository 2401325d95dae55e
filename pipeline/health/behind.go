package health

import (
	"path/filepath"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Lacking are the runs that were to be loaded into a database and are not in it as they
// are. Of those that are in it only the newest can have gone on since. One that
// stands elsewhere is to have all runs with rows, whether they were asked to load it or not.
func Lacking(dir store.Dir, destination string, has map[string]string) (lacks []store.Manifest, err error) {
	runs, err := dir.Runs()
	if err != nil {
		return nil, err
	}
	bundles := store.NewBundles(dir)
	for i, id := range runs {
		content, in := has[id]
		if i < len(runs)-1 && (in || empty(bundles, id)) {
			continue
		}
		m, err := dir.Manifest(id)
		if store.Unwritten(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		wanted := m.LoadsTo(destination) || !store.InFolder(destination) && len(m.Files) > 0
		if wanted && !(in && (content == "" || m.Content == "" || content == m.Content)) {
			lacks = append(lacks, m)
		}
	}
	return lacks, nil
}

// empty reports whether nothing of a run has landed: of a hundred days' outage no
// manifest is read for that at each start.
func empty(bundles *store.Bundles, id string) bool {
	pages, err := bundles.Pages(id)
	return err == nil && len(pages.Files) == 0
}

// Kept tells which runs have their Parquet rows where they are listed.
type Kept struct {
	dir     store.Dir
	where   store.Where
	damaged error            // of what says where
	joined  map[string]error // files of several runs that were looked at
}

// NewKept looks where rows stand.
func NewKept(dir store.Dir) *Kept {
	k := &Kept{dir: dir, joined: map[string]error{}}
	k.where, k.damaged = store.ReadWhere(dir)
	return k
}

// Parts are the files with the rows of a run, and maybe of others, with how many of
// them are the run's. It is false where they are not all there as they are listed, by
// their checksums, too: a database is about to read them.
func (k *Kept) Parts(m store.Manifest) (parts []schemas.Part, whole bool) {
	if k.damaged != nil || !m.LoadsTo(store.ParquetFiles) {
		return nil, false
	}
	for _, part := range m.Files {
		if part.Rows == 0 {
			continue
		}
		if j := k.where.Joined(part.Table, m.Run.RunID); j != nil {
			err, looked := k.joined[j.Path]
			if !looked {
				err = k.check(j.Part)
				k.joined[j.Path] = err
			}
			if err != nil {
				return nil, false
			}
			part.Path = j.Path
		} else if k.check(part) != nil {
			return nil, false
		}
		parts = append(parts, part)
	}
	return parts, true
}

func (k *Kept) check(part schemas.Part) error {
	return store.CheckPart(filepath.Join(k.dir.Parquet(), filepath.FromSlash(part.Path)), part)
}
