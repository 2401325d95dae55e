package observe

import (
	"errors"
	"net/url"
)

// AddressError is an option that is not the address of a server. It does not
// show what was given, which can hold a secret.
type AddressError struct{ Option, Example string }

func (e *AddressError) Error() string {
	return "--" + e.Option + ": it must be an http(s) address such as " + e.Example
}

// checkAddress checks an address, if there is one.
func checkAddress(option, address, example string) error {
	u, err := url.Parse(address)
	if address != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "") {
		return &AddressError{option, example}
	}
	return nil
}

// withoutAddress takes the address out of an error of a request: it can hold a
// secret.
func withoutAddress(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}
