package durable

import (
	"os"
	"path/filepath"
	"testing"
)

// Folders take each other's place, also where the file system cannot exchange them.
func TestFoldersAreExchanged(t *testing.T) {
	for name, exchange := range map[string]func(a, b string) error{"at once": Exchange, "one after the other": aside} {
		dir := t.TempDir()
		a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
		for _, folder := range []string{a, b} {
			if err := os.MkdirAll(filepath.Join(folder, "of "+filepath.Base(folder)), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		if err := exchange(a, b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for folder, want := range map[string]string{a: "of b", b: "of a"} {
			if _, err := os.Stat(filepath.Join(folder, want)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
