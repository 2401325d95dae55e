package auth

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
)

// Whatever a server's bytes are: a login, a renewal, a logout end with tokens or an error
// of one line, which has none of the secrets that were sent.
func FuzzTokenAnswer(f *testing.F) {
	const clientSecret, refresh, access, code, verifier = "client-secret-4711", "refresh-token-0815", "access-token-1234", "code-of-consent-99", "verifier-of-code-43"
	header := base64.StdEncoding.EncodeToString([]byte("client:" + clientSecret))
	for i, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + `{"token_type":"bearer","expires_in":7200,"access_token":"a","refresh_token":"b","scope":"space.read"}`,
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + `{"data":{"id":"1","username":"a"}}`,
		"HTTP/1.1 400 Bad Request\r\n\r\n" + `{"error":"invalid_grant","error_description":"` + refresh + ` was used"}`,
		"HTTP/1.1 401 No\r\n\r\n" + `{"errors":[{"code":99,"message":"` + clientSecret + `"}]}`,
		"HTTP/1.1 503 " + access + "\r\n\r\n", "Basic " + header, refresh, "HTTP/1.1 200 OK\r\n" + clientSecret + "\r\n\r\n", "",
	} {
		f.Add(byte(i), []byte(answer))
	}
	f.Fuzz(func(t *testing.T, call byte, answer []byte) {
		cfg, err := Config{Server: "http://127.0.0.1:1", Transport: scratchtest.Wire(answer)}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		s := server{cfg}
		r := record{AccessToken: access, RefreshToken: refresh, ClientSecret: clientSecret}
		r.Name, r.ClientID = "dara", "client"
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var sent []string
		switch call % 5 {
		case 0:
			sent = []string{refresh, clientSecret, header}
			_, err = s.refresh(ctx, r)
		case 1:
			sent = []string{code, clientSecret, header, verifier}
			_, err = s.exchange(ctx, client{"client", clientSecret}, "http://127.0.0.1/", code, verifier)
		case 2:
			sent = []string{clientSecret, header}
			_, err = s.app(ctx, "client", clientSecret)
		case 3:
			sent = []string{access, clientSecret, header}
			err = s.revoke(ctx, r, access)
		case 4:
			sent = []string{access}
			_, _, err = s.me(ctx, access)
		}
		if err == nil {
			return
		}
		for _, secret := range sent {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q has a secret", err)
			}
		}
		if strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("%q is more than one line", err)
		}
	})
}
