package health

import (
	"os"
	"path/filepath"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// Lacking are the runs that were to be loaded into the database and are not in it as
// they are. Of those that are in it only the newest can have gone on since.
func Lacking(dir store.Dir, has map[string]string) (lacks []store.Manifest, err error) {
	runs, err := dir.Runs()
	if err != nil {
		return nil, err
	}
	for i, id := range runs {
		content, in := has[id]
		if in && i < len(runs)-1 {
			continue
		}
		m, err := dir.Manifest(id)
		if store.Unwritten(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if m.LoadsTo(store.DuckDBFile) && !(in && (content == "" || m.Content == "" || content == m.Content)) {
			lacks = append(lacks, m)
		}
	}
	return lacks, nil
}

// Kept reports whether a run's Parquet files are there, as far as their sizes tell.
func Kept(dir store.Dir, m store.Manifest) bool {
	if !m.LoadsTo(store.ParquetFiles) {
		return false
	}
	for _, part := range m.Files {
		info, err := os.Stat(filepath.Join(dir.Parquet(), filepath.FromSlash(part.Path)))
		if err != nil || info.Size() != part.Bytes {
			return false
		}
	}
	return true
}
