package duckdb

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// LockedError says that another process has the database open.
type LockedError struct {
	Path   string
	Holder string // program and process id as DuckDB reports them; may be empty
}

func (e *LockedError) Error() string {
	holder := "another process"
	if e.Holder != "" {
		holder = e.Holder
	}
	return fmt.Sprintf("duckdb %s: open in %s: close it there and run again; nothing is lost, what was fetched is kept", filepath.Base(e.Path), holder)
}

// DamagedError says that a database file cannot be read any more: SetAside makes
// room for a new one, which all runs are merged into again.
type DamagedError struct {
	Path string
	Err  error // what is wrong with it
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("duckdb %s: is damaged: %v", filepath.Base(e.Path), firstLine{e.Err})
}

// Unwrap returns the cause.
func (e *DamagedError) Unwrap() error { return e.Err }

// MemoryError says that DuckDB got too little memory.
type MemoryError struct {
	Path string
	Err  error
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("duckdb %s: too little memory: allow more (--memory, ulimit -v, the container's limit): %v", filepath.Base(e.Path), firstLine{e.Err})
}

// Unwrap returns the cause.
func (e *MemoryError) Unwrap() error { return e.Err }

// How DuckDB says that a database cannot be read, and that it lacks memory.
var (
	damage   = regexp.MustCompile(`(?i)corrupt|checksum|not a valid DuckDB database|read (enough bytes|all of file)|metadata (block|pointer)|Serialization Error|deserializ|WAL (file|entry|version)|replaying WAL|INTERNAL Error|database has been invalidated`)
	noMemory = regexp.MustCompile(`(?i)Out of Memory|bad_alloc|cannot allocate memory`)
)

var lockHolder = regexp.MustCompile(`lock is held in (.*?\(PID \d+\))`)

// wrap says which database an error is about. DuckDB's messages are cut to their first
// line: what follows is a picture of our own SQL.
func wrap(ctx context.Context, path string, err error) error {
	if err == nil {
		return nil
	}
	var held *LockedError
	if errors.As(err, &held) {
		return held
	}
	var damaged *DamagedError
	if errors.As(err, &damaged) {
		return damaged
	}
	name := filepath.Base(path)
	if ctx.Err() != nil {
		return fmt.Errorf("duckdb %s: %w", name, context.Cause(ctx))
	}
	text := err.Error()
	if strings.Contains(text, "different configuration") {
		return &LockedError{Path: path, Holder: "this process"}
	}
	if strings.Contains(text, "Could not set lock on file") || strings.Contains(text, "already open in") {
		locked := &LockedError{Path: path}
		if m := lockHolder.FindStringSubmatch(text); m != nil {
			locked.Holder = m[1]
		}
		return locked
	}
	switch {
	case noMemory.MatchString(text):
		return &MemoryError{Path: path, Err: err}
	case damage.MatchString(text) && !strings.Contains(text, ".parquet"): // else a file of the run is
		return &DamagedError{Path: path, Err: err}
	}
	return fmt.Errorf("duckdb %s: %w", name, firstLine{err})
}

// firstLine is an error told in one line.
type firstLine struct{ error }

func (e firstLine) Error() string {
	line, _, _ := strings.Cut(strings.TrimSpace(e.error.Error()), "\n")
	return line
}

func (e firstLine) Unwrap() error { return e.error }
