package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spacesetl/spacesetl/extract/auth"
)

// visit is a browser for scripts: BROWSER=browse. It agrees and shows nothing.
func visit() int {
	res, err := http.Get(os.Args[len(os.Args)-1])
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "browse:", err)
		return 1
	}
	return 0
}

var consentAddress = regexp.MustCompile(`https?://\S+/oauth2/authorize\?\S+`)

// pastes runs a command that shows an address, agrees there, gives the command
// the address it is sent to, and checks its exit code.
func pastes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: pastes CODE COMMAND…")
	}
	c := &child{cmd: exec.Command(lookPath(ts, args[1]), args[2:]...)}
	for _, name := range []string{"PATH", "GORACE", "X_CLIENT_ID", "X_CLIENT_SECRET", "SPACESETL_TOKEN_FILE"} {
		c.cmd.Env = append(c.cmd.Env, name+"="+ts.Getenv(name))
	}
	c.cmd.Stdout, c.cmd.Stderr = &c.stdout, &c.stderr
	stdin, err := c.cmd.StdinPipe()
	ts.Check(err)
	ts.Check(c.cmd.Start())
	defer c.kill()
	var address string
	eventually(ts, "an address", func() bool {
		address = consentAddress.FindString(c.stderr.String())
		return strings.Contains(c.stderr.String(), "paste it here")
	})
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(address)
	ts.Check(err)
	_ = res.Body.Close()
	_, err = io.WriteString(stdin, res.Header.Get("Location")+"\n")
	ts.Check(err)
	c.wait(ts, args[0])
}

func TestBrowserGetsNoSecrets(t *testing.T) {
	got := withoutSecrets([]string{"HOME=/h", "X_CLIENT_SECRET=a", "X_API_KEY=b", "X_API_SECRET=c=d", "X_BEARER_TOKEN=e", "X_USER_TOKEN=f", "X_CLIENT_ID=g"})
	if want := []string{"HOME=/h", "X_CLIENT_ID=g"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestStatusSaysWhatComesNext(t *testing.T) {
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	for want, a := range map[string]auth.Account{
		"good for 1h0m0s, then renewed":                              {Kind: auth.User, Expires: now.Add(time.Hour), Renewable: true},
		"good for 1s, then log in again":                             {Kind: auth.User, Expires: now.Add(time.Second)},
		"expired, renewed when needed":                               {Kind: auth.User, Expires: now, Renewable: true},
		"expired: log in again":                                      {Kind: auth.User, Expires: now.Add(-time.Hour)},
		"expiry unknown":                                             {Kind: auth.User},
		"good until it is invalidated":                               {Kind: auth.App},
		"refused by the server at 2026-08-01 12:00:00: log in again": {Kind: auth.User, Refused: now, Refreshing: now},
		"a renewal began at 2026-08-01 12:00:00 and has not ended":   {Kind: auth.User, Refreshing: now, Expires: now},
	} {
		if got := tokenState(a, now); got != want {
			t.Errorf("%+v: got %q, want %q", a, got, want)
		}
	}
}
