package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// pingService is a heartbeat service of one script.
type pingService struct {
	mu    sync.Mutex
	pings []string
}

type pingKey struct{}

// pingID is the secret part of the address.
const pingID = "c0ffee00-ping-secret"

func (s *pingService) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pings = append(s.pings, strings.TrimPrefix(r.URL.Path, "/"+pingID))
}

// pings starts a heartbeat service and sets PING to its address.
func pings(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: pings")
	}
	s := ts.Value(pingKey{}).(*pingService)
	server := httptest.NewServer(s)
	ts.Defer(server.Close)
	ts.Setenv("PING", server.URL+"/"+pingID)
}

// pinged checks what was pinged since it was asked last: pinged [PATH…], where
// / is success.
func pinged(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(pingKey{}).(*pingService)
	s.mu.Lock()
	defer s.mu.Unlock()
	var got []string
	for _, path := range s.pings {
		got = append(got, "/"+strings.TrimPrefix(path, "/"))
	}
	s.pings = nil
	if want := strings.Join(args, " "); neg || strings.Join(got, " ") != want {
		ts.Fatalf("pinged %s, want %s", strings.Join(got, " "), want)
	}
}
