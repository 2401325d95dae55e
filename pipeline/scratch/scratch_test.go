package scratch

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFolderGoesWithItsProcess(t *testing.T) {
	below := t.TempDir()
	t.Setenv("TMPDIR", below)
	remove := Use(below)
	mine := os.TempDir()
	if filepath.Dir(mine) != below {
		t.Fatalf("temporary files go to %s, want below %s", mine, below)
	}
	dead, young := filepath.Join(below, "spacesetl-test-dead"), filepath.Join(below, "spacesetl-test-young")
	for _, dir := range []string{dead, young} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-time.Hour)
	for _, dir := range []string{dead, mine} {
		if err := os.Chtimes(dir, long, long); err != nil {
			t.Fatal(err)
		}
	}
	Use(below)()
	for dir, want := range map[string]bool{dead: false, young: true, mine: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", filepath.Base(dir), err == nil, want)
		}
	}
	if os.TempDir() != mine {
		t.Errorf("temporary files go to %s, want %s again", os.TempDir(), mine)
	}
	remove()
	if _, err := os.Stat(mine); err == nil || os.TempDir() != below {
		t.Errorf("the folder is there: %v; temporary files go to %s", err == nil, os.TempDir())
	}
}
