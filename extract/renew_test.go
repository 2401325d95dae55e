package extract

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// accepts is a server that takes the tokens whose names are in the list.
func accepts(seen *ledger, good ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := seen.note(r)
		for _, g := range good {
			if token == string(secret(g)) {
				always(200, `{"data":{"text":"`+token+`"}}`)(w, r)
				return
			}
		}
		always(401, `{"title":"Unauthorized","detail":"the token `+token+` is no good"}`)(w, r)
	}
}

func renewable(s *source) Credential {
	return Credential{Name: "renewable", Kind: UserCredential, Source: s}
}

func TestATokenIsRenewedOnceOn401(t *testing.T) {
	var seen ledger
	var events []Event
	s := &source{current: "secret-of-old", next: []string{"secret-of-new"}}
	client := newClient(t, many(serve(t, accepts(&seen, "new")), &events, renewable(s)))
	pages := fetchAll(t, NewRetry(client), 8, 40, spaceNumber)
	for _, p := range pages {
		if strings.Contains(string(p.Body), "secret") {
			t.Fatalf("the page shows the renewed token: %s", p.Body)
		}
	}
	if stats := client.Stats(); s.renewed != 1 || len(events) != 0 || stats.Retries != 0 || stats.Pages != 40 || seen.count("of-old") > 8 {
		t.Errorf("renewed %d times, %d requests with the old token, events %v, %+v", s.renewed, seen.count("of-old"), events, stats)
	}
}

// A token that a renewal gave is not renewed again when it is refused as well.
func TestARenewedTokenThatIsRefusedIsSetAside(t *testing.T) {
	var seen ledger
	var events []Event
	s := &source{current: "secret-of-old", next: []string{"secret-of-bad", "secret-of-worse"}}
	retry := NewRetry(newClient(t, many(serve(t, accepts(&seen, "b")), &events, renewable(s), userKey("b", ""))))
	for i := range 3 {
		if _, err := retry.Fetch(t.Context(), spaceNumber(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(seen.all); s.renewed != 1 || len(seen.all) != 5 || len(events) != 1 || events[0].Kind != EventSetAside {
		t.Errorf("renewed %d times, events %+v, requests %s", s.renewed, events, got)
	}
	checkMessage(t, "set aside", errors.New(events[0].Reason))
}

// briefly is an error that is over on the next try.
type briefly struct{}

func (briefly) Error() string   { return "the token endpoint is busy; secret-of-old" }
func (briefly) Temporary() bool { return true }

func TestAFailedRenewalIsTriedAgainOrNot(t *testing.T) {
	for want, cause := range map[string]error{
		"temporary":     briefly{},
		"auth rejected": fmt.Errorf("account x: the refresh token secret-of-old is revoked: run spacesetl auth login"),
	} {
		var seen ledger
		var events []Event
		s := &source{current: "secret-of-old", err: cause}
		_, err := NewRetry(newClient(t, many(serve(t, accepts(&seen)), &events, renewable(s)))).Fetch(t.Context(), spaceNumber(1), nil)
		if got := kindOf(schemas.Page{}, err); got != want || want == "temporary" != (s.renewed == 4) {
			t.Errorf("got %s (%v) after %d renewals, want %s", got, err, s.renewed, want)
		}
		checkMessage(t, want, err)
		for _, e := range events {
			checkMessage(t, want, errors.New(e.Reason))
		}
	}
}

// Others go on while a token cannot be renewed, and it is taken up again.
func TestWhileASourceFailsOthersGoOn(t *testing.T) {
	var seen ledger
	var events []Event
	clock := newClock()
	s := &source{current: "secret-of-old", err: briefly{}}
	cfg := many(serve(t, accepts(&seen, "b", "new")), &events, renewable(s), userKey("b", ""))
	cfg.Now, cfg.Sleep, cfg.UnknownDelay = clock.Now, clock.Sleep, time.Minute
	retry := NewRetry(newClient(t, cfg))
	fetchAll(t, retry, 1, 5, spaceNumber)
	if s.renewed != 1 || seen.count("of-b") != 5 || len(events) != 1 || events[0].Kind != EventRetry || len(clock.slept) > 0 {
		t.Errorf("renewed %d times, slept %v, events %+v, requests %q", s.renewed, clock.slept, events, seen.all)
	}
	checkMessage(t, "retry", errors.New(events[0].Reason))
	s.next = []string{"secret-of-new"}
	_ = clock.Sleep(t.Context(), time.Minute)
	fetchAll(t, retry, 1, 5, spaceNumber)
	if seen.count("of-new") == 0 {
		t.Errorf("the renewed token was not used: %q", seen.all)
	}
}

func TestASourceWithoutATokenIsSetAside(t *testing.T) {
	var seen ledger
	var events []Event
	client := newClient(t, many(serve(t, accepts(&seen, "b")), &events, renewable(&source{}), userKey("b", "")))
	if _, err := client.Fetch(t.Context(), spaceNumber(1), nil); err != nil || len(events) != 1 {
		t.Errorf("got %v and events %+v, want a page with the other token and a warning", err, events)
	}
	_, err := newClient(t, many(serve(t, accepts(&seen)), &events, renewable(&source{}))).Fetch(t.Context(), spaceNumber(1), nil)
	if got := kindOf(schemas.Page{}, err); got != "auth unavailable" {
		t.Errorf("got %s (%v), want auth unavailable", got, err)
	}
}
