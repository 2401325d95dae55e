package observe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/schemas"
)

// noon is the time of tests, in a zone that a log must not use.
var noon = time.Date(2026, 11, 22, 13, 0, 0, 0, time.FixedZone("", 3600))

func observer(t *testing.T, opts Options) (*Observer, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	opts.Stderr = &out
	if opts.Now == nil {
		opts.Now = func() time.Time { return noon }
	}
	o, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return o, &out
}

// everything is one event of each kind.
func everything() []extract.Event {
	return []extract.Event{
		{Kind: extract.EventRequest, Endpoint: schemas.Tweets, Token: "app-only token (a)", Sent: extract.Sent{PageID: "p", IDs: 1, Status: 200, Duration: 12 * time.Millisecond, Bytes: 345}},
		{Kind: extract.EventWait, Endpoint: schemas.Tweets, Token: "app-only token (a)", Until: noon.Add(time.Minute), Wait: time.Minute, Reason: "spent"},
		{Kind: extract.EventRetry, Endpoint: schemas.Tweets, Tries: 2, Wait: 1500 * time.Millisecond, Reason: "status 500"},
		{Kind: extract.EventSetAside, Token: "user token (b)", Reason: "refused"},
		{Kind: extract.EventDropped, Endpoint: schemas.Spaces, Dropped: extract.Dropped{Param: "space.fields", Value: "host_ids"}},
		{Kind: extract.EventClock, Reason: "this machine's clock is 1h0m0s ahead of the server's"},
	}
}

func TestEachEventIsOneLineWithTheRunsID(t *testing.T) {
	o, out := observer(t, Options{Level: "debug"})
	o.Run("20261122T120000Z-abcdef")
	for _, e := range everything() {
		o.Event(e)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, want := range []string{
		`"level":"DEBUG","msg":"request","endpoint":"tweets","ids":1,"page":"p","status":200,"took":0.012,"bytes":345,"token":"app-only token (a)"`,
		`"level":"INFO","msg":"waiting","endpoint":"tweets","token":"app-only token (a)","until":"2026-11-22T12:01:00.000Z","in":60,"for":"spent"`,
		`"level":"WARN","msg":"trying again","endpoint":"tweets","tries":2,"in":1.5,"after":"status 500"`,
		`"level":"WARN","msg":"going on without a token","token":"user token (b)","after":"refused"`,
		`"level":"WARN","msg":"the server refused a field; going on without it","endpoint":"spaces","param":"space.fields","value":"host_ids"`,
		`"level":"WARN","msg":"times are corrected by the server's clock: set this machine's","since":"this machine's clock is 1h0m0s ahead of the server's"`,
	} {
		if i >= len(lines) || !strings.Contains(lines[i], want+`,"run":"20261122T120000Z-abcdef"}`) || !json.Valid([]byte(lines[i])) {
			t.Errorf("line %d: got\n%s\nwant it to hold\n%s", i, lines[min(i, len(lines)-1)], want)
		}
	}
	if len(lines) != 6 {
		t.Errorf("%d lines, want 6", len(lines))
	}
}

func TestTheLevelSaysWhatIsLogged(t *testing.T) {
	for level, want := range map[string]int{"": 5, "debug": 6, "info": 5, "warn": 4, "error": 0} {
		o, out := observer(t, Options{Level: level})
		for _, e := range everything() {
			o.Event(e)
		}
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Errorf("level %q: %d lines, want %d:\n%s", level, got, want, out.String())
		}
	}
}

func TestWorkersThatWaitForOneWindowAreOneLine(t *testing.T) {
	o, out := observer(t, Options{Format: "text"})
	for i := range 4 {
		o.Event(extract.Event{Kind: extract.EventWait, Endpoint: schemas.Tweets, Until: noon.Add(time.Minute + time.Duration(i)*time.Millisecond)})
	}
	o.Event(extract.Event{Kind: extract.EventWait, Endpoint: schemas.Buyers, Until: noon.Add(time.Minute)})
	o.Event(extract.Event{Kind: extract.EventWait, Endpoint: schemas.Tweets, Until: noon.Add(16 * time.Minute)})
	if got := strings.Count(out.String(), "msg=waiting"); got != 3 {
		t.Errorf("%d lines, want 3:\n%s", got, out.String())
	}
	if !strings.Contains(out.String(), "until=2026-11-22T12:01:00.000Z") {
		t.Errorf("no time in UTC:\n%s", out.String())
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, opts := range []Options{{Level: "loud"}, {Format: "xml"}} {
		_, err := New(opts)
		var wrong *OptionError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), fmt.Sprintf("%q is not one of %s", wrong.Value, wrong.Values[0])) {
			t.Errorf("%+v: got %v", opts, err)
		}
	}
}
