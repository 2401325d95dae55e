package extract

import (
	"errors"
	"fmt"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// RequestError is a request that cannot be sent. Nothing was.
type RequestError struct {
	Endpoint schemas.Endpoint // empty from the Check functions
	What     string           // which part of the request
	Value    string           // as given, shortened
	Form     string           // what it should be
	Bad      []string         // the ids that are wrong, as given; the others are good
}

func (e *RequestError) Error() string {
	if n := len(e.Bad); n > 1 {
		return fmt.Sprintf("%s%s %q and %d more are not valid: each must be %s", prefix(e.Endpoint), e.What, e.Value, n-1, e.Form)
	}
	return fmt.Sprintf("%s%s %q is not valid: it must be %s", prefix(e.Endpoint), e.What, e.Value, e.Form)
}

// AuthError is a token that is missing, not accepted or not good enough for
// an endpoint. Trying again does not help.
type AuthError struct {
	Endpoint schemas.Endpoint
	Kind     AuthKind
	Token    string        // which token, never the token itself
	Status   int           // 0 when nothing was sent
	Detail   string        // what the server said
	Next     string        // what to do
	Scope    schemas.Scope // what it puts an end to, since no other token can do it; the zero Scope is an endpoint, too
}

// AuthKind says what is wrong with a token.
type AuthKind string

// The kinds of AuthError.
const (
	AuthMissing     AuthKind = "missing"     // the endpoint needs a token that is not set
	AuthRejected    AuthKind = "rejected"    // 401: invalid or expired
	AuthForbidden   AuthKind = "forbidden"   // 403: the app may not use the API, or the account is suspended
	AuthUnavailable AuthKind = "unavailable" // its source has no token to send
	AuthUnsupported AuthKind = "unsupported" // 403: the endpoint wants the other kind of token
)

func (e *AuthError) Error() string {
	switch e.Kind {
	case AuthMissing:
		return fmt.Sprintf("%s: needs the %s: %s", e.Endpoint, e.Token, e.Next)
	case AuthUnavailable:
		return fmt.Sprintf("%s: there is no %s to send%s: %s", e.Endpoint, e.Token, quoted(e.Detail), e.Next)
	}
	return fmt.Sprintf("%s: the server refused the %s with status %d%s: %s", e.Endpoint, e.Token, e.Status, quoted(e.Detail), e.Next)
}

// CapError is a stop for money: no credits, the spend cap or the usage cap.
// Trying again before ResetDate does not help.
type CapError struct {
	Endpoint  schemas.Endpoint
	Kind      CapKind
	Status    int
	Title     string
	Detail    string
	ResetDate string // YYYY-MM-DD, or empty
	Period    string // Daily, Monthly or empty
	AccountID string // exact digits, or empty
}

// CapKind says which meter ran out.
type CapKind string

// The kinds of CapError.
const (
	CapCredits CapKind = "credits"   // prepaid credits are used up
	CapSpend   CapKind = "spend-cap" // the billing cycle's spend cap is reached
	CapUsage   CapKind = "usage-cap" // the plan's number of reads is used up
)

func (e *CapError) Error() string {
	next := "add credits in the X developer console, then run again"
	switch {
	case e.ResetDate != "":
		next = "raise the cap or run again on or after " + e.ResetDate
	case e.Kind == CapSpend:
		next = "raise the spend cap in the X developer console or run again in the next billing cycle"
	case e.Kind == CapUsage:
		next = "run again when the " + orElse(e.Period, "usage") + " cap is reset, or raise the plan"
	}
	return fmt.Sprintf("%s: stopped by X billing (%s, status %d)%s: %s", e.Endpoint, e.Kind, e.Status, quoted(orElse(e.Detail, e.Title)), next)
}

// RateLimitError is a request that has to wait, because the server said so
// (429) or, when Local, because it would have.
type RateLimitError struct {
	Endpoint   schemas.Endpoint
	Token      string // which token, never the token itself
	Kind       LimitKind
	Reset      time.Time     // when to send again, by this machine's clock
	RetryAfter time.Duration // the server's retry-after, 0 when it sent none
	Local      bool          // nothing was sent
}

// LimitKind says which limit a request ran into.
type LimitKind string

// The kinds of RateLimitError.
const (
	LimitWindow  LimitKind = "window"  // the rate window is spent
	LimitBurst   LimitKind = "burst"   // too many at once, the window is not spent
	LimitUnknown LimitKind = "unknown" // the answer does not say which or until when
	LimitDay     LimitKind = "day"     // the app's or the user's 24 hours are spent
	LimitToken   LimitKind = "token"   // the token's source has none just now; Local only
	LimitSpacing LimitKind = "spacing" // the one request per second of by/creator_ids; Local only
)

func (e *RateLimitError) Error() string {
	return fmt.Sprintf("%s: rate limit (%s) of the %s: wait until %s", e.Endpoint, e.Kind, e.Token, e.Reset.UTC().Format(time.RFC3339))
}

// DeadlineError is a wait that would be longer than the run may take.
type DeadlineError struct {
	Endpoint schemas.Endpoint
	Until    time.Time // when it would go on
	Limit    string    // which limit is in the way
	Err      error     // why it has to wait
}

func (e *DeadlineError) Error() string {
	return fmt.Sprintf("%s: would have to wait until %s, past the %s: run again then", e.Endpoint, e.Until.UTC().Format(time.RFC3339), e.Limit)
}

// Unwrap returns why it has to wait.
func (e *DeadlineError) Unwrap() error { return e.Err }

// TemporaryError is a failure that may be over on the next try: no
// connection, a 5xx, a 404 that names nothing, a body cut short or not JSON.
type TemporaryError struct {
	Endpoint   schemas.Endpoint
	Server     string        // scheme and host
	Status     int           // 0 without an answer; 200 of one that cannot be used
	RetryAfter time.Duration // the server's retry-after, 0 when it sent none
	Tries      int           // set when Retry has given up
	Down       time.Duration // for how long nobody was answered, when that is why
	Scope      schemas.Scope // what it puts an end to
	Err        error         // never nil
}

func (e *TemporaryError) Error() string {
	switch {
	case e.Down > 0:
		return fmt.Sprintf("%s: no page from %s for %s, last: %v: the same command goes on from here when it is back", e.Endpoint, e.Server, e.Down.Round(time.Second), e.Err)
	case e.Tries > 0:
		return fmt.Sprintf("%s: gave up on %s after %d tries, last: %v: check the connection and the status of the API, then run again", e.Endpoint, e.Server, e.Tries, e.Err)
	}
	return fmt.Sprintf("%s: %s: %v: try again", e.Endpoint, e.Server, e.Err)
}

// Unwrap returns the cause.
func (e *TemporaryError) Unwrap() error { return e.Err }

// BodyError is a 200 answer that is not a JSON object.
type BodyError struct {
	ContentType string
	Start       string // first 80 bytes
}

func (e *BodyError) Error() string {
	return fmt.Sprintf("the answer is not a JSON object but %s beginning %q", orElse(e.ContentType, "untyped"), e.Start)
}

// TokenExpiredError is a pagination token that the server no longer takes. The
// collection has to be read again from its first page.
type TokenExpiredError struct {
	Request schemas.Request
	Detail  string
}

func (e *TokenExpiredError) Error() string {
	return fmt.Sprintf("%s: the server no longer takes the pagination token%s: read this collection again from its first page", e.Request.Endpoint, quoted(e.Detail))
}

// StatusError is any other answer but 200, one that says nothing about a resource.
type StatusError struct {
	Endpoint schemas.Endpoint
	Server   string // scheme and host
	Status   int
	Location string // host that a redirect leads to
	Detail   string // what the server said
	Body     string // first 4 KiB
	// NoAPI is that the base URL leads to what has not once answered like
	// the API.
	NoAPI bool
}

func (e *StatusError) Error() string {
	if e.Location != "" {
		return fmt.Sprintf("%s: %s redirects to %s (status %d), where the token is not sent: set the base URL to the right server", e.Endpoint, e.Server, e.Location, e.Status)
	}
	if e.NoAPI {
		return fmt.Sprintf("%s: %s answers with status %d%s and has not once answered like the X API: check the base URL", e.Endpoint, e.Server, e.Status, quoted(e.Detail))
	}
	return fmt.Sprintf("%s: %s answered with status %d%s: check the base URL and what the app may do", e.Endpoint, e.Server, e.Status, quoted(e.Detail))
}

var errNoPage = errors.New("the answer has no data, no errors and no meta, as a page has")

var errTooLarge = errors.New("larger than the limit")

func prefix(e schemas.Endpoint) string {
	if e == "" {
		return ""
	}
	return string(e) + ": "
}

func quoted(detail string) string {
	if detail == "" {
		return ""
	}
	return " (" + shorten(detail, 300) + ")"
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
