package store

import "fmt"

// Format is what this version makes of a store that has what versions before do not
// know. Each change that they would take for damage, or undo, makes it one more:
//
//	1  until October 2026: a run's rows are in files of its own; a store without formatFile
//	2  files of several runs, and maps that say where rows stand
//	3  bundles, which have the pages, plans and manifests of several runs
const Format = 3

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

// known returns a *FormatError for a store of a format that this version does not know.
// A file that is damaged says nothing: no job stops for it.
func known(d Dir) error {
	var f format
	if err := ReadJSON(d.File(formatFile), &f); err == nil && f.Format > Format {
		return &FormatError{string(d), f.Format}
	}
	return nil
}

// note makes a store one of the format that this version makes, before it has anything
// of it.
func note(l *Locked) error {
	var f format
	if err := ReadJSON(l.File(formatFile), &f); err == nil && f.Format >= Format {
		return nil
	}
	return WriteJSON(l.File(formatFile), format{Format}, nil)
}
