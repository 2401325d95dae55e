package extract

import (
	"context"
	"errors"
	"fmt"

	"github.com/spacesetl/spacesetl/schemas"
)

// errAside says that a key was set aside; the request goes out with another.
var errAside = errors.New("the token was set aside")

// token asks a key's source for the token to send.
func (c *Client) token(ctx context.Context, e schemas.Endpoint, k *key) (string, error) {
	token, err := k.from.Token(ctx)
	if err == nil {
		c.scrub.learn(token)
		if err = Token(token).check(k.label); err == nil && token == "" {
			err = fmt.Errorf("the source of the %s has none", k.label)
		}
	}
	switch {
	case err == nil:
		return token, nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s: %w", e, ctx.Err())
	case passing(err):
		return "", c.temporary(e, fmt.Errorf("the %s: %s", k.label, c.scrub.line(err)))
	}
	c.setAside(k, &AuthError{Endpoint: e, Kind: AuthUnavailable, Token: k.label, Detail: c.scrub.line(err), Next: getAnother(k)})
	return "", errAside
}

// rejected is a 401: the token is renewed, once, or set aside. It returns nil
// when the request can go out again.
func (c *Client) rejected(ctx context.Context, x *exchange, p problem) error {
	e, k := x.request.Endpoint, x.key
	refusal := &AuthError{Endpoint: e, Kind: AuthRejected, Token: k.label, Status: x.status, Detail: p.Detail, Next: getAnother(k)}
	if !c.keys.renewable(k, x.token) {
		c.setAside(k, refusal)
		return nil
	}
	token, err := k.from.Renew(ctx, x.token)
	switch {
	case err == nil && token != "" && token != x.token:
		c.scrub.learn(token)
		c.keys.renew(k, token)
		x.try.renewed = k
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", e, ctx.Err())
	case err != nil && passing(err):
		return c.temporary(e, fmt.Errorf("renewing the %s: %s", k.label, c.scrub.line(err)))
	case err != nil && !errors.Is(err, ErrNotRenewable):
		refusal.Detail = c.scrub.line(err)
	}
	c.setAside(k, refusal)
	return nil
}

func getAnother(k *key) string {
	if k.user {
		return "user tokens expire, usually after two hours: get a new one"
	}
	return "copy it again from the X developer console, or regenerate it there"
}

// setAside takes a key out of use and says so if others go on; if not, the
// error of the request will say it.
func (c *Client) setAside(k *key, err *AuthError) {
	if c.keys.setAside(k, err) {
		c.cfg.Notify(Event{Kind: EventSetAside, Endpoint: err.Endpoint, Token: k.label, Reason: err.Error()})
	}
}

// confirm takes note that a token was accepted.
func (k *keyring) confirm(key *key, token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key.renewed == token {
		key.renewed = ""
	}
}

// renewable reports whether a 401 is worth asking the source for another token:
// not when the token is what it gave for the 401 before.
func (k *keyring) renewable(key *key, token string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return key.renewed != token
}

func (k *keyring) renew(key *key, token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key.renewed = token
}
