package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

func TestTokenIsRenewedBeforeItExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	first := w.seed()
	s := w.source()
	for _, step := range []struct {
		wait      time.Duration
		refreshes int
	}{{0, 0}, {2*time.Hour - Margin - time.Second, 0}, {time.Second, 1}, {time.Hour, 1}, {3 * time.Hour, 2}} {
		w.clock.advance(step.wait)
		token := w.token(s)
		equal(t, "refreshes after "+step.wait.String(), w.requests("user_token"), step.refreshes)
		if !w.good(token) || string(w.stored().AccessToken) != token {
			t.Errorf("after %s: the token is no good or not the stored one", step.wait)
		}
	}
	now := w.stored()
	if now.RefreshToken == first.RefreshToken || !now.Refreshing.IsZero() || now.Obtained.Before(first.Expires) {
		t.Errorf("stored %+v", now.Account)
	}
}

func TestTokensOfShortLifeAreRenewedInTheirLastQuarter(t *testing.T) {
	now := newClock().time()
	a := Account{Obtained: now, Expires: now.Add(8 * time.Second)}
	equal(t, "due", a.Due(), now.Add(6*time.Second))
	equal(t, "due, expiry unknown", Account{Obtained: now}.Due(), time.Time{})
}

func TestRenewAsksOnceForAllWhoWereRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{AccessTTL: 300 * time.Millisecond}) // expires_in is 0: only a 401 tells
	w.seed()
	s := w.source()
	old := w.token(s)
	w.clock.advance(time.Second)
	if w.token(s) != old || w.good(old) {
		t.Fatal("want a token of unknown expiry until the server refuses it")
	}
	results := make(chan string, 20)
	for i := range cap(results) {
		own := s
		if i%2 == 0 {
			own = w.source() // as another process has it
		}
		go func() {
			token, err := own.Renew(t.Context(), old)
			if err != nil {
				token = err.Error()
			}
			results <- token
		}()
	}
	for range cap(results) {
		equal(t, "renewed", <-results, string(w.stored().AccessToken))
	}
	equal(t, "refreshes", w.requests("user_token"), 1)
	if !w.good(w.token(s)) {
		t.Error("the new token is no good")
	}
}

func TestAnotherProcessesPairIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	w.seed()
	mine, theirs := w.source(), w.source()
	w.clock.advance(3 * time.Hour)
	equal(t, "token", w.token(theirs), w.token(mine))
	equal(t, "refreshes", w.requests("user_token"), 1)
}

func TestNobodyWaitsForAnEarlyRenewal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	old := w.seed()
	s := w.source()
	w.clock.advance(2*time.Hour - time.Minute)
	asked, answer, renewed := make(chan struct{}), make(chan struct{}), make(chan string)
	w.intercept(func(http.ResponseWriter, *http.Request) bool {
		close(asked)
		<-answer
		return false
	})
	go func() {
		token, err := s.Token(t.Context())
		if err != nil {
			t.Error(err)
		}
		renewed <- token
	}()
	<-asked
	for range 3 {
		equal(t, "token meanwhile", w.token(s), string(old.AccessToken))
	}
	close(answer)
	next := <-renewed
	w.intercept(nil)
	equal(t, "token afterwards", w.token(s), next)
	if next == string(old.AccessToken) || !w.good(next) {
		t.Error("the token is not renewed")
	}
	w.quiet("source", s)
}

