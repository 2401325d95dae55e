package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"golang.org/x/oauth2"
)

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

// Keys are the app's own credentials. They are not stored.
type Keys struct {
	Name   string // of the account; default "app"
	Key    string
	Secret string
}

// App gets the app's token for its key and secret and stores it. It returns a
// *TakenError when the name belongs to a user.
func (s *Store) App(ctx context.Context, keys Keys, cfg Config) (Account, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return Account{}, err
	}
	if keys.Name == "" {
		keys.Name = "app"
	}
	if keys.Name, err = cleanName(keys.Name); err != nil {
		return Account{}, err
	}
	if keys.Key == "" || keys.Secret == "" {
		return Account{}, errors.New("no key and secret of the app: copy them from the X developer console")
	}
	p, err := server{cfg}.app(ctx, keys.Key, secret(keys.Secret))
	if err != nil {
		return Account{}, err
	}
	r := record{Account: Account{Name: keys.Name, Kind: App, Server: cfg.Server}}.renewed(p)
	err = s.change(ctx, "app", cfg.Step, func(f file) error {
		if old, ok := f.Accounts[r.Name]; ok && !old.sameOwner(r) {
			return &TakenError{r.Name, old.owner()}
		}
		f.Accounts[r.Name] = r
		return nil
	})
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

// Logout makes the server forget a user's tokens and removes the account. If
// the server does not, the account is removed all the same and the error is a
// *RevokeError. The token of an app is only removed: the API has one for all
// programs of the app, which would lose it, too.
func (s *Store) Logout(ctx context.Context, name string, cfg Config) (Account, error) {
	var r record
	var failed error
	err := s.change(ctx, "logout", cfg.Step, func(f file) (err error) {
		if r, err = s.find(f, name); err != nil {
			return err
		}
		if r.Kind == User {
			failed = revoke(ctx, r, cfg)
		}
		delete(f.Accounts, r.Name)
		return nil
	})
	if err == nil && failed != nil {
		err = &RevokeError{r.Name, failed}
	}
	return r.Account, err
}

// revoke takes the refresh token first: all others of the login go with it.
func revoke(ctx context.Context, r record, cfg Config) error {
	cfg.Server = r.Server
	cfg, err := cfg.withDefaults()
	if err != nil {
		return err
	}
	ctx, cancel := lasting(ctx, cfg.Grace)
	defer cancel()
	var first error
	for _, token := range []secret{r.RefreshToken, r.AccessToken} {
		if token == "" {
			continue
		}
		if err := (server{cfg}).revoke(ctx, r, token); first == nil {
			first = err
		}
	}
	return first
}
