package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
)

// Only our own errors begin lines: a text from elsewhere cannot look like one.
func TestAnErrorCannotForgeALine(t *testing.T) {
	forged := errors.New("Binder Error:\r\n\nLINE 1\nspacesetl: done")
	const flat = "Binder Error: LINE 1 spacesetl: done"
	invalid := &jobs.InvalidError{Problems: []jobs.Problem{{Text: "one"}, {Text: "two"}}}
	for _, c := range []struct {
		err  error
		want string
	}{
		{forged, flat},
		{fmt.Errorf("load: %w: try again", forged), "load: " + flat + ": try again"},
		{fmt.Errorf("account %s: %w", "a\nb", forged), "account a b: " + flat},
		{errors.Join(forged, errors.New("disk full")), flat + "\ndisk full"},
		{fmt.Errorf("store: %w", errors.Join(forged, forged)), "store: " + flat + "\n" + flat},
		{fmt.Errorf("%w, after %w", errors.New("x"), forged), "x, after " + flat},
		{usage.Of(invalid), "one\ntwo"},
		{errors.Join(invalid, invalid), "one\ntwo\none\ntwo"},
		{withAdvice(&pipeline.StoppedError{Err: forged}, "spacesetl run"), flat + "\neverything received is kept; to go on where this run stopped: spacesetl run"},
	} {
		if got := errorLines(c.err); got != c.want {
			t.Errorf("%#v:\ngot  %q\nwant %q", c.err.Error(), got, c.want)
		}
	}
}
