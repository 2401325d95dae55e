package jobs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// runsNoted is the file in which a run notes what status is to know of the runs.
const runsNoted = "runs.ndjson"

// notedStore is the store of a job that runs every hour.
type notedStore struct {
	*testing.T
	spec  jobs.Spec
	now   time.Time
	steps int // until the disk is full; 0 for never
}

func newNotedStore(t *testing.T) *notedStore {
	t.Helper()
	s := &notedStore{T: t, now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	world := simulator.New(simulator.Config{Spaces: 60, NoRateLimits: true, Evolve: true, EvolveOver: 8 * time.Hour, Now: func() time.Time { return s.now }})
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	s.spec = jobs.Spec{Name: "noted", Store: t.TempDir(), BaseURL: server.URL, Follow: jobfile.FollowOpen, To: []string{"parquet"}, IDs: world.SpaceIDsByState("live", 5), Creators: world.CreatorIDs(5)}
	s.spec.Defaults()
	return s
}

func (s *notedStore) options() jobs.Options {
	var left atomic.Int64
	left.Store(int64(s.steps))
	o := onClock(func() time.Time { return s.now })
	o.Step = func(string, string) error {
		if left.Add(-1) == 0 {
			return errors.New("the disk is full")
		}
		return nil
	}
	return o
}

// hour is a run of the job on the store in a folder.
func (s *notedStore) hour(dir string) error {
	spec := s.spec
	spec.Store = dir
	_, err := jobs.Open(spec, s.options()).Run(s.Context())
	s.now = s.now.Add(time.Hour)
	return err
}

// said is what status and doctor say of the store in a folder.
func (s *notedStore) said(dir string) (text string, noted int) {
	s.Helper()
	var said bytes.Buffer
	o, err := jobs.Open(jobs.Spec{Store: dir}, s.options()).Status(s.Context(), jobs.StatusOptions{})
	if err == nil {
		o.Lock = store.Holder{}
		err = json.NewEncoder(&said).Encode(o)
	}
	fmt.Fprintln(&said, err)
	var v health.Verification
	runs, err := store.Dir(dir).Runs()
	if err == nil {
		err = health.VerifyQuickly(s.Context(), &v, store.Dir(dir), runs, health.ReadNotes(store.Dir(dir)))
	}
	noted, v.Noted = v.Noted, 0
	fmt.Fprintln(&said, err, json.NewEncoder(&said).Encode(v))
	return said.String(), noted
}

// same compares what is said of the store in a folder with what is said without the
// notes, and returns how many runs were not read since they are noted.
func (s *notedStore) same(what, dir string) (noted int) {
	s.Helper()
	with, noted := s.said(dir)
	kept := filepath.Join(s.TempDir(), "kept")
	if err := os.Rename(filepath.Join(dir, runsNoted), kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.Fatal(err)
	}
	without, none := s.said(dir)
	if err := os.Rename(kept, filepath.Join(dir, runsNoted)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.Fatal(err)
	}
	if with != without {
		s.Errorf("%s: with the notes\n%s\nwithout\n%s", what, with, without)
	}
	if none != 0 {
		s.Errorf("%s: %d runs noted without a file", what, none)
	}
	return noted
}

// copied is a copy of a store, as a backup is: with the times of its files.
func copied(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	err := os.CopyFS(to, os.DirFS(from))
	var names []string
	err = errors.Join(err, filepath.WalkDir(from, func(name string, _ fs.DirEntry, err error) error {
		names = append(names, name)
		return err
	}))
	for _, name := range slices.Backward(names) { // what is in a folder before the folder
		rest, _ := filepath.Rel(from, name)
		info, statErr := os.Stat(name)
		if err = errors.Join(err, statErr); err == nil {
			err = os.Chtimes(filepath.Join(to, rest), time.Time{}, info.ModTime())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// What status and doctor say of a store does not depend on what was noted of its runs:
// whatever is done to the store or to the notes.
func TestNotesHideNothing(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	s := newNotedStore(t)
	dir := s.spec.Store
	const runs = 5
	for i := range runs {
		if s.steps = 0; i == 2 {
			s.steps = 30
		}
		if err := s.hour(dir); (err != nil) != (i == 2) {
			t.Fatal(i, err)
		}
	}
	ids, err := store.Dir(dir).Runs()
	if err != nil || len(ids) != runs {
		t.Fatal(ids, err)
	}
	if noted := s.same("untouched", dir); noted != runs {
		t.Errorf("%d of %d runs are noted", noted, runs)
	}
	second := ids[1]
	write := func(text string) func(string) error {
		return func(name string) error { return os.WriteFile(name, []byte(text), 0o600) }
	}
	edit := func(old, new string) func(string) error {
		return func(name string) error {
			text, err := os.ReadFile(name)
			if !bytes.Contains(text, []byte(old)) {
				t.Errorf("%s has no %s", name, old)
			}
			return errors.Join(err, os.WriteFile(name, bytes.Replace(text, []byte(old), []byte(new), 1), 0o600))
		}
	}
	cut := func(name string) error { return os.Truncate(name, 20) }
	half := func(name string) error {
		info, err := os.Stat(name)
		return errors.Join(err, os.Truncate(name, info.Size()*2/3))
	}
	flip := func(name string) error {
		text, err := os.ReadFile(name)
		text[len(text)/2] ^= 0xff
		return errors.Join(err, os.WriteFile(name, text, 0o600))
	}
	link := func(name string) error { return errors.Join(os.Rename(name, name+"-2"), os.Symlink(name+"-2", name)) }
	folder := func(name string) error { return errors.Join(os.Remove(name), os.Mkdir(name, 0o700)) }
	for name, c := range map[string]struct {
		path  string
		do    func(string) error
		noted int // of the runs
	}{
		"manifest edited":          {"runs/" + second + "/manifest.json", edit(`"rows": `, `"rows": 1`), runs - 1},
		"manifest removed":         {"runs/" + second + "/manifest.json", os.Remove, runs - 1},
		"manifest cut":             {"runs/" + second + "/manifest.json", cut, runs - 1},
		"manifest of another form": {"runs/" + second + "/manifest.json", edit("\n", " \n"), runs - 1},
		"manifest a link":          {"runs/" + second + "/manifest.json", link, runs - 1},
		"manifest a folder":        {"runs/" + second + "/manifest.json", folder, runs - 1},
		"plan edited":              {"runs/" + second + "/plan.json", edit(`"job": "noted"`, `"job": "other"`), runs - 1},
		"plan removed":             {"runs/" + second + "/plan.json", os.Remove, runs - 1},
		"plan cut":                 {"runs/" + second + "/plan.json", cut, runs - 1},
		"run removed":              {"runs/" + second, os.RemoveAll, runs - 1},
		"run with nothing":         {"runs/20261101T013000Z-000000", func(name string) error { return os.Mkdir(name, 0o700) }, runs},
		"unfinished manifest left": {"runs/" + second + "/_manifest.json-123", write("{"), runs - 1},
		"died while it committed":  {"runs/" + second + "/commit.json", write("[]"), runs - 1},
		"pages cut":                {"raw/" + second + "/creators-00001.ndjson.zst", cut, runs - 1},
		"pages damaged":            {"raw/" + second + "/creators-00001.ndjson.zst", flip, runs - 1},
		"pages of a file removed":  {"raw/" + second + "/creators-00001.ndjson.zst", os.Remove, runs - 1},
		"pages a link":             {"raw/" + second + "/creators-00001.ndjson.zst", link, runs - 1},
		"pages removed":            {"raw/" + second, os.RemoveAll, runs - 1},
		"more beside the pages":    {"raw/" + second + "/mine.txt", write("mine"), runs - 1},
		"Parquet file removed":     {"parquet/spaces/run_date=2026-11-01/" + second + "-0.parquet", os.Remove, runs},
		"Parquet file cut":         {"parquet/spaces/run_date=2026-11-01/" + second + "-0.parquet", half, runs},
		"Parquet file overwritten": {"parquet/spaces/run_date=2026-11-01/" + second + "-0.parquet", func(name string) error {
			info, _ := os.Stat(name)
			return os.WriteFile(name, make([]byte, info.Size()), 0o600)
		}, runs},
		"Parquet file nobody lists":   {"parquet/spaces/run_date=2026-11-01/" + second + "-7.parquet", write("PAR1PAR1"), runs},
		"Parquet files of no run":     {"parquet/spaces/run_date=2026-11-01/other-0.parquet", write("PAR1PAR1"), runs},
		"tables removed":              {"parquet", os.RemoveAll, runs},
		"notes removed":               {runsNoted, os.Remove, 0},
		"notes empty":                 {runsNoted, write(""), 0},
		"notes of nobody":             {runsNoted, write("1 00000000 {}\n"), 0},
		"a note of a later version":   {runsNoted, edit("1 ", "2 "), runs - 1},
		"notes torn":                  {runsNoted, half, -1},
		"notes damaged":               {runsNoted, flip, -1},
		"notes a link":                {runsNoted, link, 0},
		"notes a folder":              {runsNoted, folder, 0},
		"killed before it was noted":  {runsNoted, func(name string) error { return dropLines(name, 1) }, runs - 1},
		"killed twice before that":    {runsNoted, func(name string) error { return dropLines(name, 2) }, runs - 2},
		"copied, with times of today": {"", func(name string) error { return touchAll(name) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			one := &notedStore{T: t, spec: s.spec, now: s.now}
			dir := copied(t, dir)
			if err := c.do(filepath.Join(dir, c.path)); err != nil {
				t.Fatal(err)
			}
			noted := one.same("changed", dir)
			if noted != c.noted && (c.noted >= 0 || noted == runs) {
				t.Errorf("%d of %d runs are taken to be as they were, want %d", noted, runs, c.noted)
			}
			// Nor after the next run, whether it can do its work or not.
			err := one.hour(dir)
			one.same(fmt.Sprintf("after a run (%v)", err), dir)
		})
	}
}

// dropLines takes the last lines from a file.
func dropLines(name string, n int) error {
	text, err := os.ReadFile(name)
	lines := strings.SplitAfter(string(text), "\n")
	return errors.Join(err, os.WriteFile(name, []byte(strings.Join(lines[:len(lines)-1-n], "")), 0o600))
}

// touchAll gives the files in a folder the time of now.
func touchAll(dir string) error {
	return filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Chtimes(name, time.Time{}, time.Now()))
	})
}
