package extract

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// Whatever a server's bytes are, the status line, rate limits, dates and encodings
// included: a request ends within a day of its clock, with a page of JSON or an error of one line,
// and neither has the token.
func FuzzAnswer(f *testing.F) {
	answers := []string{
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 32\r\nx-rate-limit-limit: 300\r\nx-rate-limit-remaining: 0\r\nx-rate-limit-reset: 1788264900\r\n\r\n" + none + " ",
		"HTTP/1.1 429 Too Many Requests\r\nx-rate-limit-reset: 99999999999999\r\nRetry-After: -1\r\n\r\n{}",
		"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer " + appToken + "\r\n\r\n" + appToken,
		"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n\x1f\x8b\x08\x00\x00\r\n0\r\n\r\n",
		"HTTP/1.1 503 Later\r\nDate: Tue, 01 Sep 2099 12:00:00 UTC\r\nRetry-After: Wed, 02 Sep 2099 12:00:00 GMT\r\n\r\n<html>",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", appToken, "HTTP/1.1 200 OK\r\n" + appToken + "\r\n\r\n", "\x00", "",
	}
	for i, a := range answers {
		f.Add(byte(i), []byte(a))
	}
	endpoints := []schemas.Endpoint{schemas.Spaces, schemas.Search, schemas.Tweets, schemas.Buyers, schemas.Users, schemas.Me, schemas.Usage, schemas.Credits}
	f.Fuzz(func(t *testing.T, endpoint byte, answer []byte) {
		at, began := newClock(), newClock().now
		cfg := tokens("http://127.0.0.1:1")
		cfg.Now, cfg.Sleep = at.Now, at.Sleep
		cfg.Transport = scratchtest.Wire(answer)
		client, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		retry := NewRetry(client)
		page, err := retry.Fetch(t.Context(), oneOf(endpoints[int(endpoint)%len(endpoints)]), nil)
		if err == nil && !json.Valid(page.Body) {
			t.Errorf("a page of %q", page.Body)
		}
		if took := at.Now().Sub(began); took > 24*time.Hour {
			t.Errorf("it waited for %s", took)
		}
		text := page.Text + string(page.Body)
		if err != nil {
			text += err.Error()
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("%q is more than one line", err)
			}
		}
		for _, secret := range []string{appToken, userToken} {
			if strings.Contains(text, secret) {
				t.Errorf("%q has a token", text)
			}
		}
	})
}
