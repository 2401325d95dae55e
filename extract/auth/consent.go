package auth

import (
	"context"
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

// RedirectURL is what has to be registered for the app.
func RedirectURL(port int) string { return fmt.Sprintf("http://127.0.0.1:%d%s", port, callbackPath) }

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
