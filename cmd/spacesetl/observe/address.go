package observe

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/spacesetl/spacesetl/extract/address"
)

// AddressError is an option that is not the address of a server. It does not
// show what was given, which can hold a secret.
type AddressError struct{ Option, Example string }

func (e *AddressError) Error() string {
	return "--" + e.Option + ": it must be an http(s) address such as " + e.Example
}

// checkAddress checks an address, if there is one.
func checkAddress(option, given, example string) error {
	u, err := url.Parse(given)
	if given != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "") {
		return &AddressError{option, example}
	}
	return nil
}

// InsecureError is an option whose address is a secret, or has one, that others
// could read on the way.
type InsecureError struct{ Option string }

func (e *InsecureError) Error() string {
	return "--" + e.Option + ": it would send a secret unencrypted: write https, or give " + address.Flag
}

// checkSecret wants an address with a secret to be one that nobody else can read.
func checkSecret(option, secret string, is bool) error {
	u, err := url.Parse(secret)
	if err != nil || u.Scheme != "http" || address.Loopback(u) || !is && u.User == nil {
		return nil
	}
	return &InsecureError{option}
}

// stay keeps a client from a redirect, which would take what it sends, and the
// address that it was sent to, elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// withoutAddress takes the address out of an error of a request: it can hold a
// secret. So can what net/http quotes of an answer that it cannot read.
func withoutAddress(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
		if text, _, quotes := strings.Cut(err.Error(), `"`); quotes {
			return errors.New(strings.TrimRight(text, " :"))
		}
	}
	return err
}
