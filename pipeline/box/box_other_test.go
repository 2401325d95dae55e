//go:build !linux

package box

import "testing"

func watched(*testing.T, *Box) func() int64 { return func() int64 { return 0 } }
