package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// server asks the API for tokens. It makes a single attempt at each request.
type server struct{ cfg Config }

// pair is an answer with tokens; an app's has no refresh token.
type pair struct {
	access, refresh   secret
	scopes            []string
	obtained, expires time.Time // expires is zero when the server did not say
}

// client is the program as the API knows it; only confidential ones have a
// secret, and prove themselves by it.
type client struct {
	id     string
	secret secret
}

func (s server) oauth(c client, redirect string) *oauth2.Config {
	// Detecting the style would spend a code or a refresh token on a guess.
	style := oauth2.AuthStyleInParams
	if c.secret != "" {
		style = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID: c.id, ClientSecret: string(c.secret), RedirectURL: redirect, Scopes: Scopes(),
		Endpoint: oauth2.Endpoint{AuthURL: s.cfg.consentURL(), TokenURL: s.cfg.Server + "/2/oauth2/token", AuthStyle: style},
	}
}

func (s server) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, s.cfg.client())
}

// exchange turns the code of a consent into a pair.
func (s server) exchange(ctx context.Context, c client, redirect, code, verifier string) (pair, error) {
	now := s.cfg.Now()
	t, err := s.oauth(c, redirect).Exchange(s.context(ctx), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return pair{}, s.failed("exchanging the code", err, c.secret, basic(c.id, c.secret), secret(code), secret(verifier))
	}
	return newPair(t, now), nil
}

// refresh spends a refresh token.
func (s server) refresh(ctx context.Context, r record) (pair, error) {
	now := s.cfg.Now()
	source := s.oauth(client{r.ClientID, r.ClientSecret}, "").TokenSource(s.context(ctx), &oauth2.Token{RefreshToken: string(r.RefreshToken)})
	t, err := source.Token()
	if err != nil {
		return pair{}, s.failed("renewing the token of "+r.Name, err, r.secrets()...)
	}
	return newPair(t, now), nil
}

// app gets the app's own token. The API gives the same one until it is
// invalidated.
func (s server) app(ctx context.Context, key string, keySecret secret) (pair, error) {
	now := s.cfg.Now()
	cfg := clientcredentials.Config{ClientID: key, ClientSecret: string(keySecret), TokenURL: s.cfg.Server + "/oauth2/token", AuthStyle: oauth2.AuthStyleInHeader}
	const what = "getting the app's token"
	t, err := cfg.Token(s.context(ctx))
	switch {
	case err != nil:
		return pair{}, s.failed(what, err, secret(key), keySecret, basic(key, keySecret))
	case t.Type() != "Bearer":
		return pair{}, &RefusedError{What: what, Server: s.cfg.Server, Status: http.StatusOK, Detail: "the answer holds another type of token"}
	}
	return newPair(t, now), nil
}

// newPair takes the time from before the request, so that the token expires no
// later than we believe.
func newPair(t *oauth2.Token, now time.Time) pair {
	p := pair{access: secret(t.AccessToken), refresh: secret(t.RefreshToken), obtained: now.UTC()}
	if t.ExpiresIn > 0 {
		p.expires = p.obtained.Add(time.Duration(t.ExpiresIn) * time.Second)
	}
	if scope, ok := t.Extra("scope").(string); ok {
		p.scopes = strings.Fields(scope)
	}
	return p
}

// revoke makes the server forget a token; a refresh token goes with all that
// came of its login.
func (s server) revoke(ctx context.Context, r record, token secret) error {
	form := url.Values{"token": {string(token)}, "client_id": {r.ClientID}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.Server+"/2/oauth2/revoke", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r.ClientSecret != "" {
		req.SetBasicAuth(url.QueryEscape(r.ClientID), url.QueryEscape(string(r.ClientSecret)))
	}
	_, err = s.send(req, "revoking the token of "+r.Name, r.secrets()...)
	return err
}

// me asks whose token it is.
func (s server) me(ctx context.Context, token secret) (id, username string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.cfg.Server+"/2/users/me", nil)
	if err != nil {
		return "", "", err
	}
	req.Header.Set("Authorization", "Bearer "+string(token))
	const what = "asking whose token it is"
	body, err := s.send(req, what, token)
	if err != nil {
		return "", "", err
	}
	var answer struct {
		Data struct{ ID, Username string } `json:"data"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Data.ID == "" {
		return "", "", &TemporaryError{what, s.cfg.Server, http.StatusOK, errors.New("the answer names nobody")}
	}
	return answer.Data.ID, answer.Data.Username, nil
}

const maxAnswer = 1 << 20 // bytes

// send returns the body of a 200 answer.
func (s server) send(req *http.Request, what string, secrets ...secret) ([]byte, error) {
	res, err := s.cfg.client().Do(req)
	if err != nil {
		return nil, s.failed(what, err, secrets...)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err == nil && res.StatusCode != http.StatusOK {
		err = &oauth2.RetrieveError{Response: res, Body: body}
	}
	if err != nil {
		return nil, s.failed(what, err, secrets...)
	}
	return body, nil
}

// failed tells answers that are final from those that are not. Nothing of an
// answer gets into an error before the secrets are out of it.
func (s server) failed(what string, err error, secrets ...secret) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		return &TemporaryError{What: what, Server: s.cfg.Server, Err: scrubbed{err, scrub(err.Error(), secrets)}}
	}
	status := answer.Response.StatusCode
	code, detail := said(answer.Body)
	if status >= 500 || slices.Contains([]int{http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests}, status) {
		return &TemporaryError{What: what, Server: s.cfg.Server, Status: status, Err: fmt.Errorf("answered with status %d", status)}
	}
	return &RefusedError{What: what, Server: s.cfg.Server, Status: status, Code: scrub(code, secrets), Detail: scrub(detail, secrets)}
}

// said finds the words in any of the API's shapes of errors.
func said(body []byte) (code, detail string) {
	var text struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Detail      string `json:"detail"`
		Errors      []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &text) != nil {
		return "", ""
	}
	detail = text.Description
	if detail == "" {
		detail = text.Detail
	}
	if detail == "" && len(text.Errors) > 0 {
		detail = text.Errors[0].Message
	}
	return text.Error, detail
}

// scrubbed is an error of another package without secrets in its text.
type scrubbed struct {
	error
	text string
}

func (e scrubbed) Error() string { return e.text }
func (e scrubbed) Unwrap() error { return e.error }

const maxDetail = 300 // bytes

// basic is how a client's secret goes into a header.
func basic(id string, s secret) secret {
	return secret(base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id) + ":" + url.QueryEscape(string(s)))))
}

// scrub takes secrets out of what a server said, and makes it one short line.
func scrub(text string, secrets []secret) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.NewReplacer(string(s), redacted, url.QueryEscape(string(s)), redacted).Replace(text)
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxDetail {
		text = strings.ToValidUTF8(text[:maxDetail], "") + "…"
	}
	return text
}
