package extract

import (
	"context"
	"errors"
	"fmt"
)

// errAside says that a key is not to be used, for now or for good; the request
// goes out with another.
var errAside = errors.New("the token was set aside")

// token asks the key's source for the token to send.
func (c *Client) token(ctx context.Context, x *exchange) (string, error) {
	e, k := x.request.Endpoint, x.key
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
		return "", c.postpone(x, err)
	}
	c.setAside(k, &AuthError{Endpoint: e, Kind: AuthUnavailable, Token: k.label, Detail: c.scrub.line(err), Next: orWithout})
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
		if err = c.postpone(x, err); errors.Is(err, errAside) {
			return nil
		}
		return err
	case err != nil && !errors.Is(err, ErrNotRenewable):
		refusal.Detail, refusal.Next = c.scrub.line(err), orWithout
	}
	c.setAside(k, refusal)
	return nil
}

// postpone is a source that has no token just now: others go on meanwhile, and
// where there is none the request is tried again.
func (c *Client) postpone(x *exchange, cause error) error {
	e, reason := x.request.Endpoint, fmt.Sprintf("the %s: %s", x.key.label, c.scrub.line(cause))
	if len(x.keys) < 2 {
		return c.temporary(e, errors.New(reason))
	}
	until := c.cfg.Now().Add(c.cfg.UnknownDelay)
	c.windows.hold(bucket{x.key, e}, until)
	c.cfg.Notify(Event{Kind: EventRetry, Endpoint: e, Token: x.key.label, Until: until, Wait: c.cfg.UnknownDelay, Reason: reason})
	return errAside
}

const orWithout = "then run again, or leave this token out"

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
