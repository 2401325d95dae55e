package main

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// forget makes the simulator forget the requests so far.
func forget(ts *testscript.TestScript, _ bool, _ []string) {
	sceneOf(ts).world.Load().Reset()
}

// count is the number of requests answered, of one endpoint or of all.
func (s *scene) count(endpoint string) int {
	n := 0
	for name, requests := range s.world.Load().RequestCounts() {
		if endpoint == "" || name == endpoint {
			n += requests
		}
	}
	return n
}

// requests checks how many requests the simulator answered: requests ==|>=|<=
// N [ENDPOINT].
func requests(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: requests ==|>=|<= N [ENDPOINT]")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	got := sceneOf(ts).count(strings.Join(args[2:], ""))
	ok := map[string]bool{"==": got == want, ">=": got >= want, "<=": got <= want}[args[0]]
	if !ok {
		ts.Fatalf("requests %s: got %d, want %s %d", strings.Join(args[2:], ""), got, args[0], want)
	}
}

// onceAWindow checks that no endpoint answered 429 twice in one rate window.
// A window is opened by the first request after the last has ended.
func onceAWindow(ts *testscript.TestScript, _ bool, _ []string) {
	s := sceneOf(ts)
	records := s.world.Load().Requests()
	slices.SortFunc(records, func(a, b simulator.RequestRecord) int { return a.Time.Compare(b.Time) })
	ends, limited := map[string]time.Time{}, map[string]int{}
	for _, r := range records {
		if !r.Time.Before(ends[r.Endpoint]) {
			ends[r.Endpoint], limited[r.Endpoint] = r.Time.Add(s.config.Window), 0
		}
		if r.Status == http.StatusTooManyRequests {
			limited[r.Endpoint]++
		}
		if limited[r.Endpoint] > 1 {
			ts.Fatalf("%s: two 429 answers in one window, the second at %s", r.Endpoint, r.Time)
		}
	}
}

// await waits until the simulator has answered so many requests.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await REQUESTS")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := sceneOf(ts)
	eventually(ts, args[0]+" requests", func() bool { return s.count("") >= n })
}
