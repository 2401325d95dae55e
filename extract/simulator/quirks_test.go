package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// parse decodes numbers as they are written. Go replaces bad bytes and lone
// surrogates; a NUL is left to the reader.
func parse(t *testing.T, body []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("body is no JSON: %v", err)
	}
	return v
}

// same tells whether a quirky value means the same as the plain one.
func same(plain, quirky any) error {
	switch p := plain.(type) {
	case map[string]any:
		return sameObject(p, quirky)
	case []any:
		return sameList(p, quirky)
	case bool:
		n := map[string]bool{"true": true, "1": true, "false": false, "0": false}
		if got, ok := n[strings.ToLower(fmt.Sprint(quirky))]; !ok || got != p {
			return fmt.Errorf("bool %v became %v", p, quirky)
		}
	case json.Number:
		want, _ := p.Float64()
		if got, err := strconv.ParseFloat(fmt.Sprint(quirky), 64); err != nil || got != want {
			return fmt.Errorf("number %v became %v", p, quirky)
		}
	case string:
		got := strings.ReplaceAll(fmt.Sprint(quirky), "\x00", "\uFFFD")
		if got != p && !sameTime(p, got) {
			return fmt.Errorf("text %q became %q", p, got)
		}
	}
	return nil
}

func sameTime(plain, quirky string) bool {
	want, err := time.Parse(time.RFC3339, plain)
	if err != nil {
		return false
	}
	for _, layout := range []string{time.RFC3339, "2006-1-2T15:04:05Z", "Mon Jan 02 15:04:05 -0700 2006", "2006-01-02 15:04:05.000"} {
		if got, err := time.Parse(layout, quirky); err == nil {
			return got.Equal(want)
		}
	}
	return false
}

func sameObject(p map[string]any, quirky any) error {
	if list, ok := quirky.([]any); ok && len(list) == 1 { // counts of suggested links
		quirky = list[0]
	}
	q, ok := quirky.(map[string]any)
	if !ok {
		if p["url"] == quirky { // suggested links
			return nil
		}
		return fmt.Errorf("object %v became %v", p, quirky)
	}
	for key, want := range p {
		got, ok := q[key]
		for _, other := range []string{"hashtag", "cashtag"} {
			if v, has := q[other]; has && key == "tag" {
				got, ok = v, true
			}
		}
		if !ok && key == "description" && p["name"] != nil { // topics tell it inline
			continue
		}
		if !ok {
			return fmt.Errorf("%s is missing", key)
		}
		if err := same(want, got); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	extra := setOf("new_field_2027", "topics", "username", "hashtag", "cashtag")
	for key, got := range q {
		if _, known := p[key]; !known && got != nil && got != "" && !extra[key] {
			return fmt.Errorf("%s: %v came from nowhere", key, got)
		}
	}
	return nil
}

func sameList(p []any, quirky any) error {
	q, ok := quirky.([]any)
	if !ok {
		q = []any{quirky}
	}
	if len(q) != len(p) {
		return fmt.Errorf("list %v became %v", p, quirky)
	}
	for i := range p {
		if err := same(p[i], q[i]); err != nil {
			return err
		}
	}
	return nil
}

// quirkyRequests ask for all there is.
func quirkyRequests(s *Simulator) []string {
	tweets := "tweet.fields=" + join2(tweetCommon, tweetTweetOnly)
	users := "user.fields=" + join2(userCommon, userTweetOnly)
	id := s.SpaceIDs(2)[1]
	return []string{
		"/2/spaces?ids=" + join2(s.SpaceIDs(100)...) + "&space.fields=" + join2(spaceScalars, spaceReferences) +
			"&expansions=" + spaceReferences + "&topic.fields=" + topicFields + "&" + users,
		"/2/users?ids=" + join2(s.CreatorIDs(100)...) + "&expansions=" + userTweetExpansions + "&" + users + "&" + tweets,
		"/2/spaces/" + id + "/tweets?expansions=" + join2(tweetExpansions, tweetTweetExpansions) + "&" + users + "&" + tweets +
			"&media.fields=" + mediaFields + "&poll.fields=" + pollFields + "&place.fields=" + placeFields,
	}
}

func TestQuirksKeepTheTruth(t *testing.T) {
	for seed := range uint64(2) {
		plain := serve(t, Config{Seed: seed + 1, NoRateLimits: true})
		quirky := serve(t, Config{Seed: seed + 1, NoRateLimits: true, Quirks: true})
		for _, target := range quirkyRequests(plain.Simulator) {
			r := quirky.raw("app", target)
			if err := same(parse(t, plain.raw("app", target).body), parse(t, r.body)); err != nil {
				t.Errorf("seed %d, %.40s: %v", seed+1, target, err)
			}
			equal(t, "same bytes again", string(quirky.raw("app", target).body) == string(r.body), true)
		}
	}
}

func TestEveryQuirkOccurs(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true, Quirks: true})
	var all strings.Builder
	for _, target := range quirkyRequests(s.Simulator) {
		all.Write(s.raw("app", target).body)
	}
	for first := range uint64(10) {
		ids := make([]string, 100)
		for i := range ids {
			ids[i] = s.world.userID(first*100 + uint64(i))
		}
		all.Write(s.get("/2/users", "ids", join2(ids...), "user.fields", "description").body)
	}
	text := all.String()
	for _, want := range []string{`"is_ticketed":"false"`, `.0,`, `-08:00"`, ` +0000 20`, `.311"`, `:null`, `"created_at":"2026-8-`,
		`"ended_at":""`, `"topics":[`, `"topic_ids":"`, `[84`, `"hashtag":"`, `"new_field_2027"`, `\ud83`, `"TRUE"`, `\/`} {
		if !strings.Contains(text, want) {
			t.Errorf("nowhere: %s", want)
		}
	}
	bad := 0
	for _, form := range []string{"odd\xff", "odd\xc0", `odd\u0000`, `odd\ud83dbyte`, `odd\udc00`} {
		bad += strings.Count(text, form)
	}
	if bad == 0 {
		t.Error("no description has a bad byte")
	}
}
