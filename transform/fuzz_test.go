package transform

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

var fuzzed = []schemas.Endpoint{schemas.Spaces, schemas.Buyers, schemas.Tweets}

// FuzzPages compares the span decoder with encoding/json on any bytes: what is
// not JSON must not panic, and what is must give the same text.
func FuzzPages(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, uint8(0))
		f.Add(body, uint8(1))
		f.Add(body, uint8(2))
	}
	for _, body := range []string{
		`{"data":[{"id":"1","t\u0069tle":"\ud83e\udd41 \ud800 \u0000 \"x\""}]}`, `{"data":{"id":1.50,"state":true}}`, `{"data":[null,3,[],{"id":""}]}`,
		`{"includes":{"users":{"id":"7","name":{"a":1}}},"data":[]}`, `{"data":[{"id":"1"}]}x`, `{"data":[{"id":"1"`, `[]`, `{"data":"x","includes":"y"}`,
		`{"data":[{"id":1e5}],"includes":{"users":"x","topics":[1]},"errors":"z"}`, `{"data":[{"id":"1"}],"errors":[{"type":"resource-not-found","detail":"[s]"}]}`, "{\"data\":[{\"id\":\"\xff\"}]}",
		`{"data":[{"id":"1","creator_id":"","title":"","author_id":"","pinned_tweet_id":""}]}`,
	} {
		f.Add([]byte(body), uint8(0))
	}
	d := NewDecoder() // one for all inputs: none may leave a trace
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		endpoint := fuzzed[int(which)%len(fuzzed)]
		page := schemas.Page{RunID: "r", ID: "p", Status: 200, Body: body, Request: schemas.Request{Endpoint: endpoint, IDs: []string{"s"}}}
		batches, err := d.Pages([]schemas.Page{page}, firstClaims{})
		want, ok := reference(body, endpoint.Spec().Data)
		if !ok {
			release(batches)
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		if diff := cmp.Diff(want, decoded(batches)); diff != "" {
			t.Errorf("%q: text differs (-encoding/json +ours):\n%s", body, diff)
		}
	})
}

// decoded returns the text columns of batches in the form of reference, and
// releases them.
func decoded(batches []schemas.Batch) map[string]map[string]string {
	rows := map[string]map[string]string{}
	for _, b := range batches {
		if b.Table.Mode == schemas.Latest && b.Table.Object != "" {
			decodedRows(rows, b)
		}
		b.Record.Release()
	}
	return rows
}

func decodedRows(rows map[string]map[string]string, b schemas.Batch) {
	for i := range int(b.Record.NumRows()) {
		row := map[string]string{}
		for j, c := range b.Table.Columns {
			text := c.From == schemas.Value && (c.Type == schemas.Text || c.Type == schemas.ID)
			if text && b.Record.Column(j).IsValid(i) {
				row[c.Name] = strings.Clone(b.Record.Column(j).ValueStr(i))
			}
		}
		rows[b.Table.Name+" "+row[b.Table.Key[0]]] = row
	}
}

// FuzzText compares strings with encoding/json.
func FuzzText(f *testing.F) {
	for _, s := range []string{`""`, `"a"`, `"\ud83e\udd41"`, `"\ud83e"`, `"\ud83e\u0041"`, `"\u0000"`, `"\n\t\"\\\/\b\f\r"`, "\"\xff\xe2\x82\"", `"é😀"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want string
		if len(raw) < 2 || raw[0] != '"' || json.Unmarshal(raw, &want) != nil {
			return
		}
		if skipString(raw, 0) != len(raw) {
			return // white space around the string
		}
		got, _, _ := unquote(raw, nil)
		if want = strings.ReplaceAll(want, "\x00", "\ufffd"); string(got) != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	})
}

// FuzzTime compares times with the standard library where it can read them.
func FuzzTime(f *testing.F) {
	for _, s := range []string{"2021-07-06T18:40:40.000Z", "2021-7-14T04:35:55Z", "2022-08-21 09:35:20.311", "2024-02-29T00:00:00-08:00", "Wed Jan 06 18:40:40 +0000 2021", "0001-01-01T00:00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseTime([]byte(s))
		want, err := time.Parse(time.RFC3339, s)
		if err != nil || want.Year() < 1 || strings.ContainsAny(s, ",tz") {
			return
		}
		if _, offset := want.Zone(); offset >= 24*3600 || offset <= -24*3600 {
			return // the library takes 24:00, which RFC 3339 does not have
		}
		if !ok || got != want.UnixMicro() {
			t.Errorf("%q: got %d %v, want %d", s, got, ok, want.UnixMicro())
		}
	})
}
