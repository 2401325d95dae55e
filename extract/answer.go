package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// answer turns an exchange into a page or an error; again asks to send the
// request once more, now that the client knows better.
func (c *Client) answer(ctx context.Context, x *exchange) (page schemas.Page, again bool, err error) {
	if x.status != http.StatusUnauthorized {
		c.keys.confirm(x.key, x.token)
	}
	switch {
	case x.status == http.StatusOK && x.large:
		return c.notTaken(x), false, nil
	case x.status == http.StatusOK:
		page, err = c.success(x)
		return page, false, err
	}
	p := parseProblem(x.body)
	p.Title, p.Detail = c.scrub.text(p.Title), c.scrub.text(p.Detail)
	for i, said := range p.Said {
		p.Said[i] = c.scrub.text(said)
	}
	capped, _ := p.cap()
	if p.API && x.status != http.StatusNotFound {
		c.weather.meet()
	}
	switch s := x.status; {
	case s == http.StatusProxyAuthRequired:
		return page, false, c.failure(ctx, x.request.Endpoint, s, &proxyError{s})
	case s == http.StatusPaymentRequired || capped != "" && (s == http.StatusForbidden || s == http.StatusTooManyRequests):
		return page, false, capError(x, p)
	case s == http.StatusTooManyRequests:
		c.stats.add(x.request.Endpoint, x.key.label, func(t *Tally) { t.Limited[x.limited.Kind]++ })
		x.try.limited++
		// With other tokens there may be room: if not, who sends next is told
		// the earliest time of all.
		return page, len(x.keys) > 1, x.limited
	case s == http.StatusRequestTimeout || s >= 500:
		return page, false, c.unavailable(x, p)
	case s == http.StatusBadRequest:
		return c.badRequest(x, p)
	case s == http.StatusUnauthorized:
		err = c.rejected(ctx, x, p)
		return page, err == nil, err
	case s == http.StatusForbidden:
		return c.forbidden(x, p)
	case s == http.StatusRequestEntityTooLarge, s == http.StatusRequestURITooLong, s == http.StatusRequestHeaderFieldsTooLarge:
		return c.page(x), false, nil
	case s == http.StatusNotFound && (witnessed(x.request, x.body) || !x.request.Endpoint.Known()):
		return c.page(x), false, nil // of the account's endpoints it is documented
	case s == http.StatusNotFound:
		return page, false, c.unavailable(x, p)
	}
	return page, false, c.unexpected(x, p)
}

// ofResource tells the endpoints that are about one Space, where a refusal
// says something of that Space.
func ofResource(e schemas.Endpoint) bool { return strings.Contains(e.Spec().Path, "{id}") }

// now is the time, by the server's clock where ours is off. It is said once.
func (c *Client) now() time.Time {
	by := c.clock.correction()
	if by != 0 {
		c.off.Do(func() {
			side := "ahead of"
			if by > 0 {
				side = "behind"
			}
			c.cfg.Notify(Event{Kind: EventClock, Reason: fmt.Sprintf("this machine's clock is %s %s the server's", by.Abs().Round(time.Second), side)})
		})
	}
	return c.cfg.Now().Add(by)
}

// page is the exchange as a page without a next one.
func (c *Client) page(x *exchange) schemas.Page {
	p := schemas.Page{
		ID: x.request.ID(), Request: x.request, Params: x.params, Status: x.status, Body: x.body, Removed: x.removed, Account: x.key.name,
		FetchedAt: c.now().UTC().Truncate(time.Microsecond),
		Headers: schemas.Headers{
			Limit: c.header(x, "x-rate-limit-limit"), Remaining: c.header(x, "x-rate-limit-remaining"),
			Reset: c.header(x, "x-rate-limit-reset"), Date: c.header(x, "Date"),
		},
	}
	if x.status == http.StatusOK {
		return p
	}
	clean := c.scrub.text(string(x.body))
	if p.Body = json.RawMessage(clean); !json.Valid(p.Body) {
		p.Body, p.Text = json.RawMessage("null"), clip(clean)
	}
	return p
}

// header is a header of an answer as its page keeps it: a number or a time, so
// that a longer text is none. It may say the token back, as a body may.
func (c *Client) header(x *exchange, name string) string {
	text := x.header.Get(name)
	if len(text) > maxHeader {
		return ""
	}
	return c.scrub.text(text)
}

// clip is the part of a text that is kept.
func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxKept)], "") }

// notTaken is the page of an answer over the limit. It was charged for, so the
// gate is told of it as of one that was lost.
func (c *Client) notTaken(x *exchange) schemas.Page {
	x.tell(false)
	page := c.page(x)
	page.Status, page.Removed = schemas.NotTaken, 0
	page.Body = schemas.NewProblem(schemas.TooLarge, fmt.Sprintf("the answer is larger than %d MiB: ask for fewer ids, results or expansions", maxBody>>20))
	return page
}

