package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

var errStop = errors.New("stopped here")

// Whatever step fails, the file is the old one or the new one, whole, and
// nothing lies beside it.
func TestFileIsOldOrNewAndAlone(t *testing.T) {
	for _, c := range []struct {
		fails, want string
	}{
		{"", "new"}, {"x: written", "old"}, {"x: before rename", "old"}, {"x: renamed", "new"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		step := func(name, file string) error {
			if file != path {
				t.Errorf("step %s of %s, want %s", name, file, path)
			}
			if name == c.fails {
				return errStop
			}
			return nil
		}
		err := WriteFile(path, []byte("new"), Options{Step: step, Name: "x"})
		if (err != nil) != (c.fails != "") || err != nil && !errors.Is(err, errStop) {
			t.Errorf("%q fails: error %v", c.fails, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != c.want {
			t.Errorf("%q fails: %q, %v; want %q", c.fails, got, err, c.want)
		}
		if names, _ := os.ReadDir(dir); len(names) != 1 {
			t.Errorf("%q fails: %v lie in the folder", c.fails, names)
		}
	}
}

func TestKeptFileIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := WriteFile(path, []byte("first"), Options{Keep: true}); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("second"), Options{Keep: true}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v, want that it exists", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "first" {
		t.Errorf("%q, want the first", got)
	}
}
