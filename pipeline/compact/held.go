package compact

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// mostHeld bounds a list of files that are held, in bytes.
const mostHeld = 64 << 20

// Held is the folder of lists of Parquet files that somebody refers to.
func Held(d store.Dir) string { return filepath.Join(d.Parquet(), "_held") }

// Holders are who holds Parquet files, by the file's path in the folder of such. Whoever
// refers to them, as a catalogue of tables does, lists them in a file of his own in the
// folder that Held names, a path a line: they are not joined with others, nor pruned.
func Holders(d store.Dir) (map[string]string, error) {
	held := map[string]string{}
	entries, err := os.ReadDir(Held(d))
	if errors.Is(err, fs.ErrNotExist) {
		return held, nil
	}
	for _, e := range entries {
		var text []byte
		if err == nil && !strings.HasPrefix(e.Name(), "_") && !e.IsDir() {
			text, err = durable.ReadFile(filepath.Join(Held(d), e.Name()), mostHeld)
		}
		for line := range strings.Lines(string(text)) {
			held[strings.TrimSpace(line)] = e.Name()
		}
	}
	return held, err // a list that cannot be read may hold any
}
