package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"github.com/spacesetl/spacesetl/extract"
)

// networkTrouble says what keeps a request from its server, and what to do.
func networkTrouble(err error) (what, do string) {
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		op        *net.OpError
		timeout   *url.Error
		closed    *extract.ConnectionError
	)
	switch {
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return fmt.Sprintf("the proxy cannot be reached (%v)", op.Err), "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("the name %s is not known", dns.Name), "check the address, the DNS of this machine, and whether a proxy is needed (HTTPS_PROXY)"
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %s could not be looked up (%v)", dns.Name, dns.Err), "check the DNS of this machine and its network"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate is not valid now: " + invalid.Error(), "check this machine's clock first"
	case errors.As(err, &authority):
		return "its certificate is of an authority that is not known here", "install ca-certificates; behind a proxy that opens TLS, its certificate, too (SSL_CERT_FILE)"
	case errors.As(err, &host), errors.As(err, &invalid):
		return "its certificate is not good: " + err.Error(), "check the address, and what stands between"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS", "check the address: http:// or https://"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens there (connection refused)", "check the address and the port"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time", "check the network, firewall and proxy"
	case errors.As(err, &closed):
		return closed.Reason, closed.Next
	}
	return err.Error(), "check the address, the network and the proxy"
}
