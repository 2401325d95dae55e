package browse

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// injected is markup that no page of ours has.
const injected = "<zq onload='x'>"

// Whatever is asked for, filters, columns, pages and files included: the answer is a page
// of text, never a fault of the server, under its policy, and what was asked is only text in it.
func FuzzRequest(f *testing.F) {
	s, err := New(f.Context(), Config{Store: store.Dir(storeDir(f)), Timeout: time.Minute})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8700}
	for path, query := range map[string]string{
		"/": "", "/find": "q=space", "/table/spaces": "w.state=live&sort=-created_at&p=2", "/table/spaces/spaces.csv": "w.lang=en",
		"/table/users": "w.followers_count=>10&ts=2026-11-01", "/row/spaces": "space_id=1", "/space/1DXxyRYNejbKM": "", "/user/1": "",
		"/sql": "starter=1&table=spaces", "/sql/no-shows": "", "/live": "", "/tables": "", "/topic/10000000001": "", "/state": "", "/static/style.css": "", "/table/v_spaces": "c=title&c=nosuch", "/nosuch": "%zz", "find": "q=0\x00 \xad",
	} {
		f.Add(path, query)
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		values, _ := url.ParseQuery(query)
		for _, list := range values {
			list[0] += injected
		}
		for _, query := range []string{query, values.Encode()} {
			r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path, RawQuery: query}, Host: local.String(), Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
			r = r.WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, local))
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			body := w.Body.String()
			if w.Code >= http.StatusInternalServerError {
				t.Errorf("%s?%s: status %d: %s", path, query, w.Code, message(body))
			}
			if to := w.Header().Get("Location"); to != "" { // a path is made clean by net/http
				if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
					t.Errorf("%s?%s: leads to %q", path, query, to)
				}
				continue
			}
			if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") &&
				(strings.Contains(body, "<zq") || !utf8.ValidString(body) || w.Header().Get("Content-Security-Policy") == "") {
				t.Errorf("%s?%s: its page has markup of the request, is no text or is without a policy", path, query)
			}
		}
	})
}
