package auth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// crashChild renews the token and dies at a step, as by kill -9.
func crashChild() int {
	now, err := strconv.ParseInt(os.Getenv("NOW"), 10, 64)
	store, openErr := Open(os.Getenv("STORE"))
	if err != nil || openErr != nil {
		fmt.Fprintln(os.Stderr, err, openErr)
		return 1
	}
	source, err := store.Source(account, Config{
		Server: os.Getenv("SERVER"), Now: func() time.Time { return time.Unix(now, 0) },
		Step: func(name, _ string) error {
			if name == os.Getenv("STEP") {
				if self, err := os.FindProcess(os.Getpid()); err == nil {
					_ = self.Kill()
				}
				select {} // until it arrives
			}
			return nil
		},
	})
	if err == nil {
		_, err = source.Token(context.Background())
	}
	fmt.Fprintln(os.Stderr, "not killed:", err)
	return 1
}

func TestKilledRefreshLeavesTheOldPairOrTheNew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step      string
		refreshes int  // when the next process has its token
		lost      bool // the new pair is
	}{
		{"mark: written", 1, false},
		{"mark: before rename", 1, false},
		{"mark: renamed", 1, false},
		{"answered", 2, true}, // the one moment that cannot be closed
		{"pair: written", 1, false},
		{"pair: before rename", 1, false},
		{"pair: renamed", 1, false},
	} {
		t.Run(c.step, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, simulator.Config{})
			old := w.seed()
			w.clock.advance(3 * time.Hour)
			out, err := w.child("crash", "STEP="+c.step, "NOW="+strconv.FormatInt(w.clock.time().Unix(), 10)).CombinedOutput()
			if err == nil || len(out) > 0 {
				t.Fatalf("the process was not killed: %v, %s", err, out)
			}
			r := w.stored() // whole, or this fails
			if isOld := r.AccessToken == old.AccessToken; isOld != (r.RefreshToken == old.RefreshToken) || isOld == (c.step == "pair: renamed") {
				t.Errorf("old access token: %t, old refresh token: %t", isOld, r.RefreshToken == old.RefreshToken)
			}
			token, err := w.source().Token(t.Context())
			var login *LoginError
			switch {
			case c.lost && (!errors.As(err, &login) || !login.Interrupted.Equal(w.clock.time())):
				t.Errorf("got %v, want a LoginError that tells of the interruption", err)
			case !c.lost && (err != nil || !w.good(token)):
				t.Errorf("got %v, want a good token", err)
			}
			equal(t, "refreshes", w.requests("user_token"), c.refreshes)
			if r := w.stored(); !c.lost && !r.Refreshing.IsZero() {
				t.Error("the mark is still there")
			}
		})
	}
}

func TestHalfAFileIsSweptAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	r := w.seed()
	text, err := os.ReadFile(w.store.Path())
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, len(text) / 2, len(text) - 3} {
		if err := os.WriteFile(w.store.temporary(), text[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		unlock, err := w.store.lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		unlock()
		if _, err := os.Stat(w.store.temporary()); !os.IsNotExist(err) || w.stored().AccessToken != r.AccessToken {
			t.Errorf("%d of %d bytes: still there (%v), or the file is another", size, len(text), err)
		}
	}
}
