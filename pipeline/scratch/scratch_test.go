package scratch

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestMain is a process that makes a folder with files and waits to be killed,
// when BELOW names where.
func TestMain(m *testing.M) {
	if below := os.Getenv("BELOW"); below != "" {
		f, err := New(below, "browse")
		if err == nil {
			err = os.MkdirAll(filepath.Join(f.Path, "1", "results"), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(f.Path, "1", "results", "x.parquet"), []byte("x"), 0o600)
		}
		if err != nil {
			panic(err)
		}
		_, _ = os.Stdout.WriteString("made")
		time.Sleep(time.Minute)
		_ = f.Remove()
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// process starts one that has a folder below another.
func process(t *testing.T, below string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "BELOW="+below)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if n, err := out.Read(make([]byte, 4)); n != 4 {
		t.Fatal(n, err)
	}
	return cmd
}

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

// The folder of a process goes when that was killed, at once, and not before.
func TestFolderOfAKilledProcessGoes(t *testing.T) {
	below := t.TempDir()
	dead, living := process(t, below), process(t, below)
	Sweep(below)
	if names := there(t, below); len(names) != 2 {
		t.Fatalf("of the living: %v", names)
	}
	_ = dead.Process.Kill()
	_ = dead.Wait()
	Sweep(below)
	names := there(t, below)
	if len(names) != 1 {
		t.Fatalf("one is killed, one lives: %v", names)
	}
	if _, err := os.Stat(filepath.Join(below, names[0], "1", "results", "x.parquet")); err != nil {
		t.Error(err)
	}
	_ = living.Process.Kill()
	_ = living.Wait()
	Sweep(below)
	if names := there(t, below); len(names) != 0 {
		t.Errorf("both are killed: %v", names)
	}
}

// What is not a dead folder of ours stays.
func TestSweepTakesOnlyWhatIsOurs(t *testing.T) {
	below, other := t.TempDir(), t.TempDir()
	dead := func(path string, mode os.FileMode) {
		t.Helper()
		for _, name := range []string{"", "results"} {
			if err := os.MkdirAll(filepath.Join(path, name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{lockFile, begun, "results/x"} {
			if err := os.WriteFile(filepath.Join(path, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]bool{ // whether it stays
		"spacesetl-browse-1": false, "spacesetl-verify-2": false, "spacesetl-test-3": false,
		"spacesetl-browse-x": true, "spacesetl-browse-": true, "spacesetl-4": true, "browse-5": true, "spacesetl-browse-6.bak": true, "spacesetl-mine-7": true,
		"spacesetl-browse-777": true,
	}
	for name := range want {
		mode := os.FileMode(0o700)
		if name == "spacesetl-browse-777" {
			mode = 0o777
		}
		dead(filepath.Join(below, name), mode)
	}
	dead(filepath.Join(other, "spacesetl-browse-8"), 0o700)
	if err := os.Symlink(filepath.Join(other, "spacesetl-browse-8"), filepath.Join(below, "spacesetl-browse-8")); err != nil {
		t.Skip(err)
	}
	want["spacesetl-browse-8"] = true
	// Its files may lead elsewhere, the sweep does not.
	if err := os.Symlink(other, filepath.Join(below, "spacesetl-browse-1", "results", "link")); err != nil {
		t.Fatal(err)
	}
	dead(filepath.Join(below, "spacesetl-browse-9"), 0o700)
	if err := os.Remove(filepath.Join(below, "spacesetl-browse-9", lockFile)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(other, "planted"), filepath.Join(below, "spacesetl-browse-9", lockFile)); err != nil {
		t.Fatal(err)
	}
	want["spacesetl-browse-9"] = true
	if os.Geteuid() == 0 {
		dead(filepath.Join(below, "spacesetl-browse-65534"), 0o700)
		if err := os.Chown(filepath.Join(below, "spacesetl-browse-65534"), 65534, 65534); err != nil {
			t.Fatal(err)
		}
		want["spacesetl-browse-65534"] = true
	}
	Sweep(below)
	for name, stays := range want {
		if _, err := os.Lstat(filepath.Join(below, name)); (err == nil) != stays {
			t.Errorf("%s is there: %v, want %v", name, err == nil, stays)
		}
	}
	if names := there(t, other); len(names) != 1 {
		t.Errorf("elsewhere: %v", names)
	}
	if _, err := os.Stat(filepath.Join(other, "spacesetl-browse-8", "results", "x")); err != nil {
		t.Error(err)
	}
}

// Nobody's folder goes, or is left, while others make theirs and sweep.
func TestFoldersAreMadeAndSweptAtOnce(t *testing.T) {
	below := t.TempDir()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 50 {
				f, err := New(below, "browse")
				if err != nil {
					t.Error(err)
					return
				}
				Sweep(below)
				if _, err := os.Stat(filepath.Join(f.Path, begun)); err != nil || !f.lock.Locked() {
					t.Errorf("it is gone (%v) or not locked", err)
				}
				if err := f.Remove(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if names := there(t, below); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
}

// A folder that is being made has a minute for it; one that a version without
// locks made goes only when it is empty.
func TestSweepLeavesWhatIsBeingMade(t *testing.T) {
	below := t.TempDir()
	long := time.Now().Add(-time.Hour)
	for _, c := range []struct {
		name  string
		files []string
		old   bool
		stays bool
	}{
		{"spacesetl-test-1", nil, false, true},
		{"spacesetl-test-2", nil, true, false},
		{"spacesetl-test-3", []string{lockFile}, false, true},
		{"spacesetl-test-4", []string{lockFile}, true, false},
		{"spacesetl-test-5", []string{"result"}, true, true},
		{"spacesetl-test-6", []string{lockFile, begun}, false, false},
	} {
		path := filepath.Join(below, c.name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range c.files {
			if err := os.WriteFile(filepath.Join(path, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if c.old {
			if err := os.Chtimes(path, long, long); err != nil {
				t.Fatal(err)
			}
		}
		Sweep(below)
		if _, err := os.Stat(path); (err == nil) != c.stays {
			t.Errorf("%s, old: %v, with %v: there: %v, want %v", c.name, c.old, c.files, err == nil, c.stays)
		}
	}
}
