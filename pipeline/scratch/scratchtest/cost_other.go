//go:build !linux

package scratchtest

import "testing"

// Proportional skips a test: here nothing tells what one thread's work costs.
func Proportional(tb testing.TB, what string, _ int, _ func(int) func()) {
	tb.Helper()
	tb.Skipf("%s: what it costs is told on Linux only", what)
}
