package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// secretID is the part of a ping's address that nobody is to see.
const secretID = "5f0c9f3e-secret-check"

// checks is a heartbeat service that answers with statuses, then 200.
type checks struct {
	mu       sync.Mutex
	statuses []int
	pings    []string // METHOD path
	rids     map[string]bool
	body     string // of the last
}

func (c *checks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pings = append(c.pings, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/"+secretID))
	c.body = string(body)
	if c.rids == nil {
		c.rids = map[string]bool{}
	}
	c.rids[r.URL.Query().Get("rid")] = true
	if len(c.statuses) > 0 {
		w.WriteHeader(c.statuses[0])
		c.statuses = c.statuses[1:]
	}
}

// pingOf runs something that ends so, and returns what was logged.
func pingOf(t *testing.T, address string, end End) string {
	t.Helper()
	o, log := observer(t, Options{Ping: address, Level: "warn"})
	o.ping.pause = time.Millisecond
	o.Start(t.Context())
	o.Job("watch")
	o.Run("20261122T120000Z-abcdef")
	o.Log().Info("something happened")
	o.Log().Debug("something small happened")
	o.Progress(fetching())
	o.Finish(context.Background(), end)
	if strings.Contains(log.String(), secretID) {
		t.Errorf("the address is shown: %s", log.String())
	}
	return log.String()
}

func TestAPingSaysHowARunEnded(t *testing.T) {
	for code, want := range map[int]string{0: "POST ", 75: "POST ", 1: "POST /1", 2: "POST /2", 4: "POST /4", 5: "POST /5", 130: "POST /130", 143: "POST /143"} {
		c := &checks{}
		server := httptest.NewServer(c)
		log := pingOf(t, server.URL+"/"+secretID, End{Outcome: schemas.Outcome(fmt.Sprint("outcome-", code)), Code: code, Err: errors.New("the reason")})
		server.Close()
		if got := strings.Join(c.pings, ", "); got != "POST /start, "+want || len(c.rids) != 1 || log != "" {
			t.Errorf("exit code %d: pings %s with %d rids, log %s; want start, then %s", code, got, len(c.rids), log, want)
		}
		for rid := range c.rids {
			if len(rid) != 36 {
				t.Errorf("rid %q is no UUID", rid)
			}
		}
		for _, part := range []string{fmt.Sprintf("watch: outcome-%d, exit code %d, after 0s\nthe reason\n3310 pages, 310 fetched now, cost $1.20 to $4.50\n", code, code), `msg="something happened" run=20261122T120000Z-abcdef`} {
			if !strings.Contains(c.body, part) {
				t.Errorf("no %q in the report\n%s", part, c.body)
			}
		}
		if strings.Contains(c.body, "small") || strings.Contains(c.body, secretID) {
			t.Errorf("report:\n%s", c.body)
		}
	}
}

// Gaps are told, and are a failure only of a strict job.
func TestAPingTellsOfGaps(t *testing.T) {
	m := manifest()
	m.Run.Outcome = schemas.DoneWithGaps
	for code, want := range map[int]string{0: "POST ", 3: "POST /3"} {
		c := &checks{}
		server := httptest.NewServer(c)
		pingOf(t, server.URL+"/"+secretID, End{Outcome: schemas.DoneWithGaps, Code: code, Manifest: m})
		server.Close()
		if got := strings.Join(c.pings, ", "); got != "POST /start, "+want || !strings.Contains(c.body, "watch: done_with_gaps, exit code") || !strings.Contains(c.body, "\nmissing: map[refused:2], collections cut: 1\n") {
			t.Errorf("exit code %d: pings %s, want %s; report:\n%s", code, got, want, c.body)
		}
	}
}

func TestAPingIsTriedThreeTimes(t *testing.T) {
	for _, c := range []struct {
		statuses []int
		pings    int
		warning  string
	}{
		{[]int{500, 503}, 4, ""},
		{[]int{429}, 3, ""},
		{[]int{500, 500, 500}, 4, `at the start: status 500 Internal Server Error`},
		{[]int{200, 500, 500, 500}, 4, `"after":"status 500 Internal Server Error"`},
		{[]int{404, 404}, 2, `status 404 Not Found`},
	} {
		service := &checks{statuses: c.statuses}
		server := httptest.NewServer(service)
		log := pingOf(t, server.URL+"/"+secretID+"?a=b", End{Outcome: schemas.Done})
		server.Close()
		if len(service.pings) != c.pings || (log == "") != (c.warning == "") || !strings.Contains(log, c.warning) {
			t.Errorf("%v: %d pings, log %s; want %d and %q", c.statuses, len(service.pings), log, c.pings, c.warning)
		}
	}
}

func TestAnAddressThatCannotBePingedIsNotShown(t *testing.T) {
	if log := pingOf(t, "http://127.0.0.1:1/"+secretID, End{Outcome: schemas.Done}); !strings.Contains(log, "a ping did not get through") {
		t.Errorf("log: %s", log)
	}
	for _, address := range []string{secretID, "ftp://h/" + secretID, "http://h/%zz" + secretID, "http:///" + secretID} {
		if _, err := New(Options{Ping: address}); err == nil || strings.Contains(err.Error(), secretID) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A service that is no HTTP server sends the address back, which the error would quote.
func TestAnAddressThatIsSentBackIsNotShown(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, r.URL.Path)
	}))
	defer service.Close()
	if log := pingOf(t, service.URL+"/"+secretID, End{Outcome: schemas.Done}); !strings.Contains(log, "malformed HTTP response") {
		t.Errorf("log: %s", log)
	}
}

func TestTheReportIsBounded(t *testing.T) {
	c := &checks{}
	server := httptest.NewServer(c)
	defer server.Close()
	o, _ := observer(t, Options{Ping: server.URL})
	o.Start(t.Context())
	for i := range 200 {
		o.Log().Info(strings.Repeat("x", 300), "i", i)
	}
	o.Finish(context.Background(), End{Outcome: schemas.Failed, Code: 1, Err: errors.New(strings.Repeat("é", maxBody))})
	if len(c.body) > maxBody || !strings.Contains(c.body, "i=199") || strings.Contains(c.body, "i=10 ") {
		t.Errorf("%d bytes: %s", len(c.body), c.body)
	}
}
