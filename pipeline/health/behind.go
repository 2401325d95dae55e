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
		if i < len(runs)-1 && (in || empty(dir, id)) {
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

// empty reports whether nothing of a run has landed: of a hundred days' outage no
// manifest is read for that at each start.
func empty(dir store.Dir, id string) bool {
	entries, err := os.ReadDir(filepath.Join(dir.Raw(), id))
	return err == nil && len(entries) == 0
}

// Kept reports whether a run's Parquet files are there as its manifest lists them,
// by their checksums, too: a database is about to read them.
func Kept(dir store.Dir, m store.Manifest) bool {
	if !m.LoadsTo(store.ParquetFiles) {
		return false
	}
	for _, part := range m.Files {
		if part.Rows > 0 && store.CheckPart(filepath.Join(dir.Parquet(), filepath.FromSlash(part.Path)), part) != nil {
			return false
		}
	}
	return true
}
