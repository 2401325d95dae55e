//go:build !linux

package duckdb

import "os"

// reflink reports that files cannot share blocks here.
func reflink(_, _ *os.File) bool { return false }
