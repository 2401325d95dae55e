package extract

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Every request that was sent is told of, with its status, and none of what is
// told holds a token.
func TestEveryRequestIsToldOfWithoutItsToken(t *testing.T) {
	cfg := tokens(serve(t, script(new(atomic.Int64), 500, 429, 502)))
	var statuses []int
	var told strings.Builder
	cfg.Notify = func(e Event) {
		fmt.Fprintf(&told, "%+v\n", e)
		if e.Kind == EventRequest {
			statuses = append(statuses, e.Sent.Status)
			if e.Endpoint != schemas.SpaceByID || e.Sent.IDs != 1 || e.Sent.PageID != spaceNumber(1).ID() || e.Token != "app-only token (X_BEARER_TOKEN)" {
				t.Errorf("got %+v", e)
			}
		}
	}
	if _, err := NewRetry(newClient(t, cfg)).Fetch(context.Background(), spaceNumber(1), nil); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(statuses); got != "[500 429 502 200]" {
		t.Errorf("statuses %s, want [500 429 502 200]", got)
	}
	if strings.Contains(told.String(), appToken) {
		t.Errorf("a token was told: %s", told.String())
	}
}

func TestARequestWithoutAnAnswerHasStatusZero(t *testing.T) {
	cfg := tokens("http://127.0.0.1:1")
	cfg.MaxTries = 2
	n := 0
	cfg.Notify = func(e Event) {
		if e.Kind == EventRequest && e.Sent.Status == 0 && e.Sent.Bytes == 0 {
			n++
		}
	}
	if _, err := NewRetry(newClient(t, cfg)).Fetch(context.Background(), spaceNumber(1), nil); err == nil || n != 2 {
		t.Errorf("got %d requests told of, %v; want 2 and an error", n, err)
	}
}

func TestWindowsSayWhatIsLeft(t *testing.T) {
	clock := newClock()
	reset := clock.Now().Add(10 * time.Minute)
	cfg := tokens(serve(t, always(200, none, "x-rate-limit-limit", "300", "x-rate-limit-remaining", "12", "x-rate-limit-reset", fmt.Sprint(reset.Unix()),
		"Date", clock.Now().Format(http.TimeFormat))))
	cfg.Now, cfg.Sleep = clock.Now, clock.Sleep
	client := newClient(t, cfg)
	if got := client.Windows(); len(got) != 0 {
		t.Errorf("before the first answer: got %+v, want none", got)
	}
	if _, err := client.Fetch(context.Background(), spaceNumber(1), nil); err != nil {
		t.Fatal(err)
	}
	want := Window{Endpoint: schemas.SpaceByID, Token: "app-only token (X_BEARER_TOKEN)", Limit: 300, Remaining: 12, Reset: reset.Add(time.Second)}
	if got := client.Windows(); len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	_ = clock.Sleep(context.Background(), 11*time.Minute)
	want.Remaining, want.Reset = 300, time.Time{}
	if got := client.Windows(); len(got) != 1 || got[0] != want {
		t.Errorf("when it is over: got %+v, want %+v", got, want)
	}
}
