package main

import (
	"errors"
	"strings"
	"testing"
)

func TestMemoryIsDivided(t *testing.T) {
	const mib = 1 << 20
	none := func() (uint64, error) { return 0, errors.New("no limit") }
	container := func(size uint64) func() (uint64, error) { return func() (uint64, error) { return size, nil } }
	for _, c := range []struct {
		asked     string
		container func() (uint64, error)
		want      memory
	}{
		{"", none, memory{192 * mib, 0}},
		{"", container(8 << 30), memory{192 * mib, 6<<30 - 128*mib}},
		{"", container(256 * mib), memory{96 * mib, 64 * mib}},
		{"", container(64 * mib), memory{64 * mib, 64 * mib}},
		{"1GiB", container(256 * mib), memory{512 * mib, 896 * mib}},
		{"2 GB", none, memory{1_000_000_000, 2_000_000_000 - 128*mib}},
		{"384mib", none, memory{192 * mib, 256 * mib}},
	} {
		if got, err := memoryFor(c.asked, c.container); err != nil || got != c.want {
			t.Errorf("%q: %v %v, want %v", c.asked, got, err, c.want)
		}
	}
	for _, wrong := range []string{"lots", "1", "64MiB", "-1GB", "10 EB"} {
		if got, err := memoryFor(wrong, none); err == nil || !strings.Contains(err.Error(), "--memory") {
			t.Errorf("%q: %v %v, want an error that names the flag", wrong, got, err)
		}
	}
}
