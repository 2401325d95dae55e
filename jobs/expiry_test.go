package jobs_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/auth"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/schemas"
)

const (
	expiryLife      = 16 * time.Second // of an access token; each request takes one second
	expiryUserToken = "c2NyaXB0LXVzZXItdG9rZW46MTcyMDAwMDAwMDAwMDoxOjA6YXQ6MQ"
	expirySecret    = "cGxlYXNlLW5ldmVyLXNob3ctdGhpcw"
)

// expiring is a server whose clock each request moves, so that tokens expire
// during the run however fast the machine is. It takes note of its secrets.
type expiring struct {
	*simulator.Simulator
	url     string
	creator string // of ticketed Spaces
	guest   string

	mu      sync.Mutex
	now     time.Time
	secrets []string
	spent   map[string]int // refresh tokens, by how often they came
	refused int            // requests answered with 401
}

func newExpiring(t *testing.T) *expiring {
	t.Helper()
	s := &expiring{now: time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC), spent: map[string]int{}, secrets: []string{expirySecret}}
	cfg := simulator.Config{
		Spaces: 300, NoRateLimits: true, Quirks: true, CreatorSpacing: -1, Now: s.clock,
		ClientID: "client", ClientSecret: expirySecret, AccessTTL: expiryLife, AppTokens: []string{"no-app-token"},
		UserTokens: map[string]string{},
	}
	s.creator, _ = simulator.New(cfg).TicketedCreator()
	s.guest = simulator.New(cfg).CreatorIDs(1)[0]
	cfg.UserTokens[expiryUserToken], cfg.UserTokens[expiryUserToken+"2"] = s.creator, s.guest // never expire
	s.Simulator = simulator.New(cfg)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// clock moves a little with each look: no two pages come at one time.
func (s *expiring) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(10 * time.Microsecond)
	return s.now
}

var issued = regexp.MustCompile(`sim(user|refresh)-\w+`)

