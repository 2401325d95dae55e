package extract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

const (
	problems     = `"type":"https://api.twitter.com/2/problems/`
	notFoundBody = `{"title":"Not Found Error","detail":"Could not find space with id: [1aaaaaaaaaaaA].",` + problems + `resource-not-found"}`
	blankBody    = `{"title":"Forbidden","detail":"Forbidden","type":"about:blank","status":403}`
	noAccessBody = `{"title":"Authorization Error",` + problems + `not-authorized-for-resource"}`
	invalidBody  = "{\"errors\":[{\"parameters\":{\"ids\":[\"x y\"]},\"message\":\"The `ids` query parameter value [x y] is not valid\"}],\"title\":\"Invalid Request\"," + problems + "invalid-request\"}"
	authKindBody = `{"title":"Unsupported Authentication","detail":"Authenticating with OAuth 2.0 Application-Only is forbidden.","type":"https://api.x.com/2/problems/unsupported-authentication","status":403}`
	clientBody   = `{"title":"Client Forbidden","reason":"client-not-enrolled","registration_url":"https://developer.x.com/projects",` + problems + `client-forbidden"}`
	htmlBody     = "<html><body>Bad Gateway " + appToken + "</body></html>"
)

// kindOf names the outcome of a fetch.
func kindOf(page schemas.Page, err error) string {
	var (
		auth      *AuthError
		capped    *CapError
		limit     *RateLimitError
		temporary *TemporaryError
		status    *StatusError
		expired   *TokenExpiredError
		bad       *BodyError
	)
	switch {
	case err == nil:
		return fmt.Sprintf("page %d", page.Status)
	case errors.As(err, &auth):
		return "auth " + string(auth.Kind)
	case errors.As(err, &capped):
		return "cap " + string(capped.Kind)
	case errors.As(err, &limit):
		return "limit " + string(limit.Kind)
	case errors.As(err, &bad) && errors.As(err, &temporary):
		return "temporary body"
	case errors.As(err, &temporary):
		return "temporary"
	case errors.As(err, &status):
		return "status"
	case errors.As(err, &expired):
		return "expired"
	}
	return err.Error()
}

