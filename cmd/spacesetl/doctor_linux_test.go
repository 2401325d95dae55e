package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk that is nearly full is real: a file system of one megabyte.
func TestDoctorSeesAFullDisk(t *testing.T) {
	t.Setenv("X_BEARER_TOKEN", "token-of-the-doctor-test")
	t.Setenv("SPACESETL_TOKEN_FILE", filepath.Join(t.TempDir(), "none"))
	dir := t.TempDir()
	if err := syscall.Mount("spacesetl-test", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("this user cannot mount a small file system:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	code, stdout, _ := spoken(t, "doctor", "--offline", "--store", filepath.Join(dir, "store"))
	if want := "fail  room "; code != 1 || !strings.Contains(stdout, want) {
		t.Errorf("small disk: exit code %d, want 1 and %q in\n%s", code, want, stdout)
	}
	if err := os.WriteFile(filepath.Join(dir, "full"), make([]byte, 1<<20), 0o600); err != nil {
		t.Logf("filled with: %v", err)
	}
	code, stdout, _ = spoken(t, "doctor", "--offline", "--store", filepath.Join(dir, "store"))
	if want := "no space left"; code != 1 || !strings.Contains(stdout, want) {
		t.Errorf("full disk: exit code %d, want 1 and %q in\n%s", code, want, stdout)
	}
}
