package simulator

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// post sends a form, with Basic credentials if key is set.
func (s server) post(path, key, secret string, form ...string) response {
	s.t.Helper()
	v := url.Values{}
	for i := 0; i < len(form); i += 2 {
		v.Set(form[i], form[i+1])
	}
	req, err := http.NewRequest(http.MethodPost, s.http.URL+path, strings.NewReader(v.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	if key != "" {
		req.SetBasicAuth(key, secret)
	}
	return s.do(req)
}

func (r response) text(key string) string {
	s, _ := r.json[key].(string)
	return s
}

func TestAppTokenStaysUntilInvalidated(t *testing.T) {
	s := serve(t, Config{APIKey: "key", APISecret: "secret"})
	ask := func(secret string) response {
		return s.post("/oauth2/token", "key", secret, "grant_type", "client_credentials")
	}
	r := ask("wrong")
	equal(t, "wrong keys", r.status, 403)
	equal(t, "code", r.problems()[0]["code"], any(99.0))
	first := ask("secret").text("access_token")
	contains(t, "token", first, "%2F")
	equal(t, "again", ask("secret").text("access_token"), first)
	path := "/2/spaces/" + s.SpaceIDs(1)[0]
	equal(t, "verbatim", s.getAs(first, path).status, 200)
	plain, _ := url.QueryUnescape(first)
	equal(t, "decoded", s.getAs(plain, path).status, 401)
	equal(t, "invalidate", s.post("/oauth2/invalidate_token", "key", "secret", "access_token", first).status, 200)
	equal(t, "dead", s.getAs(first, path).status, 401)
	if next := ask("secret").text("access_token"); next == first || s.getAs(next, path).status != 200 {
		t.Errorf("new token %q is no good", next)
	}
}

func TestRefreshTokensRotate(t *testing.T) {
	c := newClock()
	s := serve(t, Config{Now: c.now})
	user := s.CreatorIDs(1)[0]
	first := s.IssueUserToken(user)
	refresh := func(token string) response {
		return s.post("/2/oauth2/token", "", "", "grant_type", "refresh_token", "refresh_token", token, "client_id", "c")
	}
	me := func(token string) int { return s.getAs(token, "/2/users/me").status }
	equal(t, "first", me(first.AccessToken), 200)
	c.advance(2 * time.Hour)
	equal(t, "expired", me(first.AccessToken), 401)
	second := refresh(first.RefreshToken)
	equal(t, "refreshed", me(second.text("access_token")), 200)
	equal(t, "expires_in", second.json["expires_in"], any(7200.0))
	reused := refresh(first.RefreshToken)
	equal(t, "reused", reused.status, 400)
	equal(t, "error", reused.text("error"), "invalid_request")
	equal(t, "family access", me(second.text("access_token")), 401)
	equal(t, "family refresh", refresh(second.text("refresh_token")).status, 400)
	r := s.post("/2/oauth2/token", "", "", "grant_type", "refresh_token", "refresh_token", "x")
	equal(t, "no client", r.status, 401)
	equal(t, "no client", r.text("error"), "unauthorized_client")
}

func TestLoginWithPKCE(t *testing.T) {
	c := newClock()
	s := serve(t, Config{Now: c.now, ClientID: "id", ClientSecret: "secret"})
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	login := func() string {
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		q := url.Values{"response_type": {"code"}, "client_id": {"id"}, "redirect_uri": {"http://127.0.0.1/cb"}, "state": {"s"},
			"scope": {defaultScope}, "code_challenge": {challenge}, "code_challenge_method": {"S256"}}
		res, err := client.Get(s.http.URL + "/i/oauth2/authorize?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		back, err := res.Location()
		if err != nil || back.Query().Get("state") != "s" {
			t.Fatalf("redirect: got %v, %v", back, err)
		}
		return back.Query().Get("code")
	}
	exchange := func(code, verifier string) response {
		return s.post("/2/oauth2/token", "id", "secret", "grant_type", "authorization_code", "code", code,
			"code_verifier", verifier, "redirect_uri", "http://127.0.0.1/cb")
	}
	code := login()
	r := exchange(code, verifier)
	equal(t, "exchange", r.status, 200)
	creator, _ := s.TicketedCreator()
	equal(t, "me", s.getAs(r.text("access_token"), "/2/users/me").data()[0]["id"], any(creator))
	equal(t, "code again", exchange(code, verifier).status, 400)
	equal(t, "wrong verifier", exchange(login(), "x").status, 400)
	late := login()
	c.advance(31 * time.Second)
	equal(t, "late", exchange(late, verifier).status, 400)
	equal(t, "revoke", s.post("/2/oauth2/revoke", "id", "secret", "token", r.text("access_token")).status, 200)
	equal(t, "revoked", s.getAs(r.text("access_token"), "/2/users/me").status, 401)
}
