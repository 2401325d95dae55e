//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/auth"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
)

// ownSequences are those that the live line needs, and what a terminal makes of an
// end of a line.
var ownSequences = regexp.MustCompile(`\x1b\[2K|\x1b\[K|\r`)

// spoke is what a command printed, to pipes or to a terminal.
type spoke struct {
	code           int
	stdout, stderr string
}

// hasten makes waits short.
func hasten(o *jobs.Options) {
	o.Client = func(cfg *extract.Config) {
		cfg.CreatorSpacing, cfg.BaseDelay, cfg.BurstDelay, cfg.UnknownDelay = time.Millisecond, time.Millisecond, time.Millisecond, 10*time.Millisecond
	}
}

// piped runs a command whose output goes to files.
func piped(t *testing.T, args ...string) spoke {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := (&console{stdout: &stdout, stderr: &stderr, tune: hasten}).execute(t.Context(), append([]string{"spacesetl"}, args...))
	return spoke{code, stdout.String(), stderr.String()}
}

// typed runs it on a terminal, without the sequences of the live line.
func typed(t *testing.T, args ...string) spoke {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	_ = pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: 100})
	var sent bytes.Buffer
	var wait sync.WaitGroup
	wait.Go(func() { _, _ = io.Copy(&sent, master) })
	code := (&console{stdout: tty, stderr: tty, tune: hasten}).execute(t.Context(), append([]string{"spacesetl"}, args...))
	tty.Close()
	wait.Wait()
	master.Close()
	return spoke{code, "", ownSequences.ReplaceAllString(sent.String(), "")}
}

