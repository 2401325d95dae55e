package store

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// A store of a newer version is neither read nor written; one of before is, and becomes
// one of this format with the first file that it does not know.
func TestStoreOfANewerVersionIsLeftAlone(t *testing.T) {
	d := Dir(t.TempDir())
	l, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(d.File(formatFile)); err == nil {
		t.Errorf("%s is there before it is needed", formatFile)
	}
	if err := os.MkdirAll(d.Parquet(), 0o755); err != nil {
		t.Fatal(err)
	}
	next, err := NewTable(l, "spaces")
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
	l.Unlock()
	if got, err := os.ReadFile(d.File(formatFile)); err != nil || !strings.Contains(string(got), `"format": 2`) {
		t.Errorf("%s: %q, %v", formatFile, got, err)
	}
	for text, known := range map[string]bool{`{"format": 1}`: true, `{"format": 2, "more": 1}`: true, `{"format": 3}`: true, `{"format": 4}`: true, `{"format": 5}`: true, `{"format": 6}`: true, `{"format": 7}`: true, `{"format": 8}`: false, `{}`: true, `{"format"`: true} {
		if err := os.WriteFile(d.File(formatFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, runsErr := d.Runs()
		l, lockErr := d.Lock()
		if lockErr == nil {
			l.Unlock()
		}
		if (runsErr == nil) != known || (lockErr == nil) != known {
			t.Errorf("%s: %v, %v, want known %v", text, runsErr, lockErr, known)
		}
		var newer *FormatError
		if strings.Contains(text, "8") && (!errors.As(runsErr, &newer) || !errors.As(lockErr, &newer) || newer.Format != 8) {
			t.Errorf("%s: %v, %v", text, runsErr, lockErr)
		}
	}
}
