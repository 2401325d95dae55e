package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// DefaultPort is of the address that a consent comes back to. The API compares
// that address with the one registered for the app, so it has to be a fixed one.
const DefaultPort = 8765

// Login is how a user is asked to agree.
type Login struct {
	Name         string // of the account; default the username
	ClientID     string // of the app's OAuth 2.0 settings
	ClientSecret string // of confidential clients only
	Port         int    // default DefaultPort; a negative one takes any that is free

	// Show tells the user the address to agree at. It must not wait.
	Show func(address string)
	// Paste returns what the user copied: the address the browser was sent to,
	// or the code in it. When it is nil the answer comes to Port of this machine.
	Paste func(context.Context) (string, error)
}

// RedirectURL is what has to be registered for the app.
func RedirectURL(port int) string { return fmt.Sprintf("http://127.0.0.1:%d%s", port, callbackPath) }

// Login asks a user to agree, and stores the tokens under the account's name.
// A *DeniedError is a user who did not, a *TakenError a name that is another's.
// If the server does not say who the user is, the account is stored without a
// user id and the error is an *AnonymousError.
func (s *Store) Login(ctx context.Context, login Login, cfg Config) (Account, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return Account{}, err
	}
	if login.ClientID == "" {
		return Account{}, errors.New("no client id: copy it from the app's OAuth 2.0 settings in the X developer console")
	}
	if login.Name != "" {
		if login.Name, err = cleanName(login.Name); err != nil {
			return Account{}, err
		}
	}
	c := consent{server: server{cfg}, client: client{login.ClientID, secret(login.ClientSecret)}, state: rand.Text(), verifier: oauth2.GenerateVerifier()}
	p, err := c.ask(ctx, login)
	if err != nil {
		return Account{}, err
	}
	r := record{ClientSecret: c.client.secret, Account: Account{Kind: User, Server: cfg.Server, ClientID: c.client.id, Scopes: Scopes()}}
	return s.enter(ctx, c.server, r.renewed(p), login.Name)
}

// AnonymousError is a login that is stored though the server did not say whose
// it is.
type AnonymousError struct {
	Account string
	Err     error
}

func (e *AnonymousError) Error() string {
	return fmt.Sprintf("logged in as account %s, but whose it is could not be asked: %v", e.Account, e.Err)
}

// Unwrap returns the cause.
func (e *AnonymousError) Unwrap() error { return e.Err }

// enter asks whose tokens these are and stores them. A login must not be lost to
// a moment of bad network: the tokens are stored in any case.
func (s *Store) enter(ctx context.Context, from server, r record, name string) (Account, error) {
	ctx, cancel := lasting(ctx, from.cfg.Grace)
	defer cancel()
	var unknown error
	if r.UserID, r.Username, unknown = from.me(ctx, r.AccessToken); unknown == nil && name == "" {
		name, _ = cleanName(r.Username) // "" is filled in below
	}
	err := s.change(ctx, "login", from.cfg.Step, func(f file) error {
		if name == "" {
			name = unused(f, "default")
		}
		if old, ok := f.Accounts[name]; ok && !old.sameOwner(r) {
			return &TakenError{name, old.owner()}
		}
		r.Name = name
		f.Accounts[name] = r
		return nil
	})
	var taken *TakenError
	if errors.As(err, &taken) {
		_ = revoke(ctx, r, from.cfg) // nobody will use them
	}
	if err == nil && unknown != nil {
		err = &AnonymousError{name, unknown}
	}
	return r.Account, err
}

func (a Account) sameOwner(b record) bool {
	return a.Kind == b.Kind && a.Server == b.Server && (a.UserID == b.UserID || a.UserID == "")
}

func (a Account) owner() string {
	switch {
	case a.Kind == App:
		return "an app at " + a.Server
	case a.Username != "":
		return "@" + a.Username + " at " + a.Server
	}
	return "another user at " + a.Server
}

func unused(f file, name string) string {
	for n := 2; ; n++ {
		if _, ok := f.Accounts[name]; !ok {
			return name
		}
		name = fmt.Sprintf("default-%d", n)
	}
}

// consent is one login under way.
type consent struct {
	server          server
	client          client
	state, verifier string
}

// ask shows the address, waits for the answer and exchanges its code.
func (c consent) ask(ctx context.Context, login Login) (pair, error) {
	if login.Port == 0 || login.Port < 0 && login.Paste != nil {
		login.Port = DefaultPort
	}
	redirect := RedirectURL(login.Port)
	get := func(ctx context.Context) (url.Values, error) {
		text, err := login.Paste(ctx)
		if err != nil {
			return nil, err
		}
		return c.pasted(text)
	}
	if login.Paste == nil {
		back, err := listen(login.Port, c.state)
		if err != nil {
			return pair{}, err
		}
		defer back.close()
		redirect, get = back.url(), back.wait
	}
	address := c.server.oauth(c.client, redirect).AuthCodeURL(c.state, oauth2.S256ChallengeOption(c.verifier))
	login.Show(strings.ReplaceAll(address, "+", "%20")) // as the API's documents have the scopes
	answer, err := get(ctx)
	if err != nil {
		return pair{}, err
	}
	if answer.Get("code") == "" {
		said := []string{answer.Get("error"), answer.Get("error_description")}
		said = slices.DeleteFunc(said, func(text string) bool { return text == "" })
		return pair{}, &DeniedError{scrub(strings.Join(said, ": "), nil)}
	}
	return c.exchange(ctx, redirect, answer.Get("code"))
}

// exchange is brought to an end though ctx ends: a code is good once.
func (c consent) exchange(ctx context.Context, redirect, code string) (pair, error) {
	if err := ctx.Err(); err != nil {
		return pair{}, context.Cause(ctx)
	}
	ctx, cancel := lasting(ctx, c.server.cfg.Grace)
	defer cancel()
	p, err := c.server.exchange(ctx, c.client, redirect, code, c.verifier)
	var refused *RefusedError
	if errors.As(err, &refused) {
		return p, fmt.Errorf("%w: a code is good once, for 30 seconds, and for the client id it was given to: log in again", err)
	}
	return p, err
}

// errState is an answer to something else than this login.
var errState = errors.New("the answer belongs to another login (its state differs): open the address that was shown, and only that")

// pasted reads what a user copied. A bare code has no state to compare; the
// verifier binds it to this login all the same.
func (c consent) pasted(text string) (url.Values, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, errors.New("nothing was pasted: copy the whole address that the browser was sent to")
	}
	_, query, isAddress := strings.Cut(text, "?")
	if !isAddress {
		return url.Values{"code": {text}}, nil
	}
	query, _, _ = strings.Cut(query, "#")
	answer, err := url.ParseQuery(query)
	if err != nil || answer.Get("code") == "" && answer.Get("error") == "" {
		return nil, errors.New("what was pasted is not the address of an answer: it has no code in it")
	}
	if !same(answer.Get("state"), c.state) {
		return nil, errState
	}
	return answer, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