// Whatever a server says, in whatever field of whatever answer, it is only text
// where people and programs look.
func TestTextsOfStrangersAreOnlyText(t *testing.T) {
	scratchtest.SkipRacing(t)
	world := simulator.New(simulator.Config{Spaces: 60, CreatorSpacing: -1, NoRateLimits: true})
	s := &stranger{world: world, told: map[string][]string{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	t.Setenv("TERM", "xterm")
	t.Setenv("X_BEARER_TOKEN", scriptAppToken)
	t.Setenv("SPACESETL_TOKEN_FILE", filepath.Join(dir, "none.json"))
	store, metrics := filepath.Join(dir, "s"), filepath.Join(dir, "m.prom")
	run := []string{"run", "--ids", strings.Join(world.SpaceIDs(8), ","), "--search", world.SearchWord(), "--with", "tweets", "--base-url", server.URL,
		"--retry-for", "50ms", "--deadline", "3m", "--workers", "2", "--log-level", "debug"}
	tell := []string{"--metrics-file", metrics, "--ping-url", server.URL + "/told/ping", "--pushgateway", server.URL + "/told/push", "--otlp-endpoint", server.URL + "/told"}
	said := 0 // texts with a word of the stranger
	check := func(what string, texts ...string) {
		t.Helper()
		for _, text := range texts {
			checkPrintable(t, what, text)
			said += strings.Count(text, strangeWord)
		}
	}
	both := func(what string, args ...string) spoke {
		t.Helper()
		p, tty := piped(t, args...), typed(t, args...)
		check(what+", piped", p.stdout, p.stderr)
		check(what+", on a terminal", tty.stderr)
		return p
	}

	s.set(0, "", false)
	p := piped(t, append(append(run, tell...), "--store", store, "--output", "json")...)
	check("run", p.stdout, p.stderr)
	if p.code != 0 {
		t.Fatalf("run: code %d\n%s", p.code, p.stderr)
	}
	var manifest struct{ Drift map[string]int }
	if err := json.Unmarshal([]byte(p.stdout), &manifest); err != nil {
		t.Errorf("the manifest: %v", err)
	}
	if n := len(manifest.Drift); n == 0 || !strings.Contains(strings.Join(slices.Collect(maps.Keys(manifest.Drift)), " "), strangeWord+"\x1b\u009b\u202e\n") {
		t.Errorf("the manifest's JSON has lost the keys as they were: %d", n)
	}
	for _, args := range [][]string{
		{"status", "--store", store}, {"status", "--store", store, "--output", "json"}, {"cost", "--store", store},
		{"doctor", "--store", store, "--base-url", server.URL}, {"cost", "--store", store, "--reconcile", "--base-url", server.URL},
		{"cost", "--store", store, "--reconcile", "--base-url", server.URL, "--output", "json"},
		{"report", "--store", store},
		{"plan", "--store", store, "--ids", world.SpaceIDs(2)[1], "--output", "json"},
	} {
		both(strings.Join(args[:1], " "), args...)
	}
	p = piped(t, "verify", "--store", store)
	check("verify", p.stdout, p.stderr)
	check("replay", typed(t, "replay", "--store", store, "--out", filepath.Join(dir, "again"), "--to", "parquet").stderr)
	// Content is exact, but on a terminal.
	page := piped(t, "report", "--store", store, "--out", "-")
	file, err := os.ReadFile(filepath.Join(store, "report.html"))
	if err != nil || len(page.stdout) < 1000 || !strings.Contains(string(file), "</html>") || !strings.HasSuffix(page.stdout, "</html>\n") || !strings.ContainsRune(page.stdout, 0x9b) {
		t.Errorf("report --out -: %d bytes, %v", len(page.stdout), err)
	}
	checkTame(t, "report on a terminal", typed(t, "report", "--store", store, "--out", "-").stderr)

	s.set(0, "", true)
	for i, format := range []string{"json", "text"} {
		args := append(append(run, tell...), "--store", filepath.Join(dir, "whole"+format), "--to", "parquet", "--log-format", format)
		p := []func(*testing.T, ...string) spoke{piped, typed}[i](t, args...)
		check("run with all values changed", p.stdout, p.stderr)
		both("its status", "status", "--store", filepath.Join(dir, "whole"+format))
	}
	both("reconcile with all values changed", "cost", "--store", store, "--reconcile", "--base-url", server.URL)
	for name, how := range refusals() {
		s.set(how.status, how.body, false)
		before := said
		both("run, refused with "+name, append(append(run, tell...), "--store", filepath.Join(dir, "r"+name), "--to", "parquet")...)
		if name != "no page" && name != "302" && said == before {
			t.Errorf("refused with %s: nothing of it is shown", name)
		}
		both("doctor, refused with "+name, "doctor", "--store", store, "--base-url", server.URL)
		both("reconcile, refused with "+name, "cost", "--store", store, "--reconcile", "--base-url", server.URL, "--max-wait", "50ms")
		both("status after "+name, "status", "--store", filepath.Join(dir, "r"+name), "--output", "json")
	}
	text, err := os.ReadFile(metrics)
	if err != nil {
		t.Error(err)
	}
	check("metrics", string(text))
	s.mu.Lock()
	check("pings", s.told["ping"]...)
	for _, place := range []string{"ping", "push", "v1"} { // the last two are protobuf, tested with what takes it
		if len(s.told[place]) < 3 {
			t.Errorf("%s: told %d times", place, len(s.told[place]))
		}
	}
	s.mu.Unlock()
	if said < 100 {
		t.Errorf("%d words of the stranger: not enough to prove anything", said)
	}
	both("auth", hostileAccounts(t, s, server.URL, world.SpaceIDs(2)[1])...)
}

// hostileAccounts goes through logging in, renewing and out at the stranger's, and
// returns the command that shows what is left.
func hostileAccounts(t *testing.T, s *stranger, url, id string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens.json")
	for name, value := range map[string]string{"SPACESETL_TOKEN_FILE": path, "X_API_KEY": "key", "X_API_SECRET": "secret", "X_BEARER_TOKEN": ""} {
		t.Setenv(name, value)
	}
	store, err := auth.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s.set(0, "", true) // the username, too
	var address string
	login := auth.Login{Name: "dara", ClientID: "client", Show: func(at string) { address = at }, Paste: func(context.Context) (string, error) {
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Get(address)
		if err != nil {
			return "", err
		}
		_ = res.Body.Close()
		return res.Header.Get("Location"), nil
	}}
	if _, err := store.Login(t.Context(), login, auth.Config{Server: url}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), strangeWord) {
		t.Fatalf("the username is not the stranger's: %v", err)
	}
	expired := regexp.MustCompile(`"expires_at": "20..`).ReplaceAll(text, []byte(`"expires_at": "2001`))
	shown := 0
	for name, how := range refusals() {
		if err := os.WriteFile(path, expired, 0o600); err != nil {
			t.Fatal(err)
		}
		s.set(how.status, how.body, false)
		for _, args := range [][]string{
			{"auth", "app", "--base-url", url}, {"auth", "status"}, {"auth", "status", "--output", "json"},
			{"run", "--ids", id, "--base-url", url, "--store", filepath.Join(t.TempDir(), "s"), "--to", "parquet", "--retry-for", "50ms", "--deadline", "2s"},
			{"doctor", "--base-url", url, "--store", filepath.Join(t.TempDir(), "s")}, {"auth", "logout", "--name", "dara", "--base-url", url},
		} {
			for _, p := range []spoke{piped(t, args...), typed(t, args...)} {
				checkPrintable(t, strings.Join(args[:2], " ")+", refused with "+name, p.stdout+p.stderr)
				shown += strings.Count(p.stdout+p.stderr, strangeWord)
			}
		}
	}
	if shown < 20 {
		t.Errorf("%d words of the stranger: not enough to prove anything", shown)
	}
	if err := os.WriteFile(path, expired, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"auth", "status"}
}
