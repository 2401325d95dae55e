//go:build !linux

package jobs_test

import "testing"

// readFiles cannot tell here which files do reads.
func readFiles(_ testing.TB, _ string, do func()) map[string]int {
	do()
	return nil
}
