//go:build unix

package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What is no regular file is refused at once, whoever asks for it, and what a
// link leads to stays as it is.
func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	whole := at("whole")
	if err := errors.Join(os.WriteFile(whole, []byte("text"), 0o600), os.Mkdir(at("folder"), 0o700), syscall.Mkfifo(at("pipe"), 0o600),
		os.Symlink(whole, at("link")), os.Symlink("itself", at("itself")), os.Symlink("/dev/zero", at("zero")), os.Symlink(dir, at("linked"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"folder", "pipe", "link", "itself", "zero"} {
		_, openErr := Open(at(name))
		_, readErr := ReadFile(at(name), 1<<20)
		_, writeErr := OpenFile(at(name), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		for what, err := range map[string]error{"Regular": Regular(at(name)), "Open": openErr, "ReadFile": readErr, "OpenFile": writeErr} {
			if !errors.Is(err, ErrNotRegular) {
				t.Errorf("%s of a %s: %v, want ErrNotRegular", what, name, err)
			}
			if leads := strings.Contains(err.Error(), "put the file itself"); leads != (name == "link" || name == "itself" || name == "zero") {
				t.Errorf("%s of a %s: %v", what, name, err)
			}
		}
	}
	for _, name := range []string{"whole", "linked/whole"} {
		if text, err := ReadFile(at(name), 4); string(text) != "text" || err != nil {
			t.Errorf("%s: read %q, %v", name, text, err)
		}
	}
	if _, err := ReadFile(whole, 3); err == nil {
		t.Error("a file that is too long was read")
	}
	if _, err := Open(at("nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	made, err := OpenFile(at("made"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_ = made.Close()
}

// A file that is all hole takes no memory.
func TestSparseFilesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sparse")
	file, err := os.Create(path)
	if err == nil {
		err = errors.Join(file.Truncate(10<<30), file.Close())
	}
	if err != nil {
		t.Skip("no sparse files here:", err)
	}
	for _, most := range []int64{1 << 20, 20 << 30} {
		if _, err := ReadFile(path, most); err == nil {
			t.Error("10 GB were read")
		}
	}
}
