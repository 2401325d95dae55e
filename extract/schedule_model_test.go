package extract

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// setting is a world of tokens and windows, and the work to do in it. It is
// told from the API contract and shares no code with the client.
type setting struct {
	name    string
	tokens  []holder
	limits  map[schemas.Endpoint]int // per token and window
	work    map[schemas.Endpoint]int // requests, of buyers for each creator that has a token
	pools   map[schemas.Endpoint]string
	used    map[string]count // windows that other programs have begun, by token and pool
	spacing time.Duration    // of creators, per app
	latency time.Duration    // of an answer; those of other endpoints than creators vary by half
	skew    time.Duration    // of the server's clock
	workers int              // per lane
}

// holder is a token; an owner makes it a user's.
type holder struct{ name, app, owner string }

// count is a window: how much of it is used, and when it is over, from the
// start of the run.
type count struct {
	used int
	end  time.Duration
}

const modelWindow = 15 * time.Minute

// pool is what an endpoint's requests are counted in, for each token.
func (s *setting) pool(e schemas.Endpoint) string {
	if p := s.pools[e]; p != "" {
		return p
	}
	return string(e)
}

func (h holder) may(e schemas.Endpoint, creator string) bool {
	return e != schemas.Buyers || h.owner != "" && h.owner == creator
}

// model is the server.
type model struct {
	*setting
	start time.Time
	paths map[string]schemas.Endpoint

	mu      sync.Mutex
	dice    *rand.Rand
	windows map[string]*count
	spaced  map[string]time.Time // last request of an app
	told    map[string]bool      // token, endpoint and window that an answer has told of
	sent    int
	refused int
	needed  int // 429s that were to be foreseen
	finish  time.Duration
}

func newModel(s *setting, seed uint64) *model {
	m := &model{setting: s, start: time.Now(), dice: rand.New(rand.NewPCG(seed, 1)), windows: map[string]*count{},
		spaced: map[string]time.Time{}, told: map[string]bool{}, paths: map[string]schemas.Endpoint{}}
	for _, spec := range schemas.Specs() {
		m.paths[spec.Path] = spec.Endpoint
	}
	for key, c := range s.used {
		m.windows[key] = &count{c.used, c.end}
	}
	return m
}

func (m *model) RoundTrip(r *http.Request) (*http.Response, error) {
	e, token := m.endpoint(r.URL.Path), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer secret-of-")
	there, back := m.delay(e), m.delay(e)
	sent := time.Since(m.start)
	time.Sleep(there)
	status, header, window := m.count(e, token, sent)
	time.Sleep(back)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told[window] = true
	m.finish = max(m.finish, time.Since(m.start))
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(none)), Request: r}, nil
}

// endpoint knows the paths with a Space's id by their parts.
func (m *model) endpoint(path string) schemas.Endpoint {
	if e, ok := m.paths[path]; ok {
		return e
	}
	parts := strings.Split(path, "/")
	parts[3] = "{id}"
	return m.paths[strings.Join(parts, "/")]
}

// delay is half of what an answer takes.
func (m *model) delay(e schemas.Endpoint) time.Duration {
	if e == schemas.Creators {
		return m.latency / 2
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.latency/4 + time.Duration(m.dice.Int64N(int64(m.latency/2)+1))
}

// count admits a request or refuses it, and says in which window.
func (m *model) count(e schemas.Endpoint, token string, sent time.Duration) (status int, h http.Header, told string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent++
	now, key := time.Since(m.start), token+" "+m.pool(e)
	w := m.windows[key]
	if w == nil || now >= w.end {
		w = &count{end: now + modelWindow}
		m.windows[key] = w
	}
	told = fmt.Sprint(token, " ", e, " ", w.end)
	status = http.StatusOK
	switch last, app := m.spaced[m.app(token)], m.app(token); {
	case w.used >= m.limits[e]:
		status = http.StatusTooManyRequests
		if m.told[told] { // before this answer
			m.needed++
		}
	case e == schemas.Creators && !last.IsZero() && time.Since(last) < m.spacing:
		status = http.StatusTooManyRequests
		m.needed++
	default:
		w.used++
		if e == schemas.Creators {
			m.spaced[app] = time.Now()
		}
	}
	if status != http.StatusOK {
		m.refused++
	}
	return status, m.header(m.limits[e], m.limits[e]-w.used, m.start.Add(w.end)), told
}

func (m *model) app(token string) string {
	for _, h := range m.tokens {
		if h.name == token {
			return h.app
		}
	}
	return ""
}

// header has the server's time in whole seconds, the reset cut off.
func (m *model) header(limit, remaining int, reset time.Time) http.Header {
	h := http.Header{}
	h.Set("Date", httpDate(time.Now().Add(m.skew), "UTC"))
	h.Set("X-Rate-Limit-Limit", fmt.Sprint(limit))
	h.Set("X-Rate-Limit-Remaining", fmt.Sprint(max(remaining, 0)))
	h.Set("X-Rate-Limit-Reset", fmt.Sprint(reset.Add(m.skew).Unix()))
	return h
}
