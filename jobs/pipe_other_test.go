//go:build !unix

package jobs

import "testing"

func pipe(t *testing.T, path string) { t.Helper() }
