package extract

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"github.com/spacesetl/spacesetl/schemas"
)

// ConnectionError is a way to the server that no repetition opens: a certificate
// that is not trusted, a proxy that refuses or is not there, a name that nobody
// knows. Once the server has answered, the same is a *TemporaryError.
type ConnectionError struct {
	Endpoint schemas.Endpoint
	Server   string // scheme and host
	Reason   string // without the proxy's password
	Next     string // what to do
	Err      error  // may be nil
}

func (e *ConnectionError) Error() string {
	return fmt.Sprintf("%sno connection to %s: %s: %s", prefix(e.Endpoint), e.Server, e.Reason, e.Next)
}

// Unwrap returns the cause.
func (e *ConnectionError) Unwrap() error { return e.Err }

const (
	setCertificates = "where a proxy opens TLS, set SSL_CERT_FILE to a file with its authority's certificate, else install ca-certificates"
	setProxy        = "set HTTPS_PROXY (for http HTTP_PROXY) to http://user:password@host:port, or name the server in NO_PROXY"
	checkProxy      = "check HTTPS_PROXY (for http HTTP_PROXY), or name the server in NO_PROXY"
)

// explain says what no repetition cures and what to do; nothing of anything else.
// The request has not been sent then.
func explain(err error) (reason, next string) {
	var (
		proxy  *proxyError
		op     *net.OpError
		dns    *net.DNSError
		record tls.RecordHeaderError
	)
	through := errors.As(err, &op) && op.Op == "proxyconnect"
	if reason, next = certificate(err); reason != "" {
		if through {
			reason = "the proxy: " + reason
		}
		return reason, next
	}
	switch {
	case errors.As(err, &proxy) && proxy.status < http.StatusInternalServerError:
		return proxy.Error(), setProxy
	case through:
		return fmt.Sprintf("the proxy cannot be reached (%s)", innermost(op.Err)), checkProxy
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no such host", "check the base URL and the DNS of this machine; where only a proxy knows the name, set HTTPS_PROXY to http://host:port"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS", "check the base URL (http or https) and HTTPS_PROXY"
	}
	return "", ""
}

// certificate explains a certificate that is not trusted.
func certificate(err error) (reason, next string) {
	var (
		unknown  x509.UnknownAuthorityError
		roots    x509.SystemRootsError
		host     x509.HostnameError
		invalid  x509.CertificateInvalidError
		verified *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &unknown), errors.As(err, &roots):
		return "its certificate is of an authority that is not known here", setCertificates
	case errors.As(err, &host):
		return "its certificate is of another host (" + shorten(host.Error(), 200) + ")", "check the base URL; " + setCertificates
	case errors.As(err, &invalid):
		return "its certificate is not valid (" + shorten(invalid.Error(), 200) + ")", "check this machine's clock; " + setCertificates
	case errors.As(err, &verified):
		return "its certificate is not trusted (" + shorten(verified.Err.Error(), 200) + ")", setCertificates
	}
	return "", ""
}

// innermost says why a connection failed without saying to where: a proxy's address
// that is wrongly written can hold a part of the password.
func innermost(err error) string {
	var dns *net.DNSError
	var number syscall.Errno
	var network net.Error
	switch {
	case errors.As(err, &dns):
		return dns.Err
	case errors.As(err, &number):
		return number.Error()
	case errors.As(err, &network) && network.Timeout():
		return "no answer in time"
	}
	return "no connection"
}

// proxyError is a proxy that does not let requests through.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	if e.status == http.StatusProxyAuthRequired {
		return "the proxy asks for a user and a password (status 407)"
	}
	return fmt.Sprintf("the proxy refuses the connection (status %d)", e.status)
}

// refusing tells of a proxy's refusal what net/http only has in words.
func refusing(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{status: res.StatusCode}
}
