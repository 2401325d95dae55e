package main

import (
	"io"
	"testing"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
)

// unwatched is an observer that tells nobody.
func unwatched(t *testing.T) *observe.Observer { return watchedBy(t, nil) }

// watchedBy writes the log there.
func watchedBy(t *testing.T, log io.Writer) *observe.Observer {
	t.Helper()
	w, err := observe.New(observe.Options{Stderr: log})
	if err != nil {
		t.Fatal(err)
	}
	return w
}
