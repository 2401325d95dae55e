package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
)

// children are what the test binary can be instead, when CHILD names it.
var children = map[string]func() int{"share": shareChild, "crash": crashChild}

func TestMain(m *testing.M) {
	if child, ok := children[os.Getenv("CHILD")]; ok {
		os.Exit(child())
	}
	os.Exit(scratchtest.Main(m))
}

// clock is one that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a simulator behind HTTP, a store with an account of one user, and
// every secret that the server has given.
type world struct {
	*testing.T
	sim   *simulator.Simulator
	url   string
	clock *clock
	store *Store
	user  string

	mu      sync.Mutex
	secrets []string
	before  func(http.ResponseWriter, *http.Request) bool // see intercept
}

const account = "dara"

func newWorld(t *testing.T, cfg simulator.Config) *world {
	t.Helper()
	w := &world{T: t, clock: newClock()}
	cfg.Spaces, cfg.NoRateLimits = 20, true
	if cfg.Now == nil {
		cfg.Now = w.clock.time
	}
	w.sim = simulator.New(cfg)
	w.user = w.sim.CreatorIDs(1)[0]
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.url = server.URL
	store, err := Open(filepath.Join(t.TempDir(), "tokens.json"))
	if err != nil {
		t.Fatal(err)
	}
	w.store = store
	t.Cleanup(w.noSecretElsewhere)
	return w
}

// ServeHTTP notes the secrets of token requests and answers.
func (w *world) ServeHTTP(out http.ResponseWriter, req *http.Request) {
	w.mu.Lock()
	before := w.before
	w.mu.Unlock()
	if before != nil && before(out, req) {
		return
	}
	if !strings.Contains(req.URL.Path, "oauth2/token") {
		w.sim.ServeHTTP(out, req)
		return
	}
	rec := httptest.NewRecorder()
	w.sim.ServeHTTP(rec, req)
	for _, part := range strings.Split(rec.Body.String(), `"`) {
		if strings.HasPrefix(part, "simuser-") || strings.HasPrefix(part, "simrefresh-") || strings.HasPrefix(part, "AAAA") {
			w.secret(part)
		}
	}
	for key, values := range rec.Header() {
		out.Header()[key] = values
	}
	out.WriteHeader(rec.Code)
	_, _ = out.Write(rec.Body.Bytes())
}

// intercept sees each request before the server does, and says whether it
// answered.
func (w *world) intercept(before func(http.ResponseWriter, *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = before
}

func (w *world) secret(values ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, values...)
}

// seed puts a logged in account into the store.
func (w *world) seed() record {
	w.Helper()
	now, p := w.clock.time(), w.sim.IssueUserToken(w.user)
	w.secret(p.AccessToken, p.RefreshToken)
	r := record{
		Account: Account{Name: account, Kind: User, Server: w.url, UserID: w.user, ClientID: "client", Scopes: Scopes(), Renewable: true,
			Obtained: now},
		AccessToken: secret(p.AccessToken), RefreshToken: secret(p.RefreshToken),
	}
	if p.ExpiresIn > 0 {
		r.Expires = now.Add(time.Duration(p.ExpiresIn) * time.Second)
	}
	w.put(r)
	return r
}

func (w *world) put(r record) {
	w.Helper()
	err := w.store.change(w.Context(), "seed", nil, func(f file) error { f.Accounts[r.Name] = r; return nil })
	if err != nil {
		w.Fatal(err)
	}
}

// stored is the account as it is on disk.
func (w *world) stored() record {
	w.Helper()
	f, err := w.store.read()
	if err != nil {
		w.Fatal(err)
	}
	return f.Accounts[account]
}

func (w *world) config() Config { return Config{Server: w.url, Now: w.clock.time} }

func (w *world) source() *Source {
	w.Helper()
	s, err := w.store.Source(account, w.config())
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// token is Token that must succeed.
func (w *world) token(s *Source) string {
	w.Helper()
	token, err := s.Token(w.Context())
	if err != nil {
		w.Fatalf("Token: %v", err)
	}
	return token
}

// good reports whether the server takes a token.
func (w *world) good(token string) bool {
	w.Helper()
	status, err := ask(w.Context(), w.url, token)
	if err != nil {
		w.Fatal(err)
	}
	return status == http.StatusOK
}

// ask makes a request of the API with a token.
func ask(ctx context.Context, url, token string) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/2/users/me", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, errors.Join(err, res.Body.Close())
}

// requests is how often an endpoint was asked.
func (w *world) requests(endpoint string) int { return w.sim.RequestCounts()[endpoint] }

// quiet fails the test when a text has a secret in it.
func (w *world) quiet(what string, text any) {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, form := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if shown := fmt.Sprintf(form, text); slices.ContainsFunc(w.secrets, func(s string) bool { return strings.Contains(shown, s) }) {
			w.Errorf("%s has a secret in it", what)
		}
	}
}

// noSecretElsewhere looks through the store's folder.
func (w *world) noSecretElsewhere() {
	dir := filepath.Dir(w.store.Path())
	entries, err := os.ReadDir(dir)
	if err != nil {
		w.Error(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			w.Error(err)
		}
		if e.Name() != filepath.Base(w.store.Path()) {
			w.quiet("file "+e.Name(), string(text))
		}
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			w.Errorf("file %s: mode %v (%v), want 0600", e.Name(), info.Mode(), err)
		}
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
