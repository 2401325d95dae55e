package main

import (
	"errors"
	"strings"
	"testing"
)

func TestMemorySize(t *testing.T) {
	none := func() (uint64, error) { return 0, errors.New("no limit") }
	small := func() (uint64, error) { return 256 << 20, nil }
	tiny := func() (uint64, error) { return 64 << 20, nil }
	large := func() (uint64, error) { return 8 << 30, nil }
	for _, c := range []struct {
		asked     string
		container func() (uint64, error)
		want      int64
	}{
		{"", none, 384 << 20},
		{"", large, 384 << 20},
		{"", small, 192 << 20},
		{"", tiny, 128 << 20},
		{"1GiB", small, 1 << 30},
		{"2 GB", none, 2_000_000_000},
		{"512mib", none, 512 << 20},
	} {
		if got, err := memorySize(c.asked, c.container); err != nil || got != c.want {
			t.Errorf("%q: %d %v, want %d", c.asked, got, err, c.want)
		}
	}
	for _, wrong := range []string{"lots", "1", "64MiB", "-1GB", "10 EB"} {
		if got, err := memorySize(wrong, none); err == nil || !strings.Contains(err.Error(), "--memory") {
			t.Errorf("%q: %d %v, want an error that names the flag", wrong, got, err)
		}
	}
}
