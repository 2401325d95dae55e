package landing

import (
	"os"
	"path/filepath"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// Mark is what a run's pages, and the notes of its requests, take on disk: by it
// whoever has read them knows without reading them that they are the same.
type Mark struct {
	Bytes int64 `json:"bytes"`
	// Touched is when the youngest of damaged pages' files was written, in
	// microseconds since 1970: one that is restored need not be longer.
	Touched int64 `json:"touched,omitempty"`
}

// MarkOf looks at the files of a run. Those of a run with damaged pages are marked
// by their times, too; of others a copy has the same mark.
func MarkOf(d store.Dir, runID string, damaged bool) (m Mark) {
	take := func(info os.FileInfo, err error) {
		if err != nil {
			return // gone meanwhile: without it the mark is another
		}
		m.Bytes += info.Size()
		if at := info.ModTime().UnixMicro(); damaged {
			m.Touched = max(m.Touched, at)
		}
	}
	files, _ := os.ReadDir(filepath.Join(d.Raw(), runID)) // without any there is none
	for _, file := range files {
		if _, number := segmentOf(file.Name()); number > 0 {
			take(file.Info())
		}
	}
	take(os.Lstat(store.SentPath(d, runID)))
	return m
}