func TestEveryStatusHasItsMeaning(t *testing.T) {
	for _, c := range []struct {
		name     string
		endpoint schemas.Endpoint
		status   int
		body     string
		want     string
	}{
		{"empty result", schemas.Search, 200, `{"meta":{"result_count":0}}`, "page 200"},
		{"only errors", schemas.SpaceByID, 200, `{"errors":[` + notFoundBody + `]}`, "page 200"},
		{"html", schemas.Spaces, 200, htmlBody, "temporary body"},
		{"empty", schemas.Spaces, 200, "", "temporary body"},
		{"truncated", schemas.Spaces, 200, `{"data":[{"id":"1`, "temporary body"},
		{"array", schemas.Spaces, 200, `[]`, "temporary body"},
		{"null", schemas.Spaces, 200, `null`, "temporary body"},
		{"missing Space", schemas.SpaceByID, 404, notFoundBody, "page 404"},
		{"missing Space, empty", schemas.Tweets, 404, "", "temporary"},
		{"missing Space, html", schemas.Buyers, 404, htmlBody, "temporary"},
		{"missing list", schemas.Spaces, 404, notFoundBody, "page 404"},
		{"missing list, empty", schemas.Users, 404, "", "temporary"},
		{"wrong server", schemas.Spaces, 404, htmlBody, "temporary"},
		{"account without credits", schemas.Credits, 404, "", "page 404"},
		{"forbidden Space", schemas.SpaceByID, 403, blankBody, "page 403"},
		{"forbidden buyers", schemas.Buyers, 403, noAccessBody, "page 403"},
		{"forbidden list", schemas.Users, 403, noAccessBody, "page 403"},
		{"forbidden batch", schemas.Users, 403, blankBody, "page 403"},
		{"forbidden batch, html", schemas.Spaces, 403, htmlBody, "page 403"},
		{"forbidden batch, empty", schemas.Creators, 403, "", "page 403"},
		{"forbidden, html", schemas.SpaceByID, 403, htmlBody, "page 403"},
		{"forbidden search", schemas.Search, 403, blankBody, "status"},
		{"forbidden app", schemas.Users, 403, `{"errors":[{"code":453,"message":"You currently have access to a subset of endpoints"}]}`, "status"},
		{"forbidden app, one Space", schemas.Tweets, 403, `{"title":"Forbidden","detail":"Your app has no access to this endpoint","type":"about:blank"}`, "status"},
		{"client forbidden", schemas.SpaceByID, 403, clientBody, "auth forbidden"},
		{"wrong token kind", schemas.Spaces, 403, authKindBody, "auth unsupported"},
		{"wrong token kind, both tried", schemas.Tweets, 403, authKindBody, "auth unsupported"},
		{"invalid", schemas.Spaces, 400, invalidBody, "page 400"},
		{"invalid Space", schemas.Tweets, 400, invalidBody, "page 400"},
		{"invalid, html", schemas.Spaces, 400, htmlBody, "page 400"},
		{"invalid search", schemas.Search, 400, invalidBody, "page 400"},
		{"invalid search, empty", schemas.Search, 400, "", "page 400"},
		{"large", schemas.Spaces, 413, htmlBody, "page 413"},
		{"large search", schemas.Search, 413, "", "page 413"},
		{"long", schemas.Users, 414, htmlBody, "page 414"},
		{"long search", schemas.Search, 414, `{"title":"URI Too Long"}`, "page 414"},
		{"header", schemas.Creators, 431, "", "page 431"},
		{"unauthorized", schemas.Spaces, 401, `{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}`, "auth rejected"},
		{"unauthorized, legacy", schemas.Spaces, 401, `{"errors":[{"code":89,"message":"Invalid or expired token"}]}`, "auth rejected"},
		{"unauthorized, oauth", schemas.Spaces, 401, `{"error":"invalid_token","error_description":"expired"}`, "auth rejected"},
		{"credits", schemas.Spaces, 402, `{"account_id":1234567890123456789,"title":"CreditsDepleted",` + problems + `credits"}`, "cap credits"},
		{"payment, empty", schemas.Spaces, 402, "", "cap credits"},
		{"spend cap", schemas.Tweets, 403, `{"title":"SpendCapReached","reset_date":"2026-10-01","type":"https://api.x.com/2/problems/credits"}`, "cap spend-cap"},
		{"usage cap", schemas.Spaces, 429, `{"account_id":"123","title":"UsageCapExceeded","period":"Monthly",` + problems + `usage-capped"}`, "cap usage-cap"},
		{"usage cap, in the detail", schemas.Tweets, 429, `{"title":"Too Many Requests","detail":"Usage cap exceeded: Monthly product cap"}`, "cap usage-cap"},
		{"usage cap, blank", schemas.Tweets, 429, `{"title":"Too Many Requests","type":"about:blank","detail":"Monthly usage cap reached"}`, "cap usage-cap"},
		{"usage cap, legacy", schemas.Spaces, 429, `{"errors":[{"code":88,"message":"Monthly product cap exceeded"}]}`, "cap usage-cap"},
		{"usage cap, forbidden", schemas.Spaces, 403, `{"title":"Forbidden","detail":"Your project has used up its monthly tweet cap"}`, "cap usage-cap"},
		{"usage cap, payment", schemas.Spaces, 402, `{"title":"Payment Required","detail":"usage cap"}`, "cap usage-cap"},
		{"spend cap, in the detail", schemas.Spaces, 403, `{"title":"Forbidden","detail":"Spend cap reached"}`, "cap spend-cap"},
		{"spend cap, legacy", schemas.Spaces, 429, `{"errors":[{"message":"Spending limit reached for this billing cycle"}]}`, "cap spend-cap"},
		{"credits, in the title", schemas.Search, 403, `{"title":"Credits depleted"}`, "cap credits"},
		{"credits, legacy", schemas.Search, 429, `{"errors":[{"code":0,"message":"You are out of credits"}]}`, "cap credits"},
		{"too many, in words", schemas.Spaces, 429, `{"title":"Too Many Requests","detail":"Rate limit exceeded, see the usage page"}`, "limit unknown"},
		{"too many, the app's day", schemas.Spaces, 429, `{"title":"Too Many Requests","detail":"Daily limit exceeded for this application"}`, "limit unknown"},
		{"too many", schemas.Spaces, 429, `{"errors":[{"code":88,"message":"Rate limit exceeded"}]}`, "limit unknown"},
		{"internal", schemas.Spaces, 500, `{"title":"Internal Server Error"}`, "temporary"},
		{"gateway", schemas.Spaces, 502, htmlBody, "temporary"},
		{"unavailable", schemas.Spaces, 503, "", "temporary"},
		{"timeout", schemas.Spaces, 408, "", "temporary"},
		{"gone", schemas.Spaces, 410, "{}", "status"},
		{"accepted", schemas.Spaces, 202, "{}", "status"},
	} {
		client := newClient(t, tokens(serve(t, always(c.status, c.body))))
		page, err := client.Fetch(context.Background(), oneOf(c.endpoint), nil)
		if got := kindOf(page, err); got != c.want {
			t.Errorf("%s: got %s (%v), want %s", c.name, got, err, c.want)
		}
		checkMessage(t, c.name, err)
	}
}

