package jobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// fate is what is done to a start, beside what the server does; zero leaves it alone.
type fate struct {
	killAtStep, killAtRequest, interruptAt, failAtStep int
}

// cut reports whether the process may have come to no end of its own.
func (f fate) cut() bool { return f != fate{} }

// start is one start of the job.
type start struct {
	fate
	at, end  time.Time
	spec     jobs.Spec
	run      string // that was begun, or went on
	outcome  schemas.Outcome
	err      error
	requests []simulator.RequestRecord
	bill     float64 // that the server charged for it
	storms   []spell
	open     []string // Spaces in the tables that can still change

	mu        sync.Mutex
	came      int // requests so far
	steps     int
	interrupt func()
	victim    *os.Process
}

// hindered reports whether a severe spell befell what is asked of an endpoint.
func (s *start) hindered(e schemas.Endpoint) bool {
	return slices.ContainsFunc(s.storms, func(storm spell) bool {
		return len(storm.Endpoints) == 0 || slices.Contains(storm.Endpoints, string(e))
	})
}

// allRefused reports whether it ended since an endpoint refused all it was asked for, in
// words that say nothing of its members: those of a 403 do.
func (s *start) allRefused() bool {
	if s.outcome != schemas.Failed || s.err == nil || !strings.Contains(s.err.Error(), "the API refuses every request") {
		return false
	}
	e, _, _ := strings.Cut(s.err.Error(), ":")
	n := 0
	for _, r := range s.requests {
		if r.Endpoint == e {
			if n++; r.Status == http.StatusOK || r.Status == http.StatusForbidden {
				return false
			}
		}
	}
	return n > 0
}

// request is told of each request of the start that is under way.
func (s *start) request() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.came++
	if s.came == s.interruptAt {
		s.interrupt()
	}
	if s.came == s.killAtRequest && s.victim != nil {
		_ = s.victim.Kill() // the answer is lost, and paid for
	}
}

// ServeHTTP is the server: each request takes its time. Processes that are to be
// killed ask it for the time.
func (y *year) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == "/clock" {
		nanoseconds, _ := strconv.ParseInt(req.URL.Query().Get("pass"), 10, 64)
		y.clock.pass(time.Duration(nanoseconds))
		fmt.Fprint(w, y.clock.Now().Format(time.RFC3339Nano))
		return
	}
	y.clock.pass(400 * time.Millisecond)
	y.under.request()
	defer y.clock.answering()()
	y.world.ServeHTTP(w, req)
}

// start starts the job and looks at what it did.
func (y *year) start(f fate) *start {
	y.login()
	s := &start{fate: f, at: y.clock.Now(), spec: y.spec, open: y.stillOpen()}
	y.under = s
	before := y.world.Billing().Dollars
	ctx, done := y.deadline(y.Context())
	ctx, interrupt := context.WithCancel(ctx)
	s.interrupt = interrupt
	if f.killAtStep+f.killAtRequest > 0 {
		y.child(s)
	} else {
		s.err = y.inProcess(ctx, s)
	}
	done()
	interrupt()
	s.end, s.bill = y.clock.Now(), y.world.Billing().Dollars-before
	s.storms = y.storms(s.at, s.end)
	for _, r := range y.world.Requests() {
		if r.Seq > y.requests {
			s.requests = append(s.requests, r)
		}
	}
	for _, r := range s.requests {
		y.requests = max(y.requests, r.Seq)
	}
	y.started(s)
	return s
}

// token is that of the app, as of now.
func (y *year) appToken() string { return fmt.Sprintf("token-of-the-year-test-%d", y.token) }

// login gives the job another token some starts after one died.
func (y *year) login() {
	if y.revive > 0 {
		if y.revive--; y.revive == 0 {
			y.token++
			y.since = y.clock.Now()
		}
		return
	}
	for _, s := range y.spells {
		if died := y.began().Add(s.From); s.Fault == simulator.FaultDeadToken && died.After(y.since) && !died.After(y.clock.Now()) {
			y.revive = 2 + y.random.IntN(4)
		}
	}
}

