package auth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// browse opens an address like a browser, following redirects, and returns the
// last page.
func browse(t testing.TB, address string) (status int, page string) {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(text)
}

// redirected is where a browser is sent to by an address, without going there.
func redirected(t testing.TB, address string) *url.URL {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// with replaces parameters of an address.
func with(address *url.URL, pairs ...string) string {
	q, u := address.Query(), *address
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// login logs in on a free port while user does what the user does.
func (w *world) login(l Login, user func(address string)) (Account, error) {
	w.Helper()
	var wait sync.WaitGroup
	defer wait.Wait()
	l.ClientID = "client"
	if l.Port == 0 {
		l.Port = -1
	}
	l.Show = func(address string) { wait.Go(func() { user(address) }) }
	a, err := w.store.Login(w.Context(), l, w.config())
	w.quiet("account", a)
	w.quiet("error", err)
	return a, err
}

func TestLoginInTheBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	a, err := w.login(Login{}, func(address string) {
		if !strings.Contains(address, "scope=tweet.read%20users.read%20space.read%20offline.access&state=") || !strings.Contains(address, "code_challenge_method=S256") {
			t.Errorf("address: %s", address)
		}
		status, page := browse(t, address)
		equal(t, "status", status, http.StatusOK)
		if !strings.Contains(page, "This window can be closed") {
			t.Errorf("page: %s", page)
		}
	})
	creator, _ := w.sim.TicketedCreator()
	if err != nil || a.UserID != creator || a.Username == "" || a.Name != a.Username || strings.Join(a.Scopes, " ") != "tweet.read users.read space.read offline.access" {
		t.Fatalf("got %+v, %v", a, err)
	}
	equal(t, "expires", a.Expires, w.clock.time().Add(2*time.Hour))
	s, err := w.store.Source("@"+a.Username, w.config())
	if err != nil {
		t.Fatal(err)
	}
	if !w.good(w.token(s)) {
		t.Error("the token is no good")
	}
	w.clock.advance(3 * time.Hour)
	if !w.good(w.token(s)) {
		t.Error("the token cannot be renewed")
	}
	if a, err = w.login(Login{}, func(address string) { browse(t, address) }); err != nil {
		t.Errorf("again: %v", err)
	}
	if accounts, err := w.store.Accounts(); err != nil || len(accounts) != 1 || accounts[0].Expires != a.Expires {
		t.Errorf("accounts %v, %v: want the new one only", accounts, err)
	}
}

func TestConfidentialClientProvesItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{ClientID: "client", ClientSecret: "hush:hush/hush"})
	w.secret("hush:hush/hush")
	agree := func(address string) { browse(t, address) }
	var refused *RefusedError
	if _, err := w.login(Login{ClientSecret: "wrong secret"}, agree); !errors.As(err, &refused) || refused.Code != "unauthorized_client" {
		t.Errorf("wrong secret: got %v", err)
	}
	a, err := w.login(Login{ClientSecret: "hush:hush/hush", Name: account}, agree)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(3 * time.Hour)
	w.token(w.source())
	if _, err := w.store.Logout(t.Context(), a.Name, w.config()); err != nil {
		t.Errorf("logout: %v", err)
	}
}

func TestLoginWithoutBrowserTakesWhatIsPasted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		paste func(back *url.URL) string
		want  string // in the error
	}{
		{"address", func(back *url.URL) string { return " " + back.String() + "\n" }, ""},
		{"code", func(back *url.URL) string { return back.Query().Get("code") }, ""},
		{"nothing", func(*url.URL) string { return "\n" }, "nothing was pasted"},
		{"other address", func(*url.URL) string { return "https://x.com/home?lang=en" }, "has no code in it"},
		{"wrong state", func(back *url.URL) string { return with(back, "state", "other") }, "belongs to another login"},
		{"wrong code", func(back *url.URL) string { return with(back, "code", "simcode-wrong") }, "log in again"},
		{"denied", func(back *url.URL) string { return with(back, "code", "", "error", "access_denied") }, "not agreed to (access_denied)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, simulator.Config{})
			shown := make(chan string, 1)
			paste := func(context.Context) (string, error) {
				back := redirected(t, <-shown)
				w.secret(back.Query().Get("code"), "simcode-wrong")
				equal(t, "redirect", back.Host+back.Path, "127.0.0.1:8765/callback")
				return c.paste(back), nil
			}
			a, err := w.login(Login{Paste: paste, Name: account}, func(address string) { shown <- address })
			if c.want == "" && (err != nil || a.Name != account || !w.good(w.token(w.source()))) {
				t.Errorf("got %v, %v", a, err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if accounts, _ := w.store.Accounts(); c.want != "" && len(accounts) > 0 {
				t.Errorf("stored %v", accounts)
			}
		})
	}
}

