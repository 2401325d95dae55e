package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

const (
	sharers    = 25                     // goroutines in each of two processes
	expiries   = 20                     // to live through
	shareSpeed = 20                     // seconds of the server's clock in a second
	shareLife  = 300 * time.Millisecond // of an access token, by our clock
	sharePace  = 60 * time.Millisecond  // between two requests of a goroutine
)

// fast is a clock that runs ahead of the machine's from a start that all
// processes know, so that lives of whole seconds pass quickly.
func fast(start time.Time, skew time.Duration) func() time.Time {
	return func() time.Time {
		return start.Add(time.Duration(time.Now().UnixNano()-start.UnixNano()) * shareSpeed).Add(skew)
	}
}

// Fifty goroutines in two processes share one account. One process has the right
// time and renews early; the clock of the other is late, so that the server
// refuses its tokens first.
func TestTwoProcessesShareAnAccount(t *testing.T) {
	t.Parallel()
	start := time.Unix(0, time.Now().UnixNano())
	w := newWorld(t, simulator.Config{Now: fast(start, 0), AccessTTL: shareLife * shareSpeed})
	w.clock.now = fast(start, 0)()
	w.seed()
	reused := w.watchRefreshes()
	children := []*sharer{w.share(start, 0), w.share(start, -shareLife*shareSpeed/2)}
	for end := time.Now().Add(14 * time.Second); w.requests("user_token") < expiries && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	var total shared
	for _, c := range children {
		r := c.end()
		t.Logf("process: %d requests, %d of them answered with 401 first, %d lost", r.Requests, r.Refused, r.Lost)
		total.Requests, total.Refused, total.Lost = total.Requests+r.Requests, total.Refused+r.Refused, total.Lost+r.Lost
		if r.Requests < sharers || r.Error != "" {
			t.Errorf("process: %d requests, error %q", r.Requests, r.Error)
		}
		w.quiet("output of a process", c.stdout.String()+c.stderr.String()+r.Error)
	}
	if n := w.requests("user_token"); n < expiries {
		t.Errorf("%d refreshes, want %d", n, expiries)
	}
	equal(t, "requests lost", total.Lost, 0)
	equal(t, "refresh tokens used twice", int(reused.Load()), 0)
	if total.Refused == 0 {
		t.Error("no request was answered with 401: Renew is not tested")
	}
	for _, r := range w.sim.Requests() {
		if r.Endpoint == "user_token" && r.Status != http.StatusOK {
			t.Errorf("a refresh was answered with %d", r.Status)
		}
	}
	t.Logf("%d refreshes in %s", w.requests("user_token"), time.Since(start).Round(time.Millisecond))
}

// watchRefreshes counts refresh tokens that the server sees more than once.
func (w *world) watchRefreshes() *atomic.Int64 {
	var reused atomic.Int64
	var seen sync.Map
	w.intercept(func(_ http.ResponseWriter, req *http.Request) bool {
		if req.URL.Path != "/2/oauth2/token" {
			return false
		}
		body, err := io.ReadAll(req.Body)
		form, formErr := url.ParseQuery(string(body))
		if _, twice := seen.LoadOrStore(form.Get("refresh_token"), true); twice || err != nil || formErr != nil {
			reused.Add(1)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		return false
	})
	return &reused
}

// shared is what a process did. Refused requests were sent again.
type shared struct {
	Requests, Refused, Lost int64
	Error                   string // of one that was lost
}

// sharer is a child process; it works until its input ends.
type sharer struct {
	t              *testing.T
	cmd            *exec.Cmd
	input          io.Closer
	stdout, stderr bytes.Buffer
}

func (w *world) share(start time.Time, skew time.Duration) *sharer {
	w.Helper()
	c := &sharer{t: w.T, cmd: w.child("share", "START="+strconv.FormatInt(start.UnixNano(), 10), "SKEW="+skew.String())}
	c.cmd.Stdout, c.cmd.Stderr = &c.stdout, &c.stderr
	input, err := c.cmd.StdinPipe()
	if err != nil {
		w.Fatal(err)
	}
	c.input = input
	if err := c.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	return c
}

// child is the test binary as another program.
func (w *world) child(name string, env ...string) *exec.Cmd {
	w.Helper()
	self, err := os.Executable()
	if err != nil {
		w.Fatal(err)
	}
	cmd := exec.CommandContext(w.Context(), self)
	cmd.Env = append(os.Environ(), "CHILD="+name, "STORE="+w.store.Path(), "SERVER="+w.url, "GORACE=atexit_sleep_ms=0")
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

func (c *sharer) end() (r shared) {
	c.t.Helper()
	if err := c.input.Close(); err != nil {
		c.t.Error(err)
	}
	if err := c.cmd.Wait(); err != nil {
		c.t.Errorf("process: %v\n%s", err, c.stderr.String())
	}
	if err := json.Unmarshal(c.stdout.Bytes(), &r); err != nil {
		c.t.Errorf("process: %v in %q", err, c.stdout.String())
	}
	return r
}

// shareChild is main of a child.
func shareChild() int {
	start, err := strconv.ParseInt(os.Getenv("START"), 10, 64)
	skew, skewErr := time.ParseDuration(os.Getenv("SKEW"))
	store, openErr := Open(os.Getenv("STORE"))
	if err != nil || skewErr != nil || openErr != nil {
		fmt.Fprintln(os.Stderr, err, skewErr, openErr)
		return 1
	}
	server := os.Getenv("SERVER")
	source, err := store.Source(account, Config{Server: server, Now: fast(time.Unix(0, start), skew)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = sharers
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	var r shared
	var mu sync.Mutex
	var work sync.WaitGroup
	for range sharers {
		work.Go(func() {
			for ctx.Err() == nil {
				refused, err := fetch(source, server)
				mu.Lock()
				r.Requests++
				r.Refused += refused
				if err != nil {
					r.Lost++
					r.Error = err.Error()
				}
				mu.Unlock()
				time.Sleep(sharePace)
			}
		})
	}
	work.Wait()
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		return 1
	}
	return 0
}

// fetch makes a request, again with another token when one is refused. A busy
// machine can let a token expire between its renewal and its use.
func fetch(source *Source, server string) (refused int64, err error) {
	token, err := source.Token(context.Background())
	for err == nil {
		status, err := ask(context.Background(), server, token)
		switch {
		case err != nil:
			return refused, err
		case status == http.StatusOK:
			return refused, nil
		case status != http.StatusUnauthorized || refused == 5:
			return refused, fmt.Errorf("status %d after %d renewals", status, refused)
		}
		refused++
		if token, err = source.Renew(context.Background(), token); err != nil {
			return refused, err
		}
	}
	return refused, err
}
