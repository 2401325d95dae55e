package scratchtest

import (
	"os"
	"path/filepath"
	"testing"
)

// there are the names in a folder.
func there(t *testing.T, below string) []string {
	t.Helper()
	entries, err := os.ReadDir(below)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFolderGoesWithItsProcess(t *testing.T) {
	below := t.TempDir()
	t.Setenv("TMPDIR", below)
	remove := Use(below)
	mine := os.TempDir()
	if filepath.Dir(mine) != below {
		t.Fatalf("temporary files go to %s, want below %s", mine, below)
	}
	Use(below)()
	if os.TempDir() != mine || len(there(t, below)) != 1 {
		t.Errorf("temporary files go to %s, want %s again; %v", os.TempDir(), mine, there(t, below))
	}
	remove()
	if names := there(t, below); len(names) > 0 || os.TempDir() != below {
		t.Errorf("left: %v; temporary files go to %s", names, os.TempDir())
	}
}
