package jobs_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// sums are the files below a folder, the lock aside.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "lock" {
			return err
		}
		text, err := os.ReadFile(path)
		sum := sha256.Sum256(text)
		found[path] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// unchanged reports the files that are other ones than before.
func unchanged(t *testing.T, what, dir string, before map[string]string) {
	t.Helper()
	after := sums(t, dir)
	for path, sum := range before {
		if after[path] != sum {
			t.Errorf("%s: %s is not what it was", what, path)
		}
	}
	for path := range after {
		if before[path] == "" {
			t.Errorf("%s: %s is new", what, path)
		}
	}
}

// replayed replays a store, to elsewhere or in place, and returns the first
// error.
func replayed(t *testing.T, dir, out string) error {
	t.Helper()
	for _, err := range jobs.Open(jobs.Spec{Store: dir}, jobs.Options{}).Replay(t.Context(), jobs.ReplayOptions{Out: out}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// Pages that a manifest counts and that are damaged or gone are an error that
// names them. Nothing is made of what is left, and no file changes.
func TestReplayOfDamagedPagesChangesNothing(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	whole := smallStore(t)
	for _, c := range []struct {
		name   string
		damage func(raw string) error
		page   bool // the page can be named
	}{
		{"a byte of a page", func(raw string) error { return changeByte(filepath.Join(raw, "spaces-00001.ndjson.zst"), 150) }, true},
		{"a byte of the last page", func(raw string) error { return changeByte(filepath.Join(raw, "tweets-00001.ndjson.zst"), -40) }, true},
		{"a segment cut short", func(raw string) error { return os.Truncate(filepath.Join(raw, "tweets-00001.ndjson.zst"), 20) }, false},
		{"the pages moved away", func(raw string) error { return os.Rename(raw, raw+".away") }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "store")
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			runs, err := store.Dir(dir).Runs()
			if err != nil {
				t.Fatal(err)
			}
			raw := filepath.Join(dir, "raw", runs[0])
			if err := c.damage(raw); err != nil {
				t.Fatal(err)
			}
			before := sums(t, dir)
			err = replayed(t, dir, "")
			var damage *landing.DamageError
			if !errors.As(err, &damage) || !strings.HasPrefix(damage.File, raw) || (damage.Page != "") != c.page {
				t.Errorf("replay: %v; want a *DamageError that names the file, and the page: %v", err, c.page)
			}
			unchanged(t, "replay", dir, before)
			if wrong := wrongIn(t, dir); !strings.Contains(wrong, raw) {
				t.Errorf("verify says %q, want it to name %s", wrong, raw)
			}
			unchanged(t, "verify", dir, before)
		})
	}
}

func changeByte(name string, at int) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text[(at+len(text))%len(text)] ^= 0x55
	return os.WriteFile(name, text, 0o600)
}