func (c *Client) success(x *exchange) (schemas.Page, error) {
	if !isObject(x.body) {
		start := c.scrub.text(clip(string(x.body)))
		return schemas.Page{}, c.temporary(x.request.Endpoint,
			x.status, &BodyError{ContentType: shorten(x.header.Get("Content-Type"), 80), Start: shorten(start, 80)})
	}
	page := c.page(x)
	page.Body = c.scrub.page(x.body)
	if !isPage(x.body) {
		x.try.odd = &page
		return schemas.Page{}, c.temporary(x.request.Endpoint, x.status, errNoPage)
	}
	if x.request.Endpoint == schemas.Me {
		c.keys.setOwner(x.key, readID(x.body))
	}
	if x.request.Endpoint.Spec().Paged {
		page.NextToken = nextToken(x.body)
	}
	return page, nil
}

// unavailable is a 5xx, or a 404 that names nothing that was asked for. Its body is
// often a proxy's HTML and says nothing.
func (c *Client) unavailable(x *exchange, p problem) error {
	err := c.temporary(x.request.Endpoint, x.status, errors.New(statusLine(x.status)+quoted(p.Detail)))
	err.RetryAfter = retryAfter(x.header, c.cfg.Now().Add(c.clock.offset()))
	return err
}

func statusLine(status int) string {
	return strings.TrimSpace(fmt.Sprintf("status %d %s", status, http.StatusText(status)))
}

// badRequest drops what the server complains of, if it is a field or an
// expansion: the rest of the request is what the user asked for.
func (c *Client) badRequest(x *exchange, p problem) (page schemas.Page, again bool, err error) {
	e := x.request.Endpoint
	if all := complaints(p, x.params); len(all) > 0 {
		for i := range all {
			all[i].text = c.scrub.text(all[i].text)
		}
		again, fresh := c.fields.negotiate(x.request, x.params, all)
		for _, d := range fresh {
			c.cfg.Notify(Event{Kind: EventDropped, Endpoint: e, Dropped: d,
				Reason: fmt.Sprintf("the server refuses %s in %s; going on without it", d.Value, d.Param)})
		}
		if again {
			return page, true, nil
		}
		return page, false, c.unexpected(x, p)
	}
	if x.request.Token != "" {
		return page, false, &TokenExpiredError{Request: x.request, Detail: p.Detail}
	}
	return c.page(x), false, nil
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

const orWithout = "then run again, or leave this token out"

func getAnother(k *key) string {
	if k.user {
		return "user tokens expire, usually after two hours: get a new one"
	}
	return "copy it again from the X developer console, or regenerate it there"
}

// forbidden sorts the 403s: the app or the account, the kind of token, or what
// was asked for.
func (c *Client) forbidden(x *exchange, p problem) (page schemas.Page, again bool, err error) {
	e := x.request.Endpoint
	auth := &AuthError{Endpoint: e, Kind: AuthForbidden, Token: x.key.label, Status: x.status, Detail: p.Detail}
	switch {
	case p.Type == "client-forbidden":
		auth.Next = enrol(p)
		c.setAside(x.key, auth)
		return page, true, nil
	case p.suspended():
		auth.Next = "log in to X with this account and see what it asks for"
		c.setAside(x.key, auth)
		return page, true, nil
	case p.Type == "unsupported-authentication":
		if e == schemas.Tweets && c.keys.preferUser(e, x.key) {
			return page, true, nil
		}
		auth.Kind, auth.Next, auth.Scope = AuthUnsupported, c.keys.other(x.key), schemas.EndpointScope
		return page, false, auth
	case e.Owned() && x.try.creator == "" && len(x.keys) > 1:
		x.try.not = append(x.try.not, x.key) // another token may be the creator's
		return page, true, nil
	case len(x.request.IDs) > 0 && !p.ofApp():
		return c.page(x), false, nil
	}
	return page, false, c.unexpected(x, p)
}

func enrol(p problem) string {
	next := "attach the app to a project with access to the API"
	if p.Reason != "" {
		next = "reason " + shorten(p.Reason, 80) + ": " + next
	}
	if p.RegistrationURL != "" {
		next += " at " + shorten(p.RegistrationURL, 200)
	}
	return next
}

func capError(x *exchange, p problem) error {
	kind, said := p.cap()
	e := &CapError{
		Endpoint: x.request.Endpoint, Kind: kind, Status: x.status, Title: shorten(p.Title, 80), Detail: shorten(said, maxKept),
		ResetDate: shorten(p.ResetDate, 40), Period: shorten(p.Period, 40), AccountID: shorten(p.AccountID, 40),
	}
	if kind == "" {
		e.Kind = CapCredits // a 402 that does not say
	}
	return e
}

// unexpected is any answer that says nothing about the resource asked for.
func (c *Client) unexpected(x *exchange, p problem) error {
	e := &StatusError{Endpoint: x.request.Endpoint, Server: c.server(), Status: x.status, Detail: p.Detail,
		Body: clip(c.scrub.text(string(x.body)))}
	if x.status/100 == 3 {
		e.Location = "nowhere"
		if u, err := url.Parse(x.header.Get("Location")); err == nil && u.Host != "" {
			e.Location = u.Host
		} else if err == nil && u.Path != "" {
			e.Location = "the path " + shorten(u.Path, 80)
		}
	}
	return e
}
