package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Format is the last that this version knows. A store that has what versions before do not
// know has the format of that. Each change that they would take for damage, or undo, makes
// it one more:
//
//	1  until October 2026: a run's rows are in files of its own; a store without formatFile
//	2  files of several runs, and maps that say where rows stand
//	3  bundles, which have the pages, plans and manifests of several runs
//	   pruned runs, whose pages were removed
//	4  Parquet files in other folders than those of days
//	5  pruned tables, whose Parquet files of a month were removed
//	6  a database from which versions of rows were removed
//	7  pages of requests that versions before do not know: looked up tweets, and those with
//	   a Look, of a watch or an import
const Format = RequestsFormat

// RequestsFormat is that of stores with pages of requests that came later.
const RequestsFormat = 7

// formatFile says which format a store has, and nothing else.
const formatFile = "store.json"

// FormatError is a store that a newer version has written.
type FormatError struct {
	Store  string
	Format int
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("store %s has format %d, which a newer spacesetl has made; this one knows those up to %d, and leaves it alone: use that version, or a newer one", e.Store, e.Format, Format)
}

type format struct {
	Format int `json:"format"`
}

// known returns a *FormatError for a store of a format that this version does not know,
// and a *RestoringError for one that is not all there. A file that is damaged says
// nothing: no job stops for it.
func known(d Dir) error {
	if _, err := os.Lstat(d.File(restoringFile)); err == nil {
		from, _ := durable.ReadFile(d.File(restoringFile), mostOwner) // only for the message
		return &RestoringError{string(d), strings.TrimSpace(string(from))}
	}
	var f format
	if err := ReadJSON(d.File(formatFile), &f); err == nil && f.Format > Format {
		return &FormatError{string(d), f.Format}
	}
	return nil
}

// noteFolders does that for a store that gets Parquet files in other folders than those
// of days.
func noteFolders(l *Locked, files []schemas.Part) error {
	if m := (&Manifest{Files: files}); len(files) > 0 && m.Partition() != schemas.PartitionDay {
		return Note(l, 4)
	}
	return nil
}

// Note makes a store one of a format, before it has anything of it.
func Note(l *Locked, n int) error {
	var f format
	if err := ReadJSON(l.File(formatFile), &f); err == nil && f.Format >= n {
		return nil
	}
	return WriteJSON(l.File(formatFile), format{n}, nil)
}

// restoringFile lies in a store while it is restored from a backup, which it names.
const restoringFile = "restoring"

// RestoringError is a store of which a backup has not been restored to its end.
type RestoringError struct{ Store, From string }

func (e *RestoringError) Error() string {
	return fmt.Sprintf("store %s is half restored: spacesetl restore %s --store %s goes on", e.Store, ShellWord(e.From), ShellWord(e.Store))
}

// ShellWord is a text as one word of a shell's command.
func ShellWord(text string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("@%+=:,./-_", r) || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Restoring notes in a folder that it becomes a store, from a backup: until Restored
// nobody takes it for one.
func Restoring(d Dir, from string, step durable.Step) error {
	if err := os.MkdirAll(string(d), 0o777); err != nil {
		return fmt.Errorf("store %s: %w", d, durable.Cause(err))
	}
	return durable.WriteFile(d.File(restoringFile), []byte(from+"\n"), durable.Options{Step: step, Name: "restoring"})
}

// Restored ends Restoring.
func Restored(d Dir) error {
	return errors.Join(os.Remove(d.File(restoringFile)), durable.SyncDir(string(d)))
}

// IsRestoring reports whether a store is being restored.
func IsRestoring(d Dir) bool {
	_, err := os.Lstat(d.File(restoringFile))
	return !errors.Is(err, fs.ErrNotExist)
}