func (s *expiring) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	req.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	answer := httptest.NewRecorder()
	s.Simulator.ServeHTTP(answer, req)
	s.note(form.Get("refresh_token"), answer)
	for key, values := range answer.Header() {
		w.Header()[key] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func (s *expiring) note(refresh string, answer *httptest.ResponseRecorder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if refresh != "" {
		s.spent[refresh]++
		s.secrets = append(s.secrets, issued.FindAllString(answer.Body.String(), -1)...)
		return
	}
	s.now = s.now.Add(time.Second)
	if answer.Code == http.StatusUnauthorized {
		s.refused++
	}
}

// account is a user who has logged in, as the token file has it.
func (s *expiring) account(name, userID, clientID string) map[string]any {
	p := s.IssueUserToken(userID)
	s.secrets = append(s.secrets, p.AccessToken, p.RefreshToken)
	return map[string]any{
		"name": name, "kind": "user", "server": s.url, "user_id": userID, "client_id": clientID, "scopes": auth.Scopes(),
		"obtained_at": s.clock(), "expires_at": s.clock().Add(expiryLife), "renewable": true,
		"access_token": p.AccessToken, "refresh_token": p.RefreshToken, "client_secret": expirySecret,
	}
}

// tokenFile writes accounts into a token file.
func tokenFile(t *testing.T, accounts ...map[string]any) string {
	t.Helper()
	all := map[string]any{}
	for _, a := range accounts {
		all[a["name"].(string)] = a
	}
	text, err := json.Marshal(map[string]any{"version": 1, "accounts": all})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tokens.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// accounts are two users' tokens: one has the server's clock and is renewed in
// time, the clock of the other stands still, so that the server refuses first.
func (s *expiring) accounts(t *testing.T) []extract.Credential {
	t.Helper()
	still := s.clock()
	store, err := auth.Open(tokenFile(t, s.account("host", s.creator, "client"), s.account("guest", s.guest, "client")))
	if err != nil {
		t.Fatal(err)
	}
	var all []extract.Credential
	for name, now := range map[string]func() time.Time{"host": s.clock, "guest": func() time.Time { return still }} {
		source, err := store.Source(name, auth.Config{Server: s.url, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, extract.Credential{Name: name, Kind: extract.UserCredential, Owner: source.Account().UserID, Source: source})
	}
	return all
}

// run runs a job that asks for something of everything.
func (s *expiring) run(t *testing.T, with jobs.Tokens, log io.Writer, to ...string) (jobs.Result, string) {
	t.Helper()
	spec := jobs.Spec{
		Name: "expiry", To: to, With: []string{"buyers", "tweets"}, BaseURL: s.url, Store: filepath.Join(t.TempDir(), "store"),
		IDs: slices.Concat(briefSpaces(s.Simulator)[:80], s.MissingSpaceIDs(2)), Creators: append(s.CreatorIDs(30), s.creator),
		Search: []jobs.Search{{Query: s.SearchWord()}},
	}
	spec.Defaults()
	r := ran(t, spec, jobs.Options{Tokens: with, Listener: logged(log), Client: func(cfg *extract.Config) {
		cfg.Now, cfg.Sleep, cfg.CreatorSpacing = s.clock, func(context.Context, time.Duration) error { return nil }, time.Nanosecond
	}})
	text, err := json.Marshal(r.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(log, "%s\n%+v\n", text, r.Stats)
	return r, spec.Store
}

// A job lives through many expiries of its tokens: nothing is missing, no
// refresh token is used twice, and no secret is written down but in the token
// file.
func TestAJobOutlivesItsTokens(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newExpiring(t)
	var log bytes.Buffer
	got, store := s.run(t, jobs.Tokens{Accounts: s.accounts(t)}, &log)
	if n := len(s.spent); n < 10 || s.refused < 5 {
		t.Errorf("%d renewals, %d requests were refused first: too few for this test", n, s.refused)
	}
	for token, n := range s.spent {
		if n > 1 {
			t.Errorf("a refresh token was used %d times: %.14s…", n, token)
		}
	}
	t.Logf("%d requests, %d renewals, %d requests refused first", got.Stats.Requests, len(s.spent), s.refused)
	whole, _ := s.run(t, jobs.Tokens{Accounts: []extract.Credential{
		{Name: "host", Kind: extract.UserCredential, Owner: s.creator, Source: extract.Token(expiryUserToken)},
		{Name: "guest", Kind: extract.UserCredential, Owner: s.guest, Source: extract.Token(expiryUserToken + "2")},
	}}, io.Discard, "parquet")
	rows := map[string]int64{}
	for _, table := range whole.Manifest.Tables {
		rows[table.Name] = table.Rows
	}
	for _, table := range got.Manifest.Tables {
		if table.Name == "topics" {
			continue // a row for each sighting that tells more: of what comes at one time, any
		}
		if rows[table.Name] != table.Rows {
			t.Errorf("%s: %d rows, and %d with a token that does not expire", table.Name, table.Rows, rows[table.Name])
		}
	}
	if rows["space_users"] == 0 || rows["space_tweets"] == 0 {
		t.Errorf("too little came for this test: %v", rows)
	}
	s.nowhere(t, "log", log.Bytes())
	s.nowhereIn(t, store)
	s.nowhereInTables(t, got)
}

// forms are the secrets as they could be written.
func (s *expiring) forms() (all []string) {
	for _, secret := range s.secrets {
		all = append(all, secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)))
	}
	return append(slices.Compact(all), "simuser-", "simrefresh-")
}

func (s *expiring) nowhere(t *testing.T, place string, text []byte) {
	t.Helper()
	for _, form := range s.forms() {
		if bytes.Contains(text, []byte(form)) {
			t.Errorf("%s holds %.14s…", place, form)
		}
	}
}

// nowhereIn looks at all bytes of all files, and at those of pages.
func (s *expiring) nowhereIn(t *testing.T, dir string) {
	t.Helper()
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	pages := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		s.nowhere(t, path, append([]byte(path+"\n"), text...))
		if err == nil && strings.HasSuffix(path, ".zst") {
			pages++
			text, err = decoder.DecodeAll(text, nil)
			s.nowhere(t, path+", decompressed", text)
		}
		return err
	})
	if err != nil || pages == 0 {
		t.Errorf("%d files of pages, %v", pages, err)
	}
}

// nowhereInTables looks at the values of both destinations.
func (s *expiring) nowhereInTables(t *testing.T, r jobs.Result) {
	t.Helper()
	inDuckDB, inParquet := (&truthRun{result: r}).stores(t)
	values := 0
	for _, destination := range []truthStore{inDuckDB, inParquet} {
		for _, table := range schemas.Tables() {
			var text string
			query := fmt.Sprintf("SELECT coalesce(string_agg(CAST(t AS VARCHAR), chr(10)), '') FROM %s t", destination.from(table.Name))
			if err := destination.db.QueryRow(query).Scan(&text); err != nil {
				t.Fatalf("%s: %v", table.Name, err)
			}
			values += len(text)
			s.nowhere(t, "table "+table.Name, []byte(text))
		}
	}
	if values == 0 {
		t.Error("the tables are empty")
	}
}

// The accounts of the token file have the app they were logged in with.
func TestAccountsHaveTheirApps(t *testing.T) {
	s := newExpiring(t)
	path := tokenFile(t, s.account("host", s.creator, "one"), s.account("guest", s.guest, "two"))
	found, err := jobs.FindTokens(jobs.Spec{BaseURL: s.url}, path, "test", jobs.Tokens{})
	if err != nil {
		t.Fatal(err)
	}
	apps := map[string]string{}
	for _, a := range found.Accounts {
		apps[a.Name] = a.App
	}
	if diff := cmp.Diff(map[string]string{"host": "one", "guest": "two"}, apps); diff != "" {
		t.Errorf("apps (-want +got):\n%s", diff)
	}
}
