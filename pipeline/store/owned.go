package store

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// ownFiles are the files of a store that lie in no folder of it, but for the lock.
var ownFiles = []string{
	"state.json", "ledger.json", "ledger.ndjson", "settled.json", "runs.ndjson", formatFile, PrunedFile, "pruned-state.json", "pruned-ledger.json", "report.html",
	"spaces.duckdb", "spaces.duckdb.wal",
}

// Derived is what else is ours, and of which a copy of a store does without.
var Derived = []string{"lock", "latest", "proved.ndjson"}

// runFiles are those in the folder of a run.
var runFiles = []string{"plan.json", "manifest.json", "sent.ndjson", commitFile}

// emptyFile is that of a table without any other.
const emptyFile = "empty.parquet"

// isEmpty reports whether a path in a table's folder is that of such a file.
func isEmpty(name string) bool {
	return path.Base(name) == emptyFile && IsMap(path.Join(path.Dir(name), mapFile))
}

// Owns reports whether a path below a store, with slashes, is one that we give a file:
// what lies elsewhere is somebody's, or temporary. No such path leads out of the store.
func Owns(name string) bool {
	folder, file := path.Split(name)
	switch parts := strings.Split(name, "/"); {
	case len(parts) == 1:
		return slices.Contains(ownFiles, name)
	case name == "parquet/_latest.json":
		return true
	case !OwnsFolder(strings.TrimSuffix(folder, "/")):
		return false
	case parts[0] == "raw" && len(parts) == 3:
		return isSegment(file)
	case len(parts) == 2 && parts[0] == "raw":
		return PageBundles.names(file)
	case len(parts) == 2 && parts[0] == "runs":
		return RunBundles.names(file)
	case parts[0] == "runs" && len(parts) == 3:
		return slices.Contains(runFiles, file)
	case parts[0] == "parquet" && len(parts) > 2:
		return IsPart(file) || file == emptyFile || IsMap(path.Join(parts[2:]...))
	}
	return false
}

// runForm is how the ids begin that Begin makes.
var runForm = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z-`)

// IsRun reports whether a folder among those of runs is one: somebody's, such as backup,
// has no file of a run, and no pages.
func IsRun(d Dir, name string) bool {
	if CheckRunID(name) != nil || runForm.MatchString(name) {
		return CheckRunID(name) == nil
	}
	for _, path := range []string{d.RunFile(name, "plan.json"), d.RunFile(name, "manifest.json"), filepath.Join(d.Raw(), name)} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// OwnsFolder is Owns of a folder, in which files of ours can lie.
func OwnsFolder(name string) bool {
	switch parts := strings.Split(name, "/"); {
	case len(parts) == 1:
		return slices.Contains([]string{"raw", "runs", "parquet"}, name)
	case len(parts) == 2 && parts[0] != "parquet":
		return OwnsFolder(parts[0]) && CheckRunID(parts[1]) == nil
	case parts[0] == "parquet":
		return isName(parts[1], "") && (len(parts) == 2 || len(parts) == 3 && parts[2] != "" && schemas.PartitionOf(parts[2]) != "")
	}
	return false
}
