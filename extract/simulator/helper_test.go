package simulator

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a time that moves only when told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 9, 10, 8, 0, 0, 500e6, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// server is a simulator behind real HTTP.
type server struct {
	*Simulator
	t    *testing.T
	http *httptest.Server
}

func serve(t *testing.T, config Config) server {
	t.Helper()
	s := New(config)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return server{s, t, h}
}

// response is a decoded answer.
type response struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any
	err    error
}

// get asks with an app-only token; getAs with any.
func (s server) get(path string, query ...string) response { return s.getAs("app", path, query...) }

func (s server) getAs(token, path string, query ...string) response {
	s.t.Helper()
	q := url.Values{}
	for i := 0; i < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	return s.raw(token, path+"?"+q.Encode())
}

func (s server) raw(token, target string) response {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.http.URL+target, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return s.do(req)
}

func (s server) do(req *http.Request) response {
	res, err := s.http.Client().Do(req)
	if err != nil {
		return response{err: err}
	}
	defer res.Body.Close()
	r := response{status: res.StatusCode, header: res.Header}
	r.body, r.err = io.ReadAll(res.Body)
	if r.err == nil {
		_ = json.Unmarshal(r.body, &r.json) // faults answer with no JSON
	}
	return r
}

func (r response) data() []map[string]any { return objects(r.json["data"]) }

func (r response) includes(key string) []map[string]any {
	in, _ := r.json["includes"].(map[string]any)
	return objects(in[key])
}

func (r response) problems() []map[string]any { return objects(r.json["errors"]) }

func (r response) meta(key string) any {
	m, _ := r.json["meta"].(map[string]any)
	return m[key]
}

func objects(v any) []map[string]any {
	if one, ok := v.(map[string]any); ok {
		return []map[string]any{one}
	}
	list, _ := v.([]any)
	var out []map[string]any
	for _, item := range list {
		out = append(out, item.(map[string]any))
	}
	return out
}

func keys(m map[string]any) string { return strings.Join(slices.Sorted(maps.Keys(m)), ",") }

// allKeys is the union of the keys of objects.
func allKeys(list []map[string]any) string {
	all := map[string]any{}
	for _, m := range list {
		maps.Copy(all, m)
	}
	return keys(all)
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func contains(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: got %q, want it to contain %q", what, got, want)
	}
}
