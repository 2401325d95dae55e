//go:build !unix

package jobfile

import "testing"

func pipe(t *testing.T, path string) { t.Helper() }
