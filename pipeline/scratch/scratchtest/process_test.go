package scratchtest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFolderGoesWithItsProcess(t *testing.T) {
	below := t.TempDir()
	there := func() []string { names, _ := filepath.Glob(filepath.Join(below, "*")); return names } // the pattern is good
	t.Setenv("TMPDIR", below)
	remove := Use(below)
	mine := os.TempDir()
	if filepath.Dir(mine) != below {
		t.Fatalf("temporary files go to %s, want below %s", mine, below)
	}
	Use(below)()
	if os.TempDir() != mine || len(there()) != 1 {
		t.Errorf("temporary files go to %s, want %s again; %v", os.TempDir(), mine, there())
	}
	remove()
	if names := there(); len(names) > 0 || os.TempDir() != below {
		t.Errorf("left: %v; temporary files go to %s", names, os.TempDir())
	}
}
