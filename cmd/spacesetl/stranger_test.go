package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// strangeRunes are the characters that do something to a terminal or to the order
// of letters, and the two that begin lines and cells.
var strangeRunes = func() (all []rune) {
	for _, span := range strangeSpans {
		for r := span[0]; r <= span[1]; r++ {
			all = append(all, r)
		}
	}
	return all
}()

var strangeSpans = [][2]rune{{0, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}}

func isStrange(r rune) bool {
	return slices.ContainsFunc(strangeSpans, func(span [2]rune) bool { return span[0] <= r && r <= span[1] })
}

// strangeWord is in every text of the stranger.
const strangeWord = "strange"

// strange are texts that hold sequences and, so that one that is cut short has
// them in turn, all characters beginning with another one each time.
func strange(n int) string {
	all := strangeRunes
	n = n * 7 % len(all)
	return strangeWord + "\x1b]52;c;cm0gLXJm\x07\x1b[2J\u009b31m\nspacesetl: forged\tx" + string(slices.Concat(all[n:], all[:n]))
}

// stranger is a server that puts such texts into the answers of the simulator.
type stranger struct {
	world *simulator.Simulator

	mu     sync.Mutex
	status int    // refuse every request with it; 0 for none
	body   string // the answer's instead, if not empty
	whole  bool   // put them into every string and key, ids and page tokens, too
	count  int
	told   map[string][]string // the bodies of what it was told of runs, by place
}

func (s *stranger) set(status int, body string, whole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.body, s.whole = status, body, whole
}

func (s *stranger) next() string {
	s.count++
	return strange(s.count)
}

// ServeHTTP answers with the simulator's answer, changed.
func (s *stranger) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasPrefix(req.URL.Path, "/told/") {
		body, _ := io.ReadAll(req.Body)
		place := strings.Split(req.URL.Path, "/")[2]
		s.told[place] = append(s.told[place], string(body))
		return
	}
	if s.status != 0 {
		header := strangeWord + "\u009b31m\u202e" // what a header can have
		if s.body == strangeHeader {
			header = s.next()
		}
		w.Header().Set("Content-Type", "application/json; "+header)
		w.Header().Set("Location", "http://elsewhere.example/"+header)
		body := s.body
		if body == "" {
			body = s.refusal()
		}
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, body)
		return
	}
	req.Header.Del("Accept-Encoding")
	answer := httptest.NewRecorder()
	s.world.ServeHTTP(answer, req)
	for name, values := range answer.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(answer.Body.Bytes()))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) == nil && !strings.Contains(req.URL.Path, "oauth2/token") {
		if text, err := json.Marshal(s.change("", value)); err == nil {
			answer.Body = bytes.NewBuffer(text)
		}
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// refusal is an error body in each of the API's forms at once.
func (s *stranger) refusal() string {
	said := func() map[string]any {
		return map[string]any{
			"title": s.next(), "detail": s.next(), "type": "https://api.twitter.com/2/problems/" + s.next(), "reason": s.next(),
			"registration_url": s.next(), "message": s.next(), "parameter": s.next(), "value": s.next(), "error": s.next(), "error_description": s.next(),
			"code": s.next(), "parameters": map[string]any{s.next(): []string{s.next()}}, "resource_type": s.next(), "resource_id": s.next(), "section": s.next(),
		}
	}
	all := said()
	all["errors"], all["reset_date"], all["period"], all["account_id"], all["status"] = []any{said()}, s.next(), s.next(), s.next(), s.status
	text, _ := json.Marshal(all) // of strings
	return string(text)
}

// fixed are the fields whose values a client acts by.
func fixed(key string) bool {
	return key == "id" || strings.HasSuffix(key, "_id") || strings.HasSuffix(key, "_ids") || strings.HasSuffix(key, "_token") || strings.HasSuffix(key, "_at") ||
		slices.Contains([]string{"state", "type", "day", "usage", "username", "status"}, key)
}

// change puts the stranger's texts into a value.
func (s *stranger) change(key string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		changed := map[string]any{}
		for name, inner := range v {
			changed[name] = s.change(name, inner)
		}
		changed["unknown_"+strangeWord+"\x1b\u009b\u202e\n"] = s.next()
		return changed
	case []any:
		for i := range v {
			v[i] = s.change(key, v[i])
		}
	case string:
		if s.whole || !fixed(key) {
			return v + s.next()
		}
	}
	return value
}

// checkPrintable fails on what does something to a terminal, on what is no text,
// and on a line or cell that the stranger began.
func checkPrintable(t *testing.T, what, text string) {
	t.Helper()
	checkTame(t, what, text)
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "spacesetl: forged") || strings.Contains(line, "forged\tx") {
			t.Errorf("%s: a line is the stranger's: %q", what, line)
			return
		}
	}
}

// checkTame fails on what does something to a terminal, and on what is no text.
func checkTame(t *testing.T, what, text string) {
	t.Helper()
	for i, line := range strings.Split(text, "\n") {
		if at := strings.IndexFunc(line, func(r rune) bool { return r != '\t' && isStrange(r) }); at >= 0 {
			t.Errorf("%s: line %d has %q", what, i+1, line[max(0, at-40):min(len(line), at+40)])
			return
		}
	}
	if strings.ToValidUTF8(text, "") != text {
		t.Errorf("%s: no UTF-8", what)
	}
}

// strangeHeader is a body that comes with headers which break the connection.
const strangeHeader = `{"title":"` + strangeWord + `"}`

// names of the ways a server can refuse, with the answer's body if it is none of
// the API's.
func refusals() map[string]struct {
	status int
	body   string
} {
	all := map[string]struct {
		status int
		body   string
	}{}
	for _, status := range []int{302, 400, 401, 402, 403, 404, 413, 418, 429, 503} {
		all[strconv.Itoa(status)] = struct {
			status int
			body   string
		}{status, ""}
	}
	add := func(name string, status int, body string) {
		all[name] = struct {
			status int
			body   string
		}{status, body}
	}
	add("no page", 200, `{"x":"`+strangeWord+`"}`)
	add("headers", 403, strangeHeader)
	add("no JSON", 200, strange(3))
	add("bad bytes", 403, "{\"detail\":\""+strangeWord+" \xff\xc2\x9b \x9b31m \xe2\x80\xae\"}")
	add("cap", 403, `{"title":"UsageCapExceeded","detail":"Usage cap exceeded: Monthly product cap `+strangeWord+`\u001b[2J\u009b","period":"\u001b]0;x\u0007"}`)
	return all
}