func TestAnswerWithAnotherStateIsRefusedAndTheLoginWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	_, err := w.login(Login{Name: account}, func(address string) {
		back := redirected(t, address)
		for _, wrong := range []string{with(back, "state", "other"), with(back, "state", ""), with(back, "code", "")} {
			status, _ := browse(t, wrong)
			equal(t, wrong, status, http.StatusBadRequest)
		}
		status, _ := browse(t, "http://"+back.Host+"/favicon.ico")
		equal(t, "other path", status, http.StatusNotFound)
		status, _ = browse(t, back.String())
		equal(t, "right answer", status, http.StatusOK)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDeniedLoginStoresNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	_, err := w.login(Login{}, func(address string) {
		_, page := browse(t, with(redirected(t, address), "code", "", "error", "access_denied"))
		if !strings.Contains(page, "not agreed to") {
			t.Errorf("page: %s", page)
		}
	})
	var denied *DeniedError
	if !errors.As(err, &denied) || denied.Reason != "access_denied" {
		t.Errorf("got %v, want a DeniedError", err)
	}
}

func TestCodeThatExpiredIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	_, err := w.login(Login{}, func(address string) {
		back := redirected(t, address)
		w.clock.advance(31 * time.Second)
		browse(t, back.String())
	})
	var refused *RefusedError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "for 30 seconds") {
		t.Errorf("got %v, want a RefusedError", err)
	}
}

func TestInterruptedLoginEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("interrupt")
	_, err := w.store.Login(ctx, Login{ClientID: "c", Port: -1, Show: func(string) { cancel(gone) }}, w.config())
	if !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
}

func TestLoginIsKeptThoughNobodySaysWhoseItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{Faults: simulator.Faults{Script: map[string][]simulator.Fault{"me": {simulator.FaultUnavailable}}}})
	a, err := w.login(Login{}, func(address string) { browse(t, address) })
	var anonymous *AnonymousError
	if !errors.As(err, &anonymous) || anonymous.Account != "default" || a.Name != "default" {
		t.Errorf("got %v, %v, want an AnonymousError", a, err)
	}
	if known, err := w.store.Account("default"); err != nil || !known.Renewable {
		t.Errorf("got %+v, %v", known, err)
	}
}

func TestNameOfAnotherAccountIsNotTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{APIKey: "k", APISecret: "s"})
	r := w.seed()
	r.UserID, r.Username = "1", "SomebodyElse"
	w.put(r)
	var taken *TakenError
	if _, err := w.login(Login{Name: account}, func(address string) { browse(t, address) }); !errors.As(err, &taken) {
		t.Errorf("login: got %v, want a TakenError", err)
	}
	equal(t, "revoked", w.requests("revoke"), 2)
	if _, err := w.store.App(t.Context(), Keys{Name: account, Key: "k", Secret: "s"}, w.config()); !errors.As(err, &taken) {
		t.Errorf("app: got %v, want a TakenError", err)
	}
	equal(t, "account", w.stored().Username, "SomebodyElse")
	var name *NameError
	if _, err := w.login(Login{Name: "two words"}, func(string) {}); !errors.As(err, &name) {
		t.Errorf("got %v, want a NameError", err)
	}
}

func TestLogoutRevokesAndRemoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	r := w.seed()
	s := w.source()
	if _, err := w.store.Logout(t.Context(), account, w.config()); err != nil {
		t.Fatal(err)
	}
	if w.good(string(r.AccessToken)) {
		t.Error("the token is not revoked")
	}
	var login *LoginError
	if _, err := s.Renew(t.Context(), string(r.AccessToken)); !errors.As(err, &login) || login.Reason != "it was logged out" {
		t.Errorf("source: got %v, want a LoginError", err)
	}
	var unknown *UnknownError
	if _, err := w.store.Logout(t.Context(), account, w.config()); !errors.As(err, &unknown) {
		t.Errorf("again: got %v, want an UnknownError", err)
	}
}

func TestLogoutRemovesThoughRevokingFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{Faults: simulator.Faults{Script: map[string][]simulator.Fault{"revoke": {simulator.FaultUnavailable, simulator.FaultReset}}}})
	w.seed()
	_, err := w.store.Logout(t.Context(), account, w.config())
	var failed *RevokeError
	if !errors.As(err, &failed) || failed.Account != account {
		t.Errorf("got %v, want a RevokeError", err)
	}
	w.quiet("error", err)
	if accounts, err := w.store.Accounts(); err != nil || len(accounts) != 0 {
		t.Errorf("accounts %v, %v", accounts, err)
	}
}
