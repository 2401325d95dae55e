package main

import (
	"testing"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
)

// unwatched is an observer that tells nobody.
func unwatched(t *testing.T) *observe.Observer {
	t.Helper()
	w, err := observe.New(observe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}
