//go:build !linux

package scratchtest

import "os"

// Memory is a folder in memory where there is one.
func Memory() string { return os.TempDir() }
