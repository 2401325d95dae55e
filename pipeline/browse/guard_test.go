package browse

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Requests that a person at this machine did not make are refused.
func TestOnlyOurOwnPagesAreServed(t *testing.T) {
	slow(t)
	s := newSite(t, Config{})
	host := strings.TrimPrefix(s.url, "http://")
	_, port, _ := strings.Cut(host, ":")
	for _, c := range []struct {
		what   string
		method string
		host   string
		header map[string]string
		want   int
	}{
		{"the address", "GET", host, nil, 200},
		{"localhost", "GET", "localhost:" + port, nil, 200},
		{"the other loopback", "GET", "[::1]:" + port, nil, 200},
		{"a name that DNS points here", "GET", "evil.example:" + port, nil, 421},
		{"a name that begins like ours", "GET", "127.0.0.1.evil.example:" + port, nil, 421},
		{"another port", "GET", "127.0.0.1:1", nil, 421},
		{"no port", "GET", "127.0.0.1", nil, 421},
		{"another machine's address", "GET", "192.0.2.1:" + port, nil, 421},
		{"a link in the address bar", "GET", host, map[string]string{"Sec-Fetch-Site": "none"}, 200},
		{"a click on our page", "GET", host, map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{"an image of another site", "GET", host, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403},
		{"a frame of another site", "GET", host, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403},
		{"a link of another site", "GET", host, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 403},
		{"another server of this machine", "GET", host, map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"a form of ours", "POST", host, map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://" + host}, 200},
		{"a form of ours, unnamed", "POST", host, map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200},
		{"a form in a sandbox of another site", "POST", host, map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "null"}, 403},
		{"a form of ours, old browser", "POST", host, map[string]string{"Origin": "http://" + host}, 200},
		{"a program", "POST", host, nil, 200},
		{"a form of another site", "POST", host, map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403},
		{"a form of another site, old browser", "POST", host, map[string]string{"Origin": "https://evil.example"}, 403},
		{"a form of another server of this machine", "POST", host, map[string]string{"Origin": "http://127.0.0.1:1"}, 403},
		{"a form in a sandbox", "POST", host, map[string]string{"Origin": "null"}, 403},
		{"an origin that disagrees", "POST", host, map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, 403},
		{"PUT", "PUT", host, nil, 405}, {"DELETE", "DELETE", host, nil, 405}, {"OPTIONS", "OPTIONS", host, nil, 405}, {"TRACE", "TRACE", host, nil, 405},
	} {
		path, body := "/table/spaces", ""
		if c.method == "POST" {
			path, body = "/sql", "sql=SELECT+1"
		}
		req := s.request(c.method, path, strings.NewReader(body))
		req.Host = c.host
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, value := range c.header {
			req.Header.Set(name, value)
		}
		status, page, _ := s.do(req)
		if status != c.want || status != 200 && strings.Contains(page, "<td") {
			t.Errorf("%s: status %d, want %d\n%s", c.what, status, c.want, message(page))
		}
	}
}

// A person who followed a link from elsewhere is asked, and led nowhere else.
func TestLinkOfAnotherSiteAsksFirst(t *testing.T) {
	for path, want := range map[string]string{"/space/abc?x=1": `href="/space/abc?x=1"`, "//evil.example/x": `href="/evil.example/x"`} {
		req := httptest.NewRequest("GET", "/", nil)
		req.URL.Path, req.URL.RawQuery, _ = strings.Cut(path, "?")
		req.Header.Set("Sec-Fetch-Mode", "navigate")
		req.Header.Set("Sec-Fetch-Dest", "document")
		answer := httptest.NewRecorder()
		stranger(answer, req)
		if page := answer.Body.String(); !strings.Contains(page, want) {
			t.Errorf("%s: no %s in\n%s", path, want, message(page))
		}
	}
}

func TestEveryAnswerHasTheHeadersThatBind(t *testing.T) {
	s := newSite(t, Config{})
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
		"Content-Security-Policy": contentPolicy, "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	}
	for _, path := range []string{"/", "/nope", "/static/style.css", "/state", "/table/spaces/spaces.csv", "/table/nope", "/sql"} {
		_, _, header := s.do(s.request("GET", path, nil))
		for name := range maps.Keys(want) {
			if got := header.Get(name); got != want[name] {
				t.Errorf("%s: %s: got %q, want %q", path, name, got, want[name])
			}
		}
		if header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: lets other sites read", path)
		}
	}
	if strings.Contains(contentPolicy, "unsafe") || !strings.Contains(contentPolicy, "frame-ancestors 'none'") {
		t.Errorf("policy %s", contentPolicy)
	}
}

// Where other machines reach the server, everything needs the token.
func TestExposedServerAsksForTheToken(t *testing.T) {
	const token = "a-token-of-the-test"
	s := newSite(t, Config{Token: token})
	for _, path := range []string{"/", "/table/spaces", "/static/style.css", "/state", "/?token=wrong", "/?token=", "/table/spaces/spaces.csv"} {
		status, body, _ := s.do(s.request("GET", path, nil))
		if status != http.StatusUnauthorized || strings.Contains(body, token) {
			t.Errorf("%s: status %d, want 401", path, status)
		}
	}
	if status, _, _ := s.post("/sql", "sql", "SELECT 1"); status != http.StatusUnauthorized {
		t.Errorf("POST: status %d, want 401", status)
	}
	status, _, header := s.do(s.request("GET", "/?token="+token, nil))
	cookie := header.Get("Set-Cookie")
	if status != http.StatusSeeOther || header.Get("Location") != "/" || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Strict") {
		t.Fatalf("with the token: status %d to %q, cookie %q", status, header.Get("Location"), cookie)
	}
	req := s.request("GET", "/table/spaces", nil)
	req.Header.Set("Cookie", strings.SplitN(cookie, ";", 2)[0])
	if status, _, _ := s.do(req); status != http.StatusOK {
		t.Errorf("with the cookie: status %d, want 200", status)
	}
	req.Host = "evil.example"
	if status, _, _ := s.do(req); status != http.StatusMisdirectedRequest {
		t.Errorf("by another name: status %d, want 421", status)
	}
}
