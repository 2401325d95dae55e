package keep_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

func same(t *testing.T, when, a, b string) {
	t.Helper()
	x, y := scratchtest.Files(t, a), scratchtest.Files(t, b)
	for name, text := range x {
		if other, ok := y[name]; !ok || other != text {
			t.Errorf("%s: %s is another in %s than in %s (there: %v)", when, name, b, a, ok)
		}
	}
	for name := range y {
		if _, ok := x[name]; !ok {
			t.Errorf("%s: %s has %s, which %s has not", when, b, name, a)
		}
	}
}

// A backup that is killed at any step leaves the one before, or the new one; the next
// is whole, and so is a store that is restored after a restore failed at any step.
func TestKilledAtAnyStep(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	j := newJob(t, "parquet")
	j.spec.With, j.spec.Creators = nil, nil
	j.run(t)
	dir := t.TempDir()
	to, before, now := filepath.Join(dir, "backup"), filepath.Join(dir, "before"), j.spec.Store
	backup(t, keep.Config{Store: store.Dir(now), To: to})
	if err := os.CopyFS(before, os.DirFS(now)); err != nil {
		t.Fatal(err)
	}
	for range 3 { // files of two days are joined: the backup loses some
		j.run(t)
	}
	var steps []string
	count := func(name, _ string) error { steps = append(steps, name); return nil }
	first := filepath.Join(dir, "first")
	if err := os.CopyFS(first, os.DirFS(to)); err != nil {
		t.Fatal(err)
	}
	backup(t, keep.Config{Store: store.Dir(now), To: first, Step: count})
	kinds := map[string]int{}
	for n, name := range steps {
		if kinds[name]++; kinds[name]%16 != 1 && n != len(steps)-1 {
			continue // of those alike every sixteenth
		}
		at := filepath.Join(dir, "at")
		if err := errors.Join(os.RemoveAll(at), os.CopyFS(at, os.DirFS(to))); err != nil {
			t.Fatal(err)
		}
		killed(t, child{Store: now, To: at, Kill: n + 1})
		r := filepath.Join(dir, "restored")
		restored(t, at, r)
		if runs, _ := store.Dir(r).Runs(); len(runs) == 1 {
			same(t, name, before, r)
		} else {
			same(t, name, now, r)
		}
		backup(t, keep.Config{Store: store.Dir(now), To: at})
		if err := os.RemoveAll(r); err != nil {
			t.Fatal(err)
		}
		restored(t, at, r)
		same(t, name+", and again", now, r)
		_ = os.RemoveAll(r)
	}
	if len(kinds) < 6 {
		t.Errorf("steps: %v", kinds)
	}
	failingRestore(t, dir, first, now)
}

func failingRestore(t *testing.T, dir, from, now string) {
	t.Helper()
	full := errors.New("full")
	for n := 1; ; n += 5 {
		r := filepath.Join(dir, "half")
		_ = os.RemoveAll(r)
		_, err := keep.Restore(t.Context(), keep.From{Backup: from, Store: store.Dir(r), Step: at(n, func() error { return full })})
		if err == nil && n > 5 {
			return
		}
		if !errors.Is(err, full) {
			t.Fatalf("step %d: %v", n, err)
		}
		if _, lockErr := os.Stat(filepath.Join(r, "restoring")); lockErr == nil {
			var half *store.RestoringError
			_, err := store.Dir(r).Lock()
			if _, runsErr := store.Dir(r).Runs(); !errors.As(err, &half) || !errors.As(runsErr, &half) || !strings.Contains(half.Error(), "spacesetl restore "+from+" --store "+r) {
				t.Errorf("step %d: %v, %v", n, err, runsErr)
			}
		}
		restored(t, from, r)
		same(t, "restored after a restore that failed", now, r)
	}
}

func killed(t *testing.T, c child) {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childCopy+"="+string(text), "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
			return
		}
	}
	t.Fatalf("step %d: %v\n%s", c.Kill, err, out)
}

// What is damaged or lost in a store is copied as it is, and said; a backup that had it
// whole keeps that.
func TestDamageIsSaidAndCostsNoBackup(t *testing.T) {
	for runs, patterns := range map[int][]string{
		1: {"raw/*/*.zst", "parquet/spaces/*/*-0.parquet", "runs/*/plan.json", "runs/*/manifest.json"},
		6: {"raw/*.zst", "runs/*.zst"}, // of days that are over
	} {
		t.Run(patterns[0], func(t *testing.T) { damageIsSaid(t, runs, patterns) })
	}
}

func damageIsSaid(t *testing.T, runs int, patterns []string) {
	t.Parallel()
	j := newJob(t, "parquet")
	j.spec.With, j.spec.Creators = nil, nil
	for range runs {
		j.run(t)
	}
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	backup(t, keep.Config{Store: store.Dir(j.spec.Store), To: good})
	kept := scratchtest.Files(t, good)
	for _, pattern := range patterns {
		names, _ := filepath.Glob(filepath.Join(j.spec.Store, pattern))
		if len(names) == 0 {
			t.Fatalf("no %s", pattern)
		}
		text, err := os.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, damage := range []func() error{
			func() error {
				changed := []byte(string(text))
				changed[len(changed)/2] ^= 1
				return os.WriteFile(names[0], changed, 0o666)
			},
			func() error { return os.Remove(names[0]) },
		} {
			if err := damage(); err != nil {
				t.Fatal(err)
			}
			sum := backup(t, keep.Config{Store: store.Dir(j.spec.Store), To: good})
			if len(sum.Problems) == 0 || !strings.Contains(sum.Problems[0], names[0]) || !strings.Contains(sum.Problems[0], "the backup keeps the one it had") {
				t.Errorf("%s: %q", pattern, sum.Problems)
			}
			name := strings.TrimPrefix(names[0], j.spec.Store)
			if scratchtest.Files(t, good)[name] != kept[name] {
				t.Errorf("%s: the backup has another now", pattern)
			}
			other := filepath.Join(dir, "other.tar.zst")
			if sum := backup(t, keep.Config{Store: store.Dir(j.spec.Store), To: other}); len(sum.Problems) == 0 && pattern != "runs/*/manifest.json" {
				t.Errorf("%s: nothing is wrong with the first backup", pattern)
			}
			if _, err := os.Stat(names[0]); err == nil {
				r := filepath.Join(dir, "r")
				if got := restored(t, other, r); len(got.Problems) == 0 {
					t.Errorf("%s: nothing is wrong with what was restored", pattern)
				}
				same(t, pattern, j.spec.Store, r)
				_ = os.RemoveAll(r)
			}
		}
		if err := os.WriteFile(names[0], text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := filepath.Join(dir, "r")
	if got := restored(t, good, r); len(got.Problems) > 0 {
		t.Errorf("restored: %q", got.Problems)
	}
	j.in(r).whole(t, "restored")
}
