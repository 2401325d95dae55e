package load

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

var lockHolder = regexp.MustCompile(`lock is held in (.*?\(PID \d+\))`)

// wrap says which database an error is about. DuckDB's messages are cut to their first
// line: what follows is a picture of our own SQL.
func wrap(ctx context.Context, path string, err error) error {
	if err == nil {
		return nil
	}
	var known *LockedError
	if errors.As(err, &known) {
		return known
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
	return fmt.Errorf("duckdb %s: %w", name, firstLine{err})
}

// firstLine is an error told in one line.
type firstLine struct{ error }

func (e firstLine) Error() string {
	line, _, _ := strings.Cut(strings.TrimSpace(e.error.Error()), "\n")
	return line
}

func (e firstLine) Unwrap() error { return e.error }
