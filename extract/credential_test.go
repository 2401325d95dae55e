package extract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// source is a TokenSource for tests.
type source struct {
	mu      sync.Mutex
	current string
	next    []string // what Renew gives
	err     error    // of Renew when there is no next
	renewed int
}

func (s *source) Token(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current, nil
}

func (s *source) Renew(_ context.Context, rejected string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rejected != s.current {
		return s.current, nil
	}
	s.renewed++
	if len(s.next) == 0 {
		return "", s.err
	}
	s.current, s.next = s.next[0], s.next[1:]
	return s.current, nil
}

// ledger is a server's memory of who asked for what.
type ledger struct {
	mu  sync.Mutex
	all []string // path and token
}

func (l *ledger) note(r *http.Request) (token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	token = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	l.all = append(l.all, r.URL.Path+" "+token)
	return token
}

func (l *ledger) count(part string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}

func secret(name string) Token { return Token("secret-of-" + name) }

func appKey(name string) Credential {
	return Credential{Name: name, Kind: AppCredential, Source: secret(name)}
}

func userKey(name, owner string) Credential {
	return Credential{Name: name, Kind: UserCredential, Owner: owner, Source: secret(name)}
}

// many is a configuration with credentials only, and what it was told.
func many(url string, events *[]Event, all ...Credential) Config {
	cfg := tokens(url)
	var mu sync.Mutex
	cfg.AppToken, cfg.UserToken, cfg.Credentials = "", "", all
	cfg.Notify = func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Kind != EventRequest && e.Kind != EventClock { // the server's clock is a real one
			*events = append(*events, e)
		}
	}
	return cfg
}

func TestCredentialsAreChecked(t *testing.T) {
	app, user := appKey("a"), userKey("u", "11")
	change := func(c Credential, f func(*Credential)) Credential { f(&c); return c }
	for want, list := range map[string][]Credential{
		"":                 {app, user, appKey("b"), userKey("a", "")},
		"two credentials":  {app, app},
		"name":             {change(app, func(c *Credential) { c.Name = "" })},
		"kind":             {change(app, func(c *Credential) { c.Kind = "bot" })},
		"only a user":      {change(app, func(c *Credential) { c.Owner = "1" })},
		"not a user id":    {change(user, func(c *Credential) { c.Owner = "alice" })},
		"no source":        {change(user, func(c *Credential) { c.Source = nil })},
		"leave only":       {change(user, func(c *Credential) { c.Source = Token("Bearer secret") })},
		"a has a space at": {change(app, func(c *Credential) { c.Source = Token("AAAA secret") })},
	} {
		_, err := New(Config{Credentials: list})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
		checkMessage(t, want, err)
	}
}

func TestRequestsGoToTheTokenWithMostRoom(t *testing.T) {
	var seen ledger
	var events []Event
	rooms := map[string]int{"secret-of-a": 3, "secret-of-b": 6, "secret-of-c": 1}
	cfg := many(serve(t, func(w http.ResponseWriter, r *http.Request) {
		token := seen.note(r)
		rooms[token]--
		always(200, none, "x-rate-limit-limit", "10", "x-rate-limit-remaining", fmt.Sprint(rooms[token]), "x-rate-limit-reset", fmt.Sprint(time.Now().Add(time.Hour).Unix()))(w, r)
	}), &events, appKey("a"), appKey("b"), userKey("c", "11"))
	client := newClient(t, cfg)
	for i := range 10 {
		if _, err := client.Fetch(t.Context(), spaceNumber(i), nil); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	_, err := client.Fetch(t.Context(), spaceNumber(10), nil)
	if got := kindOf(schemas.Page{}, err); got != "limit window" || len(seen.all) != 10 {
		t.Errorf("got %s after %d requests, want ten and then a wait", got, len(seen.all))
	}
	var order string
	for _, line := range seen.all {
		order += line[len(line)-1:]
	}
	// Each is tried once; then the fullest first, of equals the first.
	if want := "abcbbbabab"; order != want {
		t.Errorf("got the order %s, want %s", order, want)
	}
}

func TestReservedTokensAreKeptForWhatNeedsThem(t *testing.T) {
	var seen ledger
	var events []Event
	spare := userKey("u", "11")
	spare.Reserved = true
	cfg := many(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if seen.note(r) == "secret-of-a" && strings.HasSuffix(r.URL.Path, "/tweets") {
			always(403, authKindBody)(w, r)
			return
		}
		always(200, none, "x-rate-limit-limit", "1", "x-rate-limit-remaining", "0", "x-rate-limit-reset", fmt.Sprint(time.Now().Add(time.Hour).Unix()))(w, r)
	}), &events, appKey("a"), spare)
	client := newClient(t, cfg)
	for _, want := range []struct {
		endpoint schemas.Endpoint
		outcome  string
		by       string
	}{
		{schemas.Spaces, "page 200", "a"}, {schemas.Spaces, "limit window", "a"}, {schemas.Buyers, "page 200", "u"}, {schemas.Tweets, "page 200", "u"},
	} {
		page, err := client.Fetch(t.Context(), oneOf(want.endpoint), nil)
		if got := kindOf(page, err); got != want.outcome || !strings.HasSuffix(seen.all[len(seen.all)-1], want.by) {
			t.Errorf("%s: got %s by %s, want %s by %s", want.endpoint, got, seen.all[len(seen.all)-1], want.outcome, want.by)
		}
	}
}

