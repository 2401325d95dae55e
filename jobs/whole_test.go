package jobs_test

import (
	"flag"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
)

// TestMain makes the test binary a job that can be killed, too, and keeps all
// temporary files in one folder. Tests wait for children and servers more than
// they compute.
func TestMain(m *testing.M) {
	if text, child := os.LookupEnv(childJob); child {
		os.Exit(runChild(text))
	}
	if text, child := os.LookupEnv(childYear); child {
		os.Exit(runYearChild(text))
	}
	if text, child := os.LookupEnv(childWatch); child {
		os.Exit(runWatchChild(text))
	}
	_ = flag.Set("test.parallel", "4") // a value on the command line wins
	remove := scratchtest.Use(scratchtest.Memory())
	code := m.Run()
	remove()
	os.Exit(code)
}

// long says that tests are to run in full: hundreds of kills, large worlds,
// thirty hourly runs. Without it each holds the same in small.
func long() bool { return os.Getenv("SPACESETL_LONG") != "" }

// inFull is a measure of a test, in full or in small.
func inFull[T any](full, small T) T {
	if long() {
		return full
	}
	return small
}

// made keeps what several tests start from: the first that wants it makes it, in a
// folder that goes with the process.
type made[T any] struct {
	sync.Mutex
	by map[int]T
}

func (m *made[T]) of(t *testing.T, n int, anew func(dir string) T) T {
	t.Helper()
	m.Lock()
	defer m.Unlock()
	if kept, ok := m.by[n]; ok {
		return kept
	}
	dir, err := os.MkdirTemp("", "made-*")
	if err != nil {
		t.Fatal(err)
	}
	if m.by == nil {
		m.by = map[int]T{}
	}
	kept := anew(dir)
	m.by[n] = kept
	return kept
}

// slow skips a test that takes more than a few seconds where a quick answer is
// wanted.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds: runs without -short")
	}
}

var update = flag.Bool("update", false, "rewrite the generated files")

// onClock are the options of a job whose clock, and that of its client, is now.
func onClock(now func() time.Time) jobs.Options {
	return jobs.Options{Tokens: jobs.Tokens{App: "app-token"}, Now: now, Client: func(cfg *extract.Config) {
		cfg.Now, cfg.CreatorSpacing = now, time.Nanosecond
	}}
}

// ran is what a job came to that is done.
func ran(t testing.TB, spec jobs.Spec, o jobs.Options) jobs.Result {
	t.Helper()
	r, err := jobs.Open(spec, o).Run(t.Context())
	if err != nil || !r.Manifest.Run.Outcome.Complete() {
		t.Fatalf("job %s: %v", spec.Name, err)
	}
	return r
}

// logged writes all that a run tells of.
func logged(to io.Writer) jobs.Listener {
	log := slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return jobs.Listener{
		Log:      log,
		Event:    func(e extract.Event) { log.Info("event", "event", e) },
		Notice:   func(n pipeline.Notice) { log.Info("notice", "notice", n) },
		Progress: func(p pipeline.Progress) { log.Info("progress", "progress", p) },
	}
}

// total is the number of requests that a server has answered.
func total(w *simulator.Simulator) int {
	n := 0
	for _, count := range w.RequestCounts() {
		n += count
	}
	return n
}
