// Package address says to which addresses a secret may go, and how.
package address

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Flag is the flag that lets secrets travel unencrypted, in the words of errors.
const Flag = "--insecure-http"

// Closed reports whether nobody on the way can read what is sent to an address:
// it is https, or never leaves this machine.
func Closed(u *url.URL) bool { return u.Scheme == "https" || Loopback(u) }

// Loopback reports whether an address is this machine by its text: of a name that
// a resolver would have to be asked for nobody knows. The name localhost is one in
// small letters only, since in others net/http gives it to the proxy of HTTP_PROXY.
func Loopback(u *url.URL) bool {
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host == "localhost"
	}
	return ip.Unmap().IsLoopback()
}

// OfX reports whether a host is one of X's.
func OfX(host string) bool {
	host = strings.ToLower(host)
	return slices.ContainsFunc([]string{"x.com", "twitter.com"}, func(domain string) bool {
		return host == domain || strings.HasSuffix(host, "."+domain)
	})
}

// API reports whether an address is the API's own. Without an address it is.
func API(address string) bool {
	if address == "" {
		return true
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" && u.Port() != "443" {
		return false
	}
	return slices.Contains([]string{"api.x.com", "api.twitter.com"}, strings.ToLower(u.Hostname()))
}

// Shown is the scheme and the host of an address, for messages: a path may be a
// secret.
func Shown(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "the address"
	}
	return u.Scheme + "://" + u.Host
}
