package keep_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/keep/policy"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// childCopy is the variable that makes the test binary a process that backs a store up,
// prunes it or brings back what was pruned, and is killed at a step.
const childCopy = "KEEP_CHILD"

type child struct {
	Store, To string
	Kill      int       // the step, from 1
	Prune     time.Time // when Parquet files are pruned, into To
	Back      bool      // they come back from To
}

func (c child) do(ctx context.Context, step durable.Step) (err error) {
	j := &job{spec: jobs.Spec{Store: c.Store}}
	switch {
	case c.Back:
		_, err = keep.RestoreArchive(ctx, store.Dir(c.Store), c.To, step)
	case !c.Prune.IsZero():
		_, err = keep.PruneStore(ctx, store.Dir(c.Store), false, keep.PruneConfig{Policy: policy.Policy{Parquet: 60 * 24 * time.Hour, Archive: c.To}, Now: c.Prune, Database: j.has, Step: step})
	default:
		_, err = keep.Backup(ctx, keep.Config{Store: store.Dir(c.Store), To: c.To, Step: step})
	}
	return err
}

func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(childCopy); ok {
		var c child
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			panic(err)
		}
		err := c.do(context.Background(), at(c.Kill, func() error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) }))
		if err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	remove := scratchtest.Use(os.TempDir())
	code := m.Run()
	remove()
	os.Exit(code)
}

// at does something at one of the steps.
func at(n int, do func() error) durable.Step {
	var steps atomic.Int64
	return func(string, string) error {
		if steps.Add(1) == int64(n) {
			return do()
		}
		return nil
	}
}

// job is one that runs every eight hours.
type job struct {
	spec  jobs.Spec
	hours *atomic.Int64
}

func newJob(t *testing.T, to ...string) *job {
	t.Helper()
	j := &job{hours: &atomic.Int64{}}
	world := simulator.New(simulator.Config{Spaces: 40, NoRateLimits: true, Evolve: true, EvolveOver: 100 * time.Hour, Change: true, Latency: 10 * time.Millisecond, Now: j.now})
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	j.spec = jobs.Spec{Name: "kept", Store: filepath.Join(t.TempDir(), "store"), BaseURL: server.URL, To: to, Follow: jobfile.FollowOpen, IDs: world.SpaceIDs(4), Creators: world.CreatorIDs(3), With: []string{"tweets"}}
	j.spec.Defaults()
	return j
}

func (j *job) now() time.Time { return time.Date(2026, 10, 30, int(j.hours.Load()), 0, 0, 0, time.UTC) }

// in is the same job with another store.
func (j *job) in(dir string) *job {
	other := *j
	other.spec.Store = dir
	return &other
}

func (j *job) open() *jobs.Job {
	return jobs.Open(j.spec, jobs.Options{Tokens: jobs.Tokens{App: "app-token"}, Now: j.now, Client: func(cfg *extract.Config) {
		cfg.Now, cfg.CreatorSpacing = j.now, time.Nanosecond
	}})
}

// run runs the job; the next time is eight hours later.
func (j *job) run(t *testing.T) {
	t.Helper()
	if _, err := j.open().Run(context.Background()); err != nil {
		t.Errorf("run: %v", err)
	}
	j.hours.Add(8)
}

// whole fails where verify finds anything.
func (j *job) whole(t *testing.T, when string) {
	t.Helper()
	v, err := j.open().Verify(t.Context(), proof.Options{All: true})
	if err != nil || len(v.Problems) > 0 {
		t.Errorf("%s: verify: %v, %v", when, err, v)
	}
}

func backup(t *testing.T, cfg keep.Config) keep.Summary {
	t.Helper()
	sum, err := keep.Backup(t.Context(), cfg)
	if err != nil {
		t.Fatalf("backup to %s: %v", cfg.To, err)
	}
	return sum
}

func restored(t *testing.T, from, to string) *keep.Restored {
	t.Helper()
	r, err := keep.Restore(t.Context(), keep.From{Backup: from, Store: store.Dir(to)})
	if err != nil {
		t.Fatalf("restore of %s: %v", from, err)
	}
	return r
}

// A backup that is taken at any time of a run is a store that is whole, that has what
// was paid until then, and that the job goes on in.
func TestBackupWhileARunIsAtWork(t *testing.T) {
	t.Parallel()
	j := newJob(t, "parquet")
	j.spec.With = nil
	for range 4 { // over the end of a month: the next run joins
		j.run(t)
	}
	for _, c := range atWork(t, j, 4) {
		c.whole(t, "restored")
		c.run(t)
		c.whole(t, "restored and gone on")
	}
}

// The same of a database that is changed in place.
func TestBackupOfADatabaseChangedInPlace(t *testing.T) {
	t.Parallel()
	j := newJob(t, "duckdb", "parquet")
	j.spec.IDs, j.spec.With, j.spec.Publish = nil, nil, jobfile.PublishInPlace
	j.run(t)
	copies := atWork(t, j, 3)
	copies[1].whole(t, "restored")
}

// between is how long no run is at work, which a list and a copy have to fit into.
func between() time.Duration {
	if scratchtest.Racing {
		return 3 * time.Second
	}
	return 300 * time.Millisecond
}

// atWork takes backups while the job runs, and returns the job in stores restored of
// them.
func atWork(t *testing.T, j *job, n int) (copies []*job) {
	t.Helper()
	var working sync.WaitGroup
	stop := make(chan struct{})
	working.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				j.run(t)
				time.Sleep(between())
			}
		}
	})
	dir := t.TempDir()
	for i := range n {
		before, err := j.open().Cost(t.Context())
		if err != nil {
			t.Error(err)
		}
		to := filepath.Join(dir, "folder")
		if i%2 == 1 {
			to = filepath.Join(dir, fmt.Sprint(i, ".tar.zst"))
		}
		if sum := backup(t, keep.Config{Store: store.Dir(j.spec.Store), To: to}); len(sum.Problems)+len(sum.Left)+len(sum.Foreign) > 0 {
			t.Errorf("backup %d: %+v", i, sum)
		}
		c := j.in(filepath.Join(dir, fmt.Sprint("restored", i)))
		restored(t, to, c.spec.Store)
		if after, err := c.open().Cost(t.Context()); err != nil || after.Low < before.Low {
			t.Errorf("backup %d: costs %v when restored (%v), and cost %v before", i, after.Low, err, before.Low)
		}
		copies = append(copies, c)
		time.Sleep(time.Duration(i) * 23 * time.Millisecond)
	}
	close(stop)
	working.Wait()
	return copies
}
