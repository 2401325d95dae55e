package extract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/extract/address"
	"github.com/spacesetl/spacesetl/schemas"
)

// DefaultBaseURL is where the API is.
const DefaultBaseURL = "https://api.x.com"

// Config says how to ask the API. With one token or credential set, the
// zero value of everything else works.
type Config struct {
	BaseURL  string          // scheme, host and maybe a path; default DefaultBaseURL
	Insecure bool            // let tokens go unencrypted, to http that is not this machine
	Dialect  schemas.Dialect // default tweet

	AppToken    Token        // used for everything but buyers
	UserToken   Token        // for buyers, and for everything when there is no AppToken
	Credentials []Credential // any number of tokens beside these two

	Private bool // ask for fields that need the owner's token, too
	// Expansions replaces the expansions of an endpoint; an empty list is none.
	// Endpoints not in it ask for all, but Users and Usernames for none: what
	// those expand is paid for and follows from no Space.
	Expansions map[schemas.Endpoint][]string

	// Refused are fields and expansions that the server is known to refuse, as
	// Client.Dropped told of them in another run. They are not asked for, without
	// an event.
	Refused []Dropped

	Version   string // of the program, for the default UserAgent
	UserAgent string // default "spacesetl/<version> (+https://github.com/spacesetl/spacesetl)"

	Timeout  time.Duration // of one request, body included; default 60 s
	Grace    time.Duration // for requests under way when ctx ends; default 5 s
	MaxWait  time.Duration // longest single wait for a rate limit; default 20 min
	Deadline time.Time     // no wait goes past it; zero is none
	MaxTries int           // tries of temporary failures; default 8
	// RetryFor is for how long nothing but temporary failures are weather; after
	// that a fetch ends the run, as waiting. Default 15 min.
	RetryFor time.Duration
	// Met is that this server has answered like the API before: one that does not any
	// more is weather, and no mistake of the settings.
	Met bool
	// MaxTotalWait is for how long requests may wait in all, for rate limits or after
	// failures: the time in which at least one does, but for the CreatorSpacing. By
	// default a wait ends the run where there was no page for an hour, and for an
	// hour after the last reset that the server announced; with a longer RetryFor for
	// so long.
	MaxTotalWait time.Duration

	CreatorSpacing time.Duration // between two by/creator_ids requests; default 1 s
	BaseDelay      time.Duration // first backoff of a temporary failure, and the spread of waits; default 1 s
	BurstDelay     time.Duration // first wait after a 429 in a window not spent; default 1 s
	UnknownDelay   time.Duration // first wait after a 429 without usable headers; default 60 s

	Transport http.RoundTripper // default: one that keeps its connections
	// Notify is called from the goroutine that fetches, so from several at
	// once; it may be nil.
	Notify func(Event)

	Now   func() time.Time                           // default time.Now
	Sleep func(context.Context, time.Duration) error // default waits, and returns early only with ctx's error
}

// maxConnections is how many connections are kept open: more than anybody
// runs workers, since 300 requests in 15 minutes need none.
const maxConnections = 64

func (c Config) withDefaults() Config {
	c.BaseURL = orElse(strings.TrimRight(c.BaseURL, "/"), DefaultBaseURL)
	if c.Dialect == "" {
		c.Dialect = schemas.TweetDialect
	}
	c.UserAgent = orElse(c.UserAgent, "spacesetl/"+orElse(c.Version, "dev")+" (+https://github.com/spacesetl/spacesetl)")
	for _, d := range []struct {
		value *time.Duration
		other time.Duration
	}{
		{&c.Timeout, time.Minute}, {&c.Grace, 5 * time.Second}, {&c.MaxWait, 20 * time.Minute}, {&c.CreatorSpacing, time.Second},
		{&c.BaseDelay, time.Second}, {&c.BurstDelay, time.Second}, {&c.UnknownDelay, time.Minute}, {&c.RetryFor, 15 * time.Minute},
	} {
		if *d.value <= 0 {
			*d.value = d.other
		}
	}
	if c.MaxTries <= 0 {
		c.MaxTries = 8
	}
	if c.Notify == nil {
		c.Notify = func(Event) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Transport == nil {
		c.Transport = newTransport()
	}
	return c
}

func (c Config) check() error {
	if err := checkCredentials(c.all()); err != nil {
		return err
	}
	if c.Dialect != schemas.TweetDialect && c.Dialect != schemas.PostDialect {
		return fmt.Errorf("dialect %q is not valid: it must be tweet or post", c.Dialect)
	}
	if strings.ContainsAny(c.UserAgent, "\r\n") {
		return errors.New("the user agent must be one line")
	}
	return checkBase(c.BaseURL, c.Insecure)
}

func checkBase(base string, insecure bool) error {
	u, err := url.Parse(base)
	if err != nil {
		return fmt.Errorf("base URL is not valid: it must be like %s", DefaultBaseURL)
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return fmt.Errorf("base URL %q is not valid: it must be like %s", u.Redacted(), DefaultBaseURL)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return fmt.Errorf("base URL %q must be a scheme, a host and maybe a path, nothing else", u.Redacted())
	case u.Scheme == "http" && address.OfX(u.Hostname()):
		return fmt.Errorf("base URL %q would send the token unencrypted: write https", u.Redacted())
	case !insecure && !address.Closed(u):
		return fmt.Errorf("base URL %q would send the token unencrypted: write https, or give %s", address.Shown(base), address.Flag)
	}
	return nil
}

func newTransport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = maxConnections, maxConnections
	t.MaxResponseHeaderBytes = 64 << 10
	t.OnProxyConnectResponse = refusing
	return t
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