// options are those of a start, wherever it runs.
func yearOptions(token string, now func() time.Time, sleep func(context.Context, time.Duration) error, s *jobs.Spec) jobs.Options {
	at := now()
	return jobs.Options{
		Tokens: jobs.Tokens{App: token}, Now: now,
		Client: func(cfg *extract.Config) {
			cfg.Now, cfg.Sleep, cfg.Deadline = now, sleep, at.Add(s.Deadline)
		},
	}
}

func (y *year) inProcess(ctx context.Context, s *start) error {
	o := yearOptions(y.appToken(), y.clock.Now, y.clock.Sleep, &s.spec)
	o.Started = func(run string) { s.run = run }
	o.Step = func(_, file string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.steps++; s.steps == s.failAtStep {
			return fmt.Errorf("write %s: %w", file, syscall.ENOSPC)
		}
		return nil
	}
	run := func() error { _, err := jobs.Open(s.spec, o).Run(ctx); return err }
	if late, ok := y.measure(s); ok {
		return y.measured(late, run)
	}
	return run()
}

// yearChild is a start in a process of its own.
type yearChild struct {
	Spec  jobs.Spec
	Token string
	Kill  int // the step that is its last
}

// childYear is the variable that has a yearChild, as JSON.
const childYear = "SPACESETL_TEST_YEAR"

// child runs the start in a process that is killed, if it comes so far.
func (y *year) child(s *start) {
	text, err := json.Marshal(yearChild{s.spec, y.appToken(), s.killAtStep})
	if err != nil {
		y.Fatal(err)
	}
	cmd := exec.CommandContext(y.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childYear+"="+string(text), "GORACE=atexit_sleep_ms=0")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		y.Fatal(err)
	}
	s.mu.Lock()
	s.victim = cmd.Process
	s.mu.Unlock()
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		err = errors.New(strings.TrimSpace(stderr.String()))
	} else if errors.As(err, &exit) && exit.ExitCode() == -1 {
		y.tally.kills++
	} else if err != nil {
		y.Fatalf("child: %v\n%s", err, stderr.String())
	}
	s.err, s.run = err, strings.TrimSpace(stdout.String())
}

// runYearChild is the process.
func runYearChild(text string) (code int) {
	var c yearChild
	err := json.Unmarshal([]byte(text), &c)
	if err == nil {
		err = c.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (c *yearChild) run() error {
	ask := func(pass time.Duration) time.Time {
		answer, err := http.Get(fmt.Sprintf("%s/clock?pass=%d", c.Spec.BaseURL, pass))
		if err != nil {
			return time.Time{}
		}
		defer answer.Body.Close()
		var text bytes.Buffer
		_, _ = text.ReadFrom(answer.Body)
		now, _ := time.Parse(time.RFC3339Nano, text.String())
		return now
	}
	sleep := func(ctx context.Context, d time.Duration) error { ask(d); return ctx.Err() }
	o := yearOptions(c.Token, func() time.Time { return ask(0) }, sleep, &c.Spec)
	o.Started = func(run string) { fmt.Println(run) }
	var mu sync.Mutex
	steps := 0
	o.Step = func(string, string) error {
		mu.Lock()
		defer mu.Unlock()
		if steps++; steps == c.Kill {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return nil
	}
	_, err := jobs.Open(c.Spec, o).Run(context.Background())
	return err
}

// outcomeOf is what a start came to, by its run's manifest.
func (y *year) outcomeOf(s *start) schemas.Outcome {
	var stopped *pipeline.StoppedError
	if errors.As(s.err, &stopped) {
		return stopped.Outcome
	}
	m, err := store.Dir(s.spec.Store).Manifest(s.run)
	switch {
	case s.run == "":
		return ""
	case err == nil:
		return m.Run.Outcome
	case store.Unwritten(err):
		return schemas.Interrupted
	}
	y.Errorf("seed %d, %s: %v", y.seed, s.at, err)
	return ""
}
