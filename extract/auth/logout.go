package auth

import (
	"context"
	"strings"
)

// RevokeError is an account that was removed from the file though the server
// could not be made to forget its tokens.
type RevokeError struct {
	Account string
	Err     error
}

func (e *RevokeError) Error() string {
	return "account " + e.Account + " is removed here, but its tokens could not be revoked: " + strings.TrimSuffix(e.Err.Error(), ": try again") +
		": end the app's access in the settings of the X account"
}

// Unwrap returns the cause.
func (e *RevokeError) Unwrap() error { return e.Err }

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
