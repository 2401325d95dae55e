package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

func TestFileThatOthersCanReadIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	w.seed()
	s := w.source()
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o660} {
		if err := os.Chmod(w.store.Path(), mode); err != nil {
			t.Fatal(err)
		}
		var file *FileError
		if _, err := Open(w.store.Path()); !errors.As(err, &file) || !strings.Contains(err.Error(), "run chmod 600 "+w.store.Path()) {
			t.Errorf("mode %o: got %v, want a FileError", mode, err)
		}
		if _, err := s.Renew(t.Context(), string(w.secrets[0])); !errors.As(err, &file) {
			t.Errorf("mode %o: Renew: got %v, want a FileError", mode, err)
		}
	}
	if err := os.Chmod(w.store.Path(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(w.store.Path()); err != nil {
		t.Error(err)
	}
}

func TestDamagedFileIsNeverQuoted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                  "is damaged",
		`{"version":1,"accounts":{"a":{"ac`: "is damaged",
		`{"version":2}`:                     "has version 2",
		`{"version":"hunter2"}`:             "is damaged",
		`{"version":1,"accounts":{"a":{"obtained_at":"hunter2"}}}`: "is damaged",
	} {
		path := filepath.Join(t.TempDir(), "tokens.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestWriteFollowsALink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	w.seed()
	link := filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(w.store.Path(), link); err != nil {
		t.Fatal(err)
	}
	s, err := Open(link)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Logout(t.Context(), account, w.config()); err != nil {
		t.Fatal(err)
	}
	if a, err := w.store.Accounts(); err != nil || len(a) != 0 {
		t.Errorf("accounts %v, %v", a, err)
	}
}

func TestAnAccountsRefreshLeavesTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	other := w.seed()
	other.Name, other.AccessToken = "other", "other-access"
	w.put(other)
	s := w.source()
	w.clock.advance(w.stored().Expires.Sub(w.clock.time()))
	w.token(s)
	f, err := w.store.read()
	if err != nil || len(f.Accounts) != 2 || f.Accounts["other"].AccessToken != "other-access" {
		t.Errorf("accounts %v, %v", f, err)
	}
}

func TestNamesOfAccounts(t *testing.T) {
	for name, want := range map[string]string{
		"dara": "dara", "@XDevelopers": "XDevelopers", " a.b-c_9 ": "a.b-c_9",
		"": "", "@": "", "-x": "", "a b": "", "ä": "", "a\n": "a", "a/b": "", strings.Repeat("x", maxName+1): "",
	} {
		got, err := cleanName(name)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	r := record{Account: Account{Name: "dara"}, AccessToken: "hunter2", RefreshToken: "hunter2", ClientSecret: "hunter2"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "record", r, "token", r.AccessToken)
	account, err := json.Marshal(r.Account)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{log.String(), string(account), fmt.Sprintf("%v %+v %#v", r, r, r), fmt.Sprintf("%s %q %x %d", r.AccessToken, r.AccessToken, r.AccessToken, r.AccessToken), r.AccessToken.String(), r.AccessToken.GoString()} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("printed %s", text)
		}
	}
}

func TestServersWordsAreScrubbed(t *testing.T) {
	long := strings.Repeat("word ", 100)
	got := scrub("bad token hun/ter2\nand hun%2Fter2 "+long, []secret{"hun/ter2", ""})
	if !strings.HasPrefix(got, "bad token [token] and [token] word") || len(got) > maxDetail+4 {
		t.Errorf("got %q", got)
	}
}
