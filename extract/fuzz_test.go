package extract

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spacesetl/spacesetl/schemas"
)

func FuzzProblem(f *testing.F) {
	for _, body := range []string{
		"", "null", "[]", `{}`, notFoundBody, blankBody, invalidBody, authKindBody, clientBody, htmlBody, `{"errors":{},"type":5}`,
		`{"errors":[null,1,{"parameters":[1],"message":null}],"account_id":1e400}`, `{"parameter":"space.fields","value":["a","b"]}`,
		wordings["commas"]("space.fields", known12, "creator_id", known12), wordings["blanks, cut"]("space.fields", known12, "lang", known12),
		`{"meta":{"next_token":12345678901234567890}}`, `{"meta":{"next_token":{"a":1}}}`, `{"meta":[]}`,
	} {
		f.Add([]byte(body))
	}
	sent := schemas.Params{"space.fields": {"id", "creator_id", "lang"}, "expansions": {"creator_id"}}
	client, err := New(Config{AppToken: appToken})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p := parseProblem(body)
		for _, c := range complaints(p, sent) {
			list, ok := sent[c.param]
			if !ok || len(intersect(list, c.refused)) != len(c.refused) {
				t.Errorf("complaint %+v is not about what was sent", c)
			}
		}
		for _, status := range []int{200, 400, 401, 402, 403, 404, 409, 413, 503} {
			x := &exchange{request: oneOf(schemas.Spaces), try: &attempt{}, key: client.keys.all[0], status: status, body: slices.Clone(body), params: sent}
			page, again, err := client.answer(t.Context(), x)
			if err == nil && !again && (!json.Valid(page.Body) || !utf8.ValidString(page.Text)) {
				t.Errorf("status %d: page %q %q", status, page.Body, page.Text)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("status %d: %q is more than one line", status, err)
			}
		}
		if token := nextToken(body); token != "" && !json.Valid(body) {
			t.Errorf("token %q of what is no page", token)
		}
	})
}

func FuzzDate(f *testing.F) {
	for _, d := range []string{"Mon, 01 Sep 2026 12:00:00 UTC", "Tue, 01 Sep 2026 12:00:00 GMT", "Tue, 01 Sep 2026 12:00:00 PST",
		"Tuesday, 01-Sep-26 12:00:00 GMT", "", " UTC", "0", "12", "-5", "99999999999"} {
		f.Add(d)
	}
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, date string) {
		var s skew
		s.observe(date, now, now.Add(time.Millisecond))
		if at, ok := parseDate(date); ok && at.Location() != time.UTC {
			t.Errorf("%q: got zone %s", date, at.Location())
		}
		if wait := retryAfter(map[string][]string{"Retry-After": {date}}, now); wait < 0 {
			t.Errorf("%q: wait %s", date, wait)
		}
	})
}

func TestNextTokensAreReadAsText(t *testing.T) {
	for body, want := range map[string]string{
		`{"meta":{"next_token":"ayf96h94ritk"}}`:      "ayf96h94ritk",
		`{"meta":{"next_token":1234567890123456789}}`: "1234567890123456789",
		`{"meta":{"next_token":""}}`:                  "", `{"meta":{"next_token":null}}`: "", `{"meta":null}`: "", `{"meta":"x"}`: "", `{}`: "",
		`{"data":[{"meta":{"next_token":"inner"}}]}`: "",
	} {
		if got := nextToken([]byte(body)); got != want || !isObject([]byte(body)) {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestClockSkewIsEstimated(t *testing.T) {
	base := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	for _, ahead := range []time.Duration{0, 400 * time.Millisecond, -400 * time.Millisecond, time.Hour, -time.Hour, 90 * time.Second} {
		for _, zone := range []string{"UTC", "GMT"} {
			var s skew
			for i := range 40 {
				sent := base.Add(time.Duration(i) * 1370 * time.Millisecond)
				answered := sent.Add(30*time.Millisecond + ahead)
				s.observe(answered.Format("Mon, 02 Jan 2006 15:04:05 ")+zone, sent, sent.Add(60*time.Millisecond))
			}
			// Never more than the truth: that would make us come too early.
			if got := s.offset(); got > ahead && ahead != 0 || ahead-got > 200*time.Millisecond && ahead >= 0 {
				t.Errorf("ahead %s: got %s", ahead, got)
			}
		}
	}
	var s skew
	s.observe(base.Format("Mon, 02 Jan 2006 15:04:05 ")+"UTC", base, base)
	s.observe(base.Add(time.Hour).Format("Mon, 02 Jan 2006 15:04:05 ")+"UTC", base, base)
	if got := s.offset(); got != time.Hour {
		t.Errorf("after a clock was set: got %s, want 1h", got)
	}
}