// What reads a store changes nothing in it, though a run is under way there and
// a page half landed.
func TestReadingChangesNothing(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	dir := smallStore(t)
	runs, err := store.Dir(dir).Runs()
	if err != nil {
		t.Fatal(err)
	}
	locked, err := store.Dir(dir).Lock() // as the run under way has it
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Unlock()
	if err := os.Remove(locked.RunFile(runs[0], "manifest.json")); err != nil {
		t.Fatal(err)
	}
	segment := filepath.Join(dir, "raw", runs[0], "spaces-00001.ndjson.zst")
	text, err := os.ReadFile(segment)
	if err == nil {
		err = os.WriteFile(segment, append(text, text[:200]...), 0o600)
	}
	if err := errors.Join(err, os.Remove(locked.File("state.json")), os.Remove(locked.File("ledger.json"))); err != nil {
		t.Fatal(err)
	}
	before := sums(t, dir)
	job := jobs.Open(jobs.Spec{Store: dir, IDs: []string{"1SLjjRYNejbKM"}, Follow: jobfile.FollowOpen}, jobs.Options{})
	for what, read := range map[string]func() error{
		"replay": func() error { return replayed(t, dir, filepath.Join(t.TempDir(), "elsewhere")) },
		"verify": func() error { _, err := job.Verify(t.Context(), proof.Options{}); return err },
		"status": func() error { _, err := job.Status(t.Context(), jobs.StatusOptions{}); return err },
		"cost":   func() error { _, err := job.Cost(t.Context()); return err },
		"plan":   func() error { _, err := job.Plan(t.Context()); return err },
	} {
		if err := read(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		unchanged(t, what, dir, before)
	}
}

// A run removes what is known to be a dead run's and nothing else.
func TestARunLeavesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	dir := oldStore(t)
	job, _ := oldJob(t, dir)
	runs, err := dir.Runs()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dir.RunFile(runs[0], "manifest.json")); err != nil { // lost
		t.Fatal(err)
	}
	day := filepath.Join(dir.Parquet(), "spaces", "run_date=2026-11-29")
	for _, name := range []string{"mycopy-1.parquet", "notes.txt", "20250101T000000Z-abcdef-0.parquet"} {
		if err := os.WriteFile(filepath.Join(day, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := sums(t, dir.Parquet())
	if r, err := job.Run(t.Context()); err != nil || !r.Manifest.Run.Outcome.Complete() {
		t.Fatal(err)
	}
	after := sums(t, dir.Parquet())
	for path, sum := range before {
		if strings.Contains(path, "_staging-") || filepath.Base(path) == "_latest.json" {
			continue // unfinished files of the run that was killed; of the newest run
		}
		if after[path] != sum && !strings.Contains(path, runs[0]) { // this version makes other files of its pages, and none without rows
			t.Errorf("%s is gone, or another one", path)
		}
	}
	o, err := job.Status(t.Context(), jobs.StatusOptions{})
	if err != nil || o.Healthy {
		t.Fatalf("status: %v, healthy %v", err, o.Healthy)
	}
	said := ""
	for _, f := range o.Findings {
		said += f.Text + " " + f.Do + "\n"
	}
	if !strings.Contains(said, "2 files that no manifest lists") || !strings.Contains(said, "20250101T000000Z-abcdef-0.parquet") {
		t.Errorf("status does not say what lies there: %s", said)
	}
}

// Runs that were killed before their first page landed, or even their plan, keep
// no other from being replayed.
func TestReplayLeavesOutWhatNeverLanded(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	dir := store.Dir(smallStore(t))
	runs, err := dir.Runs()
	if err != nil {
		t.Fatal(err)
	}
	const noPlan, noPage = "20250101T000000Z-aaaaaa", "20250102T000000Z-aaaaaa"
	plan := content(t, dir.RunFile(runs[0], "plan.json"))
	for _, id := range []string{noPlan, noPage} {
		if err := os.MkdirAll(filepath.Dir(dir.RunFile(id, "plan.json")), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(dir.RunFile(noPage, "plan.json"), []byte(strings.ReplaceAll(plan, runs[0], noPage)), 0o600); err != nil {
		t.Fatal(err)
	}
	var came []string
	job := jobs.Open(jobs.Spec{Store: string(dir)}, jobs.Options{})
	for r, err := range job.Replay(t.Context(), jobs.ReplayOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		came = append(came, r.Manifest.Run.RunID)
	}
	if len(came) != 1 || came[0] != runs[0] {
		t.Errorf("replayed %v, want %v", came, runs)
	}
	if wrong := wrongIn(t, string(dir)); wrong != "" {
		t.Errorf("verify: %s", wrong)
	}
	for _, id := range []string{noPlan, noPage} { // asked for by name it is said
		for _, err := range job.Replay(t.Context(), jobs.ReplayOptions{Run: id}) {
			if !errors.Is(err, pipeline.ErrNoPages) || !strings.Contains(err.Error(), id) {
				t.Errorf("%s: %v, want an error that says so", id, err)
			}
		}
	}
}

// What is lost of a run that is done is told, and nobody takes it for a run that
// never was.
func TestWhatIsLostOfARunIsTold(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	whole := smallStore(t)
	for name, damage := range map[string]func(d store.Dir, run string) error{
		"plan": func(d store.Dir, run string) error { return os.Remove(d.RunFile(run, "plan.json")) },
		"manifest": func(d store.Dir, run string) error {
			return os.WriteFile(d.RunFile(run, "manifest.json"), []byte("null"), 0o600)
		},
		"pages": func(d store.Dir, run string) error { return os.RemoveAll(filepath.Join(d.Raw(), run)) },
		"plan and pages": func(d store.Dir, run string) error {
			return errors.Join(os.Remove(d.RunFile(run, "plan.json")), os.RemoveAll(filepath.Join(d.Raw(), run)))
		},
	} {
		dir := store.Dir(filepath.Join(t.TempDir(), "store"))
		if err := os.CopyFS(string(dir), os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		runs, err := dir.Runs()
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(damage(dir, runs[0]), os.Remove(dir.File("ledger.json")), os.Remove(dir.File("state.json"))); err != nil {
			t.Fatal(err)
		}
		before := sums(t, string(dir))
		job := jobs.Open(jobs.Spec{Store: string(dir)}, jobs.Options{})
		err = replayed(t, string(dir), "")
		if err == nil || errors.Is(err, pipeline.ErrNoPages) || !strings.Contains(err.Error(), runs[0]) {
			t.Errorf("%s lost, replay: %v, want an error that names the run", name, err)
		}
		unchanged(t, name, string(dir), before)
		if cost, err := job.Cost(t.Context()); err != nil || cost.Damaged > 0 != strings.Contains(name, "pages") {
			t.Errorf("%s lost: cost counts %d damaged pages, %v", name, cost.Damaged, err)
		}
		if o, err := job.Status(t.Context(), jobs.StatusOptions{}); err != nil || o.Healthy {
			t.Errorf("%s lost: status finds the store healthy, %v", name, err)
		}
		if wrong := wrongIn(t, string(dir)); !strings.Contains(wrong, runs[0]) {
			t.Errorf("%s lost: verify says %q", name, wrong)
		}
	}
}

// A folder that was replayed into can be looked at, and a job goes on in it; a
// store with runs of its own is not replayed into.
func TestReplayElsewhere(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	whole, out := smallStore(t), filepath.Join(t.TempDir(), "out")
	for range 2 {
		if err := replayed(t, whole, out); err != nil {
			t.Fatal(err)
		}
	}
	if o, err := jobs.Open(jobs.Spec{Store: out}, jobs.Options{}).Status(t.Context(), jobs.StatusOptions{}); err != nil || !o.Healthy {
		t.Errorf("status of the copy: %v, %+v", err, o)
	}
	world := simulator.New(simulator.Config{Spaces: 20, NoRateLimits: true})
	server := httptest.NewServer(world)
	defer server.Close()
	spec := jobs.Spec{Name: "small", Store: out, BaseURL: server.URL, IDs: world.SpaceIDs(2)}
	spec.Defaults()
	ran(t, spec, jobs.Options{Tokens: jobs.Tokens{App: "token-of-the-replay-test"}})
	if _, err := jobs.Open(spec, jobs.Options{}).Cost(t.Context()); err != nil {
		t.Error(err)
	}
	before := sums(t, out)
	if err := replayed(t, whole, out); err == nil || !strings.Contains(err.Error(), "runs of its own") {
		t.Errorf("replay into a store with runs of its own: %v", err)
	}
	unchanged(t, "replay", out, before)
}

// What is derived and damaged is made again.
func TestDerivedFilesInDoubtAreMadeAgain(t *testing.T) {
	t.Parallel()
	dir := store.Dir(smallStore(t))
	job := jobs.Open(jobs.Spec{Store: string(dir)}, jobs.Options{})
	want, err := job.Cost(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{`"returned": `, `"returned": 1`}, {`"lines": [`, `"lines": [], "was": [`}} {
		text := content(t, dir.File("ledger.json"))
		changed := strings.Replace(text, change[0], change[1], 1)
		if changed == text {
			t.Fatalf("ledger.json has no %s", change[0])
		}
		overwrite(t, dir.File("ledger.json"), []byte(changed))
		if got, err := job.Cost(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: cost %+v, %v, want %+v", change[1], got, err, want)
		}
		overwrite(t, dir.File("ledger.json"), []byte(text))
	}
}