// ownersServer answers buyers to the Space's creator only.
func ownersServer(seen *ledger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		owner := map[string]string{"secret-of-a": "11", "secret-of-b": "12"}[seen.note(r)]
		switch space := strings.TrimPrefix(r.URL.Path, "/2/spaces/"); {
		case r.URL.Path == "/2/users/me":
			always(200, `{"data":{"id":"`+owner+`","name":"x"}}`)(w, r)
		case space[1] == 'z' && owner == "12", creators(space) == owner:
			always(200, none)(w, r)
		default:
			always(403, noAccessBody)(w, r)
		}
	}
}

func TestBuyersAreAskedForByTheCreator(t *testing.T) {
	for name, owners := range map[string][2]string{"known": {"11", "12"}, "unknown": {"", ""}, "one unknown": {"11", ""}} {
		var seen ledger
		var events []Event
		cfg := many(serve(t, ownersServer(&seen)), &events, appKey("x"), userKey("a", owners[0]), userKey("b", owners[1]))
		retry := NewRetry(newClient(t, cfg))
		var wait sync.WaitGroup
		for i := range 20 {
			wait.Go(func() {
				request := buyersOf(fmt.Sprintf("1%c%02d", "ab"[i%2], i))
				if page, err := retry.Fetch(context.Background(), request, nil); err != nil || !page.OK() {
					t.Errorf("%s: %s: got %d, %v", name, request.IDs, page.Status, err)
				}
			})
		}
		wait.Wait()
		asked := seen.count("/users/me")
		if len(seen.all) != 20+asked || asked > 2 || (name == "known") != (asked == 0) {
			t.Errorf("%s: got %d requests, %d of them for owners: %q", name, len(seen.all), asked, seen.all)
		}
		if got, err := retry.Owners(t.Context()); err != nil || !slices.Equal(got, []string{"11", "12"}) {
			t.Errorf("%s: owners %q, %v", name, got, err)
		}
		checkNobodysBuyers(t, retry)
	}
}

// checkNobodysBuyers asks for buyers that no token can see, and of a Space that
// nobody knows the creator of.
func checkNobodysBuyers(t *testing.T, retry *Retry) {
	t.Helper()
	_, err := retry.Fetch(t.Context(), buyersOf("1cccc"), nil)
	var auth *AuthError
	if !errors.As(err, &auth) || auth.Kind != AuthMissing || auth.Scope != schemas.RequestScope || !strings.Contains(err.Error(), "user 13") {
		t.Errorf("got %v, want an AuthError of this request that names user 13", err)
	}
	page, err := retry.Fetch(t.Context(), buyersOf("1zzzz"), nil)
	if err != nil || !page.OK() {
		t.Errorf("creator unknown: got %d, %v, want the tokens tried in turn", page.Status, err)
	}
	if got := retry.Lane(buyersOf("1aaaa")); got != "buyers 11" {
		t.Errorf("got lane %q, want buyers 11", got)
	}
}

func TestABadTokenIsSetAside(t *testing.T) {
	for name, refusal := range map[string]http.HandlerFunc{
		"401":                     always(401, `{"title":"Unauthorized","status":401,"detail":"Unauthorized"}`),
		"suspended":               always(403, `{"errors":[{"code":64,"message":"Your account is suspended and is not permitted to access this feature."}]}`),
		"locked":                  always(403, `{"errors":[{"code":326,"message":"To protect our users from spam, this account is temporarily locked."}]}`),
		"suspended, as a problem": always(403, `{"title":"Forbidden","detail":"Your account has been suspended.","type":"about:blank","status":403}`),
		"enrolment":               always(403, clientBody),
	} {
		var seen ledger
		var events []Event
		bad := map[string]bool{"secret-of-a": true}
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if bad[seen.note(r)] {
				refusal(w, r)
				return
			}
			always(200, none)(w, r)
		})
		retry := NewRetry(newClient(t, many(url, &events, appKey("a"), appKey("b"))))
		for i := range 3 {
			if _, err := retry.Fetch(t.Context(), spaceNumber(i), nil); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if n := seen.count("of-a"); n != 1 || len(events) != 1 || events[0].Kind != EventSetAside || events[0].Token != "app-only token (a)" {
			t.Errorf("%s: %d requests with the bad token, events %+v; want one and one", name, n, events)
		}
		bad["secret-of-b"] = true
		_, err := retry.Fetch(t.Context(), spaceNumber(4), nil)
		var auth *AuthError
		if !errors.As(err, &auth) || auth.Scope != schemas.EndpointScope || !strings.Contains(err.Error(), "(a), app-only token (b)") || len(events) != 1 {
			t.Errorf("%s: got %v and %d events, want an AuthError that names both tokens", name, err, len(events))
		}
		checkMessage(t, name, err)
		checkMessage(t, name, errors.New(events[0].Reason))
	}
}

func TestWithoutItsOwnersTokenOnlySomeBuyersAreLost(t *testing.T) {
	var seen ledger
	var events []Event
	cfg := many(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if seen.note(r) == "secret-of-a" {
			always(401, "")(w, r)
			return
		}
		always(200, none)(w, r)
	}), &events, appKey("x"), userKey("a", "11"), userKey("b", "12"))
	client := newClient(t, cfg)
	for space, want := range map[string]string{"1aaaa": "auth rejected", "1bbbb": "page 200"} {
		page, err := client.Fetch(t.Context(), buyersOf(space), nil)
		var auth *AuthError
		if got := kindOf(page, err); got != want || errors.As(err, &auth) && auth.Scope != schemas.RequestScope {
			t.Errorf("%s: got %s (%v), want %s of this request only", space, got, err, want)
		}
	}
}
