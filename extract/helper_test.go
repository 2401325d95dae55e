package extract

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

const (
	appToken  = "AAAAsecretApp%2Ftoken%3DAAAA"
	userToken = "bXlzZWNyZXR1c2VydG9rZW4tMTIz"
	spaceA    = "1aaaaaaaaaaaA"

	none = `{"meta":{"result_count":0}}` // a page without data
)

// clock is a clock that sleeping moves.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{now: time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep moves the clock on at once.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept = append(c.slept, d)
	c.now = c.now.Add(d)
	return ctx.Err()
}

// tokens are a configuration with both.
func tokens(base string) Config {
	return Config{BaseURL: base, AppToken: appToken, UserToken: userToken, BaseDelay: time.Millisecond,
		BurstDelay: time.Millisecond, UnknownDelay: 2 * time.Millisecond, CreatorSpacing: 20 * time.Millisecond, MaxTries: 4}
}

func newClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve starts a server for one test.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// always answers every request alike.
func always(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}

// transport is a server without a network: the status and the headers of an
// answer.
type transport func(*http.Request) (int, http.Header)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header := f(r)
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(none)), Request: r}, nil
}

// inProcess is a server without a network, so that a bubble of synctest can
// hold it.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

// oneOf is a valid request to an endpoint.
func oneOf(e schemas.Endpoint) schemas.Request {
	switch e {
	case schemas.Me, schemas.Credits:
		return schemas.Request{Endpoint: e}
	case schemas.Search:
		return schemas.Request{Endpoint: e, Query: "go & c++, 100%", State: "live"}
	case schemas.Usernames:
		return schemas.Request{Endpoint: e, IDs: []string{"alice", "Bob_1"}}
	case schemas.Creators, schemas.Users, schemas.Posts:
		return schemas.Request{Endpoint: e, IDs: []string{"11", "12"}}
	case schemas.Spaces:
		return schemas.Request{Endpoint: e, IDs: []string{spaceA, "1bbbbbbbbbbbB"}}
	}
	return schemas.Request{Endpoint: e, IDs: []string{spaceA}}
}

// creators says that Spaces 1a… are of user 11, 1b… of 12, 1c… of 13, and of
// others nothing.
func creators(space string) string {
	return map[byte]string{'a': "11", 'b': "12", 'c': "13"}[space[1]]
}

// buyersOf asks for a Space's buyers, with its creator if that is known.
func buyersOf(space string) schemas.Request {
	return schemas.Request{Endpoint: schemas.Buyers, IDs: []string{space}, Creator: creators(space)}
}

// ids are n different valid Space ids.
func ids(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("1space%07d", i)
	}
	return all
}

// slow skips a test that takes seconds where a quick answer is wanted.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds: runs without -short")
	}
}

func TestMain(m *testing.M) { os.Exit(scratchtest.Main(m)) }
