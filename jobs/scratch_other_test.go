//go:build !linux

package jobs_test

import "os"

func scratchPlace() string { return os.TempDir() }
