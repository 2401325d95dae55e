package extract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// gate is a schemas.Gate.
type gate func(schemas.Request) (answered func(status int, page bool), err error)

func (g gate) Sending(_ context.Context, r schemas.Request) (func(int, bool), error) { return g(r) }

// telling is a gate that writes down what it is told.
func telling(told *[]string) gate {
	return func(schemas.Request) (func(int, bool), error) {
		*told = append(*told, "send")
		return func(status int, page bool) { *told = append(*told, fmt.Sprint(status, " ", page)) }, nil
	}
}

func TestSendingIsToldOfEachRequestAndItsAnswer(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults []simulator.Fault
		want   string
	}{
		{"at once", nil, "send, 200 true"},
		{"temporary failures", []simulator.Fault{simulator.FaultUnavailable, simulator.FaultBadGateway}, "send, 503 false, send, 502 false, send, 200 true"},
		{"a rate limit", []simulator.Fault{simulator.FaultBurst}, "send, 429 false, send, 200 true"},
		{"no answer", []simulator.Fault{simulator.FaultReset}, "send, 0 false, send, 200 true"},
		{"half an answer", []simulator.Fault{simulator.FaultShortBody}, "send, 0 false, send, 200 true"},
		{"no JSON", []simulator.Fault{simulator.FaultTruncated, simulator.FaultHTML}, "send, 0 false, send, 0 false, send, 200 true"},
		{"too much", []simulator.Fault{simulator.FaultOversized}, "send, 0 false"},
		{"a refusal", []simulator.Fault{simulator.FaultUsageCapped}, "send, 429 false"},
		{"a 404 of nothing", []simulator.Fault{simulator.FaultEmptyNotFound}, "send, 404 false, send, 200 true"},
	} {
		sim, url := simulate(t, simulator.Config{Spaces: 50, NoRateLimits: true, Faults: simulator.Faults{Script: map[string][]simulator.Fault{"space": c.faults}}})
		var told []string
		_, _ = NewRetry(newClient(t, tokens(url))).Fetch(t.Context(), schemas.Request{Endpoint: schemas.SpaceByID, IDs: sim.SpaceIDs(1)}, telling(&told))
		if got := strings.Join(told, ", "); got != c.want {
			t.Errorf("%s: told %q, want %q", c.name, got, c.want)
		}
	}
}

// Nothing is told of a request that waits, nor of the way it did not go.
func TestSendingIsToldAfterTheWait(t *testing.T) {
	clock := newClock()
	var told []string
	spent := transport(func(*http.Request) (int, http.Header) {
		return 200, http.Header{"X-Rate-Limit-Remaining": {"0"}, "X-Rate-Limit-Reset": {fmt.Sprint(clock.Now().Add(time.Minute).Unix())}}
	})
	cfg := tokens("http://localhost")
	cfg.Transport, cfg.Now, cfg.UserToken = spent, clock.Now, ""
	client := newClient(t, cfg)
	for range 2 {
		_, _ = client.Fetch(t.Context(), spaceNumber(1), telling(&told))
	}
	if len(told) != 2 {
		t.Errorf("told %q, want one request: the second had to wait", told)
	}
	told, cfg.Transport = nil, nil
	cfg.BaseURL, cfg.MaxTries = "http://127.0.0.1:1", 1
	_, _ = newClient(t, cfg).Fetch(t.Context(), spaceNumber(1), telling(&told))
	if got := strings.Join(told, ", "); got != "send, -1 false" {
		t.Errorf("nobody there: told %q", got)
	}
}

// An error of the gate ends the request unsent, and its place in the window is
// given back.
func TestARequestCanBeStoppedBeforeItIsSent(t *testing.T) {
	var sent atomic.Int64
	cfg := tokens("http://localhost")
	cfg.Transport = transport(func(*http.Request) (int, http.Header) { sent.Add(1); return 200, nil })
	stop := errors.New("no more")
	closed := gate(func(schemas.Request) (func(int, bool), error) { return nil, stop })
	client := newClient(t, cfg)
	retry := NewRetry(client)
	for range 3 { // the first would be the one to learn the window
		if _, err := retry.Fetch(t.Context(), spaceNumber(1), closed); !errors.Is(err, stop) {
			t.Fatalf("error %v, want %v", err, stop)
		}
	}
	if sent.Load() != 0 || client.Stats().Requests != 0 {
		t.Errorf("%d requests were sent, %d counted", sent.Load(), client.Stats().Requests)
	}
}

// What is asked to find out whose a token is passes the gate of the page it is
// asked for; the creator stays with the page.
func TestRequestsForAnotherPagePassItsGate(t *testing.T) {
	var seen ledger
	var events []Event
	cfg := many(serve(t, ownersServer(&seen)), &events, appKey("x"), userKey("a", ""), userKey("b", ""))
	var told []string
	page, err := NewRetry(newClient(t, cfg)).Fetch(t.Context(), buyersOf("1bbbb"), gate(func(r schemas.Request) (func(int, bool), error) {
		return func(status int, page bool) { told = append(told, fmt.Sprint(r.Endpoint, " ", status, " ", page)) }, nil
	}))
	if err != nil || page.Attempts != 3 || page.Request.Creator != "12" {
		t.Errorf("got %d attempts for the Space of %q, %v; want 3, 12", page.Attempts, page.Request.Creator, err)
	}
	if got := strings.Join(told, ", "); got != "me 200 true, me 200 true, buyers 200 true" {
		t.Errorf("told %q", got)
	}
}