func TestTemporaryFailureOfAnEarlyRenewalIsNoFailure(t *testing.T) {
	t.Parallel()
	fails := []simulator.Fault{simulator.FaultRateLimited, simulator.FaultUnavailable, simulator.FaultReset, simulator.FaultTruncated}
	w := newWorld(t, simulator.Config{Faults: simulator.Faults{Script: map[string][]simulator.Fault{"user_token": fails}}})
	first := w.seed()
	s := w.source()
	w.clock.advance(2*time.Hour - time.Minute)
	for range 3 {
		equal(t, "token", w.token(s), string(first.AccessToken))
	}
	equal(t, "tries within a moment", w.requests("user_token"), 1)
	equal(t, "mark after a 429", w.stored().Refreshing, time.Time{})
	w.clock.advance(time.Minute)
	for _, fault := range fails[1:] {
		_, err := s.Token(t.Context())
		var temporary *TemporaryError
		if !errors.As(err, &temporary) {
			t.Errorf("%s: got %v, want a TemporaryError", fault, err)
		}
		equal(t, "mark", w.stored().Refreshing, w.clock.time())
		w.quiet("error", err)
	}
	if !w.good(w.token(s)) {
		t.Error("the new token is no good")
	}
	equal(t, "tries", w.requests("user_token"), 5)
}

func TestRevokedFamilyNeedsALogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	first := w.seed()
	s := w.source()
	w.clock.advance(3 * time.Hour)
	w.token(s)
	// Somebody with a copy of the old file uses its refresh token.
	stale := w.stored()
	stale.RefreshToken, stale.Expires = first.RefreshToken, first.Expires
	w.put(stale)
	_, err := w.source().Token(t.Context())
	var login *LoginError
	if !errors.As(err, &login) || login.Account != account || login.Status != http.StatusBadRequest {
		t.Fatalf("got %v, want a LoginError", err)
	}
	equal(t, "error", err.Error(), `account dara: the server refused to renew its token, saying "Value passed for the token was invalid." (status 400): run spacesetl auth login --name dara`)
	w.quiet("error", err)
	if w.stored().Refused.IsZero() {
		t.Error("the refusal is not noted")
	}
	s, asked := w.source(), w.requests("user_token")
	for range 3 {
		if _, err := s.Token(t.Context()); !errors.As(err, &login) {
			t.Errorf("again: got %v", err)
		}
	}
	equal(t, "requests with a refused refresh token", w.requests("user_token"), asked+1)
	w.seed() // a login
	if !w.good(w.token(s)) {
		t.Error("after a login the token is no good")
	}
}

func TestUnreachableServerLeavesNoMark(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	r := w.seed()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	r.Server, w.url = gone.URL, gone.URL
	w.put(r)
	w.clock.advance(3 * time.Hour)
	var temporary *TemporaryError
	if _, err := w.source().Token(t.Context()); !errors.As(err, &temporary) || !w.stored().Refreshing.IsZero() {
		t.Errorf("got %v, want a TemporaryError, and no mark", err)
	}
}

func TestLostAnswerIsNamedWhenTheServerRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	w.seed()
	s := w.source()
	w.clock.advance(3 * time.Hour)
	w.intercept(func(_ http.ResponseWriter, req *http.Request) bool {
		w.intercept(nil)
		w.sim.ServeHTTP(httptest.NewRecorder(), req)
		panic(http.ErrAbortHandler) // the pair is gone
	})
	var temporary *TemporaryError
	if _, err := s.Token(t.Context()); !errors.As(err, &temporary) {
		t.Fatalf("got %v, want a TemporaryError", err)
	}
	began := w.clock.time()
	equal(t, "mark", w.stored().Refreshing, began)
	w.clock.advance(time.Minute)
	var login *LoginError
	if _, err := s.Token(t.Context()); !errors.As(err, &login) || !login.Interrupted.Equal(began) {
		t.Fatalf("got %v, want a LoginError that tells of the lost answer", err)
	}
	if !strings.Contains(login.Error(), "no answer came of the refresh begun at 2026-08-01T15:00:00Z, which can have spent it") {
		t.Errorf("error: %v", login)
	}
}

func TestPairThatCannotBeWrittenIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	w.seed()
	full := errors.New("no space left on device")
	cfg, failing := w.config(), true
	cfg.Step = func(name, _ string) error {
		if failing && name == "pair: written" {
			return full
		}
		return nil
	}
	s, err := w.store.Source(account, cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(3 * time.Hour)
	for range 2 {
		if token, err := s.Token(t.Context()); !errors.Is(err, full) || token != "" {
			t.Fatalf("got %v, want no token before it is on disk", err)
		}
	}
	failing = false
	if token := w.token(s); !w.good(token) || token != string(w.stored().AccessToken) {
		t.Error("the pair was not kept")
	}
	equal(t, "refreshes", w.requests("user_token"), 1)
}

func TestCancelledRefreshIsBroughtToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	w.seed()
	s := w.source()
	w.clock.advance(3 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	w.intercept(func(http.ResponseWriter, *http.Request) bool { cancel(); return false })
	token, err := s.Token(ctx)
	if err != nil || token != string(w.stored().AccessToken) || !w.good(token) {
		t.Errorf("got %v, want the renewed token", err)
	}
	w.clock.advance(3 * time.Hour)
	if _, err := s.Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that nothing is begun", err)
	}
	equal(t, "refreshes", w.requests("user_token"), 1)
}

func TestTokensGoToTheirServerOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	w.seed()
	var other *ServerError
	if _, err := w.store.Source(account, Config{Server: "http://127.0.0.1:1"}); !errors.As(err, &other) {
		t.Errorf("got %v, want a ServerError", err)
	}
	w.intercept(func(out http.ResponseWriter, req *http.Request) bool {
		http.Redirect(out, req, "http://127.0.0.1:1/2/oauth2/token", http.StatusTemporaryRedirect)
		return true
	})
	w.clock.advance(3 * time.Hour)
	var refused *RefusedError
	if _, err := w.source().Token(t.Context()); !errors.As(err, &refused) || refused.Status != http.StatusTemporaryRedirect {
		t.Errorf("got %v, want a RefusedError of the redirect", err)
	}
	for _, server := range []string{"http://api.x.com", "http://X.com:80", "http://gate.example", "x.com", "ftp://x.com", "https://me:hunter2@x.com", "https://x.com?a", "%"} {
		var address *AddressError
		if _, err := (Config{Server: server}).withDefaults(); !errors.As(err, &address) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want an AddressError", server, err)
		}
	}
}

func TestAppTokenCannotBeRenewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{APIKey: "the-api-key", APISecret: "the-api-secret"})
	w.secret("the-api-key", "the-api-secret")
	_, err := w.store.App(t.Context(), Keys{Key: "the-api-key", Secret: "wrong"}, w.config())
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden || refused.Detail != "Unable to verify your credentials" {
		t.Errorf("wrong secret: got %v", err)
	}
	a, err := w.store.App(t.Context(), Keys{Key: "the-api-key", Secret: "the-api-secret"}, w.config())
	if err != nil || a.Name != "app" || a.Kind != App {
		t.Fatalf("got %+v, %v", a, err)
	}
	s, err := w.store.Source("app", w.config())
	if err != nil {
		t.Fatal(err)
	}
	token := w.token(s)
	w.clock.advance(1000 * time.Hour)
	equal(t, "later", w.token(s), token)
	var login *LoginError
	if _, err := s.Renew(t.Context(), token); !errors.As(err, &login) || login.Command != "spacesetl auth app --name app" {
		t.Errorf("got %v, want a LoginError", err)
	}
	text, err := os.ReadFile(w.store.Path())
	if err != nil || strings.Contains(string(text), "the-api-") {
		t.Errorf("the key is stored (%v)", err)
	}
}

func TestTokenWithoutRefreshTokenEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	r := w.seed()
	r.RefreshToken, r.Renewable = "", false
	w.put(r)
	s := w.source()
	w.clock.advance(2*time.Hour - time.Second)
	equal(t, "last second", w.token(s), string(r.AccessToken))
	w.clock.advance(time.Second)
	var login *LoginError
	if _, err := s.Token(t.Context()); !errors.As(err, &login) {
		t.Errorf("got %v, want a LoginError", err)
	}
	equal(t, "refreshes", w.requests("user_token"), 0)
}
