package auth

import (
	"context"
	"errors"
)

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
