package landing

import (
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
	take := func(bytes, written int64) {
		m.Bytes += bytes
		if damaged {
			m.Touched = max(m.Touched, written/1000)
		}
	}
	if pages, err := d.Pages(runID); err == nil { // without any there is none
		for _, file := range pages.Files {
			if _, number := segmentOf(file.Name); number > 0 {
				take(file.Bytes, file.Written)
			}
		}
	}
	if sent, err := store.NewBundles(d).RunFile(runID, "sent.ndjson"); err == nil {
		take(sent.Bytes, sent.Written)
	}
	return m
}
