package facts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// many is n times a text with a number in it, which goes up and down, so that no
// order helps.
func many(n int, text string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, text, (i*7919)%n+1)
	}
	return b.String()
}

// wide are answers of which one part is as wide as a server wants.
var wide = map[string]func(n int) string{
	"unknown keys":     func(n int) string { return `{"data":[{"id":"1a",` + many(n, `"k%d":1`) + `}]}` },
	"escaped keys":     func(n int) string { return `{"data":[{"id":"1a",` + many(n, `"\u0041%d":1`) + `}]}` },
	"one key":          func(n int) string { return `{"data":[{"id":"1a",` + many(n, `"k":%d`) + `}]}` },
	"one known key":    func(n int) string { return `{"data":[{"id":"1a",` + many(n, `"title":"%d"`) + `}]}` },
	"private keys":     func(n int) string { return `{"data":[{"id":"1a",` + many(n, `"confirmed_email":"%d"`) + `}]}` },
	"data again":       func(n int) string { return `{` + many(n, `"data":[{"id":"%d"}]`) + `}` },
	"keys of the page": func(n int) string { return `{"data":[{"id":"1a"}],` + many(n, `"k%d":1`) + `}` },
	"keys of metrics": func(n int) string {
		return `{"data":[],"includes":{"users":[{"id":"7","public_metrics":{` + many(n, `"k%d":1`) + `}}]}}`
	},
	"keys of an error":    func(n int) string { return `{"data":[],"errors":[{` + many(n, `"k%d":1`) + `}]}` },
	"keys of a list":      func(n int) string { return tweet(`"entities":{"urls":[{"start":1,` + many(n, `"k%d":1`) + `}]}`) },
	"speakers":            func(n int) string { return `{"data":[{"id":"1a","speaker_ids":[` + many(n, `"%d"`) + `]}]}` },
	"speakers of no id":   func(n int) string { return `{"data":[{"id":"1a","speaker_ids":[` + many(n, `"x%d"`) + `]}]}` },
	"speakers of no form": func(n int) string { return `{"data":[{"id":"1a","speaker_ids":[` + many(n, `[%d]`) + `]}]}` },
	"topics": func(n int) string {
		return `{"data":[{"id":"1a","topics":[` + many(n, `{"id":"%d","name":"x"}`) + `]}]}`
	},
	"users":           func(n int) string { return `{"data":[],"includes":{"users":[` + many(n, `{"id":"%d","k":1}`) + `]}}` },
	"Spaces":          func(n int) string { return `{"data":[` + many(n, `{"id":"%d","creator_id":"5"}`) + `]}` },
	"Spaces of no id": func(n int) string { return `{"data":[` + many(n, `{"id":"a_%d"}`) + `]}` },
	"one Space":       func(n int) string { return `{"data":[` + many(n, `{"id":"1a","k":%d}`) + `]}` },
	"nameless":        func(n int) string { return `{"data":[` + many(n, `{"x":%d}`) + `]}` },
	"numbers":         func(n int) string { return `{"data":[` + many(n, `%d`) + `]}` },
	"countries":       func(n int) string { return tweet(`"withheld":{"country_codes":[` + many(n, `"C%d"`) + `]}`) },
	"mentions": func(n int) string {
		return tweet(`"entities":{"mentions":[` + many(n, `{"start":%d,"end":2,"username":"x","id":"8"}`) + `]}`)
	},
	"errors": func(n int) string {
		return `{"data":[],"errors":[` + many(n/4, `{"value":"%d","detail":"no","type":"`+problems+`resource-not-found"}`) + `]}`
	},
	"kinds of errors":    func(n int) string { return `{"data":[],"errors":[` + many(n/4, `{"type":"/%d","detail":"1a"}`) + `]}` },
	"errors in an error": func(n int) string { return `{"data":[],"errors":[{"errors":[` + many(n/4, `{"value":"%d"}`) + `]}]}` },
	"escapes":            func(n int) string { return `{"data":[{"id":"1a","title":"` + strings.Repeat(`\u00e9`, 4*n) + `"}]}` },
	"a deep value": func(n int) string {
		return `{"data":[{"id":"1a","k":` + strings.Repeat("[", n/8) + strings.Repeat("]", n/8) + `}]}`
	},
}

// tweet is an answer with one included tweet.
func tweet(members string) string {
	return `{"data":[{"id":"1a"}],"includes":{"tweets":[{"id":"1",` + members + `}]}}`
}

func wideAnswer(t *testing.T, body string) schemas.Page {
	t.Helper()
	if !json.Valid([]byte(body)) {
		t.Fatalf("%.200s… is no JSON", body)
	}
	r := schemas.Request{Endpoint: schemas.Spaces, IDs: []string{"1a"}}
	return schemas.Page{ID: r.ID(), Request: r, Status: 200, Body: json.RawMessage(body)}
}

// Whatever part of an answer a server makes wide, it costs what its bytes cost.
func TestWideAnswersCostInProportion(t *testing.T) {
	scratchtest.SkipRacing(t)
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for what, body := range wide {
		scratchtest.Proportional(t, what, 5000, func(n int) func() {
			page := wideAnswer(t, body(n))
			return func() {
				if _, err := Examine(t.Context(), page); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	// Errors are looked for among the rows of all.
	both := func(n int) string {
		return `{"data":[],"includes":{"users":[` + many(n, `{"id":"%d"}`) + `]},"errors":[` + many(n, `{"detail":"d%d"}`) + `]}`
	}
	scratchtest.Proportional(t, "verifying", 2000, func(n int) func() {
		page := wideAnswer(t, both(n))
		return func() {
			if leaves, err := transform.NewDecoder().Lossless(page); err != nil || leaves.Found != leaves.Seen {
				t.Errorf("found %d of %d, %v", leaves.Found, leaves.Seen, err)
			}
		}
	})
}

// A run that has ended does not wait for a wide answer; what usual ones say is had.
func TestAnEndedRunLeavesAWideAnswer(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for what, body := range wide {
		if what == "one key" || what == "one known key" || what == "private keys" || what == "data again" || what == "escapes" || what == "a deep value" {
			continue // little is made of it
		}
		if _, err := Examine(ended, wideAnswer(t, body(80_000))); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want that it ended", what, err)
		}
		f, err := Examine(ended, wideAnswer(t, body(400)))
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		// The decoder of the one that was left is used again.
		again, err := Examine(t.Context(), wideAnswer(t, body(400)))
		if err != nil || again.DataDigest != f.DataDigest || len(again.Users) != len(f.Users) || len(again.Referred) != len(f.Referred) || again.Rows != f.Rows {
			t.Errorf("%s: after it got %+v, %v; want %+v", what, again, err, f)
		}
	}
}

// What a server calls things fills no manifest.
func TestNamesOfAServerAreBounded(t *testing.T) {
	d := transform.NewDecoder()
	long := strings.Repeat("é", 1000)
	if err := d.Page(new(wideAnswer(t, `{"data":[{"id":"1a",`+many(5000, `"k%d":1`)+`,"`+long+`":1}]}`)), transform.Everything{}); err != nil {
		t.Fatal(err)
	}
	drift, sum, bytes := d.Stats().Drift, 0, 0
	for name, n := range drift {
		sum += n
		bytes += len(name)
	}
	if sum != 5001 || len(drift) > transform.MaxNames+1 || bytes > 100*transform.MaxNames || drift[transform.Others] == 0 {
		t.Errorf("%d keys under %d names of %d bytes, %d of them others", sum, len(drift), bytes, drift[transform.Others])
	}
}