// checkMessage holds what every error must be.
func checkMessage(t *testing.T, name string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		if strings.Contains(text, "secret") {
			t.Errorf("%s: %q shows the token", name, text)
		}
	}
	if strings.Contains(err.Error(), "\n") || len(err.Error()) > 600 {
		t.Errorf("%s: %q is not one short line", name, err)
	}
}

// A server can say the token back in every header that a page keeps.
func TestHeadersThatAreKeptSayNoToken(t *testing.T) {
	for _, said := range []string{"Bearer " + appToken, appToken, strings.Repeat("x", 1<<12)} {
		server := serve(t, always(200, `{"data":{"id":"1SLjjRYNejbKM","state":"live"}}`, "x-rate-limit-limit", said, "x-rate-limit-remaining", said, "x-rate-limit-reset", said, "Date", said))
		page, err := newClient(t, tokens(server)).Fetch(context.Background(), oneOf(schemas.SpaceByID), nil)
		kept := fmt.Sprintf("%+v", page.Headers)
		if err != nil || strings.Contains(kept, appToken) || len(kept) > 400 {
			t.Errorf("%.80q: kept %.400s, %v", said, kept, err)
		}
	}
}

func TestRefusalsKeepTheirBody(t *testing.T) {
	page, err := newClient(t, tokens(serve(t, always(400, htmlBody)))).Fetch(context.Background(), oneOf(schemas.SpaceByID), nil)
	if err != nil || string(page.Body) != "null" || page.Text != "<html><body>Bad Gateway [token]</body></html>" {
		t.Errorf("got %s %q %v, want null and the text without the token", page.Body, page.Text, err)
	}
	page, err = newClient(t, tokens(serve(t, always(414, strings.Repeat("x", 1<<20))))).Fetch(context.Background(), oneOf(schemas.SpaceByID), nil)
	if err != nil || len(page.Text) != maxKept {
		t.Errorf("got %d bytes, %v, want %d", len(page.Text), err, maxKept)
	}
	page, err = newClient(t, tokens(serve(t, always(404, notFoundBody)))).Fetch(context.Background(), oneOf(schemas.SpaceByID), nil)
	if err != nil || string(page.Body) != notFoundBody || page.Text != "" {
		t.Errorf("got %s %q %v, want the problem", page.Body, page.Text, err)
	}
}

func TestRefusedPaginationTokenIsToldApart(t *testing.T) {
	request := schemas.Request{Endpoint: schemas.Tweets, IDs: []string{spaceA}, Token: "ayf96h94ritk"}
	_, err := newClient(t, tokens(serve(t, always(400, invalidBody)))).Fetch(context.Background(), request, nil)
	var expired *TokenExpiredError
	if !errors.As(err, &expired) || expired.Request.Token != request.Token {
		t.Errorf("got %v, want a TokenExpiredError", err)
	}
	checkMessage(t, "expired", err)
}

func TestAccountNumbersKeepTheirDigits(t *testing.T) {
	for _, account := range []string{"1234567890123456789", `"1234567890123456789"`} {
		_, err := newClient(t, tokens(serve(t, always(402, `{"account_id":`+account+`,"title":"CreditsDepleted"}`)))).Fetch(context.Background(), oneOf(schemas.Spaces), nil)
		var capped *CapError
		if !errors.As(err, &capped) || capped.AccountID != "1234567890123456789" {
			t.Errorf("%s: got %#v", account, err)
		}
	}
}

func TestBuyersNeedTheUserToken(t *testing.T) {
	cfg := tokens(serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }))
	cfg.UserToken = ""
	_, err := newClient(t, cfg).Fetch(context.Background(), oneOf(schemas.Buyers), nil)
	var auth *AuthError
	if !errors.As(err, &auth) || auth.Kind != AuthMissing || !strings.Contains(err.Error(), "X_USER_TOKEN") {
		t.Errorf("got %v, want an AuthError that names X_USER_TOKEN", err)
	}
}

func TestTweetsFallBackToTheUserTokenOnce(t *testing.T) {
	var sent []string
	client := newClient(t, tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if sent = append(sent, r.Header.Get("Authorization")); strings.Contains(sent[len(sent)-1], appToken) {
			always(403, authKindBody)(w, r)
			return
		}
		always(200, none)(w, r)
	})))
	for range 2 {
		if _, err := client.Fetch(context.Background(), oneOf(schemas.Tweets), nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(sent) != 3 {
		t.Errorf("got %d requests, want 3: app, user, user", len(sent))
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") })
	_, err := newClient(t, tokens(serve(t, always(302, "", "Location", other+"/elsewhere")))).Fetch(context.Background(), oneOf(schemas.Spaces), nil)
	var status *StatusError
	if !errors.As(err, &status) || "http://"+status.Location != other || !strings.Contains(err.Error(), status.Location) {
		t.Errorf("got %v, want a StatusError that names %s", err, other)
	}
}
