//go:build unix

package auth

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// planted are ways to put a file where a dying process leaves one. Each holds good
// accounts, those of somebody else, and returns what is said of it.
var planted = map[string]func(t *testing.T, path string, text []byte) (problem string){
	"of another owner": func(t *testing.T, path string, text []byte) string {
		if os.Geteuid() != 0 {
			t.Skip("only root can give files away")
		}
		plant(t, path, text, 0o600)
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		return "belongs to another user (65534)"
	},
	"that others can read": func(t *testing.T, path string, text []byte) string {
		plant(t, path, text, 0o644)
		return "has mode 0644"
	},
	"that others can write": func(t *testing.T, path string, text []byte) string {
		plant(t, path, text, 0o602)
		return "has mode 0602"
	},
	"a link": func(t *testing.T, path string, text []byte) string {
		plant(t, elsewhere(path), text, 0o600)
		if err := os.Symlink(elsewhere(path), path); err != nil {
			t.Fatal(err)
		}
		return "is a link"
	},
	"a link to nothing": func(t *testing.T, path string, _ []byte) string {
		if err := os.Symlink(elsewhere(path), path); err != nil {
			t.Fatal(err)
		}
		return "is a link"
	},
	"a second name": func(t *testing.T, path string, text []byte) string {
		plant(t, elsewhere(path), text, 0o600)
		if err := os.Link(elsewhere(path), path); err != nil {
			t.Fatal(err)
		}
		return "has another name, too"
	},
	"a folder": func(t *testing.T, path string, _ []byte) string {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		return "is a folder"
	},
	"a pipe": func(t *testing.T, path string, _ []byte) string {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		return "is no file"
	},
	"of a newer program": func(t *testing.T, path string, text []byte) string {
		plant(t, path, []byte(strings.Replace(string(text), `"version": 1`, `"version": 2`, 1)), 0o600)
		return "has version 2, this program knows 1"
	},
}

// elsewhere is another file beside a planted one.
func elsewhere(path string) string { return filepath.Join(filepath.Dir(path), "theirs") }

func plant(t *testing.T, path string, text []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// What others put where a dying process leaves a file is said, and neither used nor
// touched; tokens are renewed and stored beside it.
func TestAPlantedFileIsIgnoredAndSaid(t *testing.T) {
	for what, put := range planted {
		for _, name := range []string{".new", ".new-1"} {
			t.Run(what+" "+name, func(t *testing.T) {
				dir := t.TempDir()
				w := newWorld(t, simulator.Config{})
				store, err := Open(filepath.Join(dir, "tokens.json"))
				if err != nil {
					t.Fatal(err)
				}
				w.store = store
				r := w.seed()
				good, err := os.ReadFile(store.Path())
				if err != nil {
					t.Fatal(err)
				}
				theirs := []byte(strings.NewReplacer(string(r.AccessToken), "planted", string(r.RefreshToken), "planted").Replace(string(good)))
				path := store.Path() + name
				problem := put(t, path, theirs)
				before := look(t, path)

				w.clock.advance(3 * time.Hour)
				if token := w.token(w.source()); !w.good(token) {
					t.Error("the token is not good")
				}
				if r := w.stored(); r.AccessToken == "planted" || !w.good(string(r.AccessToken)) {
					t.Error("what was planted is in the token file")
				}
				if after := look(t, path); after != before {
					t.Errorf("it was %s and is %s", before, after)
				}
				ignored := store.Ignored()
				if len(ignored) != 1 || ignored[0].Path != path || !strings.Contains(ignored[0].Error(), problem+", so it is ignored: look who put it there") {
					t.Errorf("got %v, want that it %s", ignored, problem)
				}
				w.cleanFolder(filepath.Base(path), what == "a link to nothing")
				if err := os.RemoveAll(path); err != nil {
					t.Fatal(err)
				}
				if ignored := store.Ignored(); len(ignored) != 0 {
					t.Errorf("when it is gone: %v", ignored)
				}
			})
		}
	}
}

// look is what a name leads to, without going there.
func look(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	if info.Mode().IsRegular() {
		read, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text = string(read)
	}
	return info.Mode().String() + info.ModTime().String() + text
}

// cleanFolder fails when writing left something beside the planted file, or went
// where a link leads.
func (w *world) cleanFolder(planted string, toNothing bool) {
	w.Helper()
	entries, err := os.ReadDir(filepath.Dir(w.store.Path()))
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); name == "theirs" && toNothing || !slices.Contains([]string{"tokens.json", "tokens.json.lock", "theirs", planted}, name) {
			w.Errorf("%s is left", name)
		}
	}
}

// A pair that was written beside a planted file, by a process that died before the
// rename, is found.
func TestALeftoverIsAdoptedBesideAPlantedFile(t *testing.T) {
	w := newWorld(t, simulator.Config{})
	r := w.seed()
	good, err := os.ReadFile(w.store.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", w.store.temporary()); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(w.store.temporary())
	plant(t, w.store.temporary()+"-RANDOM", []byte(strings.ReplaceAll(string(good), string(r.AccessToken), "newer")), 0o600)
	unlock, err := w.store.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	if got := string(w.stored().AccessToken); got != "newer" {
		t.Errorf("the pair was not taken over: %q", got)
	}
	if all := leftovers(w.store.temporary()); len(all) != 1 {
		t.Errorf("left: %v", all)
	}
}

// A pipe in the place of the token file or its lock is an error, and no wait.
func TestAPipeIsNoTokenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path+" is no file") {
		t.Errorf("got %v", err)
	}
	for name, put := range map[string]func(string) error{
		"pipe": func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"link": func(path string) error { return os.Symlink(path+".elsewhere", path) },
	} {
		path := filepath.Join(t.TempDir(), "tokens.json")
		if err := put(path + ".lock"); err != nil {
			t.Fatal(err)
		}
		store, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.lock(t.Context()); err == nil || !strings.Contains(err.Error(), path+".lock is no file") {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := os.Lstat(path + ".lock.elsewhere"); err == nil {
			t.Errorf("%s: it was followed", name)
		}
	}
}
