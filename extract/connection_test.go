package extract

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// through is a transport that asks a proxy.
func through(t *testing.T, proxy string) *http.Transport {
	t.Helper()
	u, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	transport := newTransport().(*http.Transport)
	transport.Proxy = http.ProxyURL(u)
	return transport
}

// nameless is a transport that knows no names.
func nameless() *http.Transport {
	t := newTransport().(*http.Transport)
	t.DialContext = func(_ context.Context, network, address string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(address)
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
	}
	return t
}

const proxySecret = "user:secretOfTheProxy@"

func TestWhatNoRepetitionCuresIsSaidAtOnce(t *testing.T) {
	untrusted := httptest.NewUnstartedServer(always(200, none))
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	proxy := func(status int) string {
		return strings.Replace(serve(t, always(status, "", "Proxy-Authenticate", "Basic")), "http://", "http://"+proxySecret, 1)
	}
	trusting := newTransport().(*http.Transport)
	trusting.TLSClientConfig = &tls.Config{RootCAs: untrusted.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "other.test"}
	for name, c := range map[string]struct {
		base      string
		transport http.RoundTripper
		says      []string
	}{
		"unknown authority":    {untrusted.URL, nil, []string{"authority that is not known", "SSL_CERT_FILE"}},
		"another host":         {untrusted.URL, trusting, []string{"other.test", "SSL_CERT_FILE"}},
		"no TLS":               {strings.Replace(serve(t, always(200, none)), "http:", "https:", 1), nil, []string{"does not speak TLS", "base URL"}},
		"407, https":           {"https://api.example", through(t, proxy(407)), []string{"status 407", "HTTPS_PROXY", "NO_PROXY", "user:password"}},
		"407, http":            {"http://api.example", through(t, proxy(407)), []string{"status 407", "HTTP_PROXY", "NO_PROXY", "user:password"}},
		"a proxy that refuses": {"https://api.example", through(t, proxy(403)), []string{"status 403", "HTTPS_PROXY", "NO_PROXY", "user:password"}},
		"a proxy that is none": {"https://api.example", through(t, proxy(404)), []string{"status 404", "HTTPS_PROXY"}},
		"no proxy there":       {"https://api.example", through(t, "http://"+proxySecret+"127.0.0.1:1"), []string{"connection refused", "HTTPS_PROXY", "NO_PROXY"}},
		"no proxy there, http": {"http://api.example", through(t, "http://"+proxySecret+"127.0.0.1:1"), []string{"connection refused", "HTTP_PROXY"}},
		"an untrusted proxy":   {"http://api.example", through(t, strings.Replace(untrusted.URL, "https://", "https://"+proxySecret, 1)), []string{"the proxy: its certificate", "SSL_CERT_FILE"}},
		"no such host":         {"https://api.example", nameless(), []string{"no such host", "base URL", "HTTPS_PROXY"}},
	} {
		var told []string
		cfg := tokens(c.base)
		cfg.Transport, cfg.Insecure = c.transport, true
		client := newClient(t, cfg)
		_, err := NewRetry(client).Fetch(t.Context(), spaceNumber(1), telling(&told))
		var lasting *ConnectionError
		if !errors.As(err, &lasting) || client.Stats().Requests != 1 {
			t.Errorf("%s: got %v after %d requests, want a ConnectionError after one", name, err, client.Stats().Requests)
			continue
		}
		for _, want := range c.says {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
		if outcome, scope := lasting.Stop(); outcome != schemas.Failed || scope != schemas.RunScope {
			t.Errorf("%s: ends %d as %s, want the run", name, scope, outcome)
		}
		if got := strings.Join(told, ", "); got != "send, -1 false" && got != "send, 407 false" {
			t.Errorf("%s: told %q, want a request that never got there", name, got)
		}
		checkMessage(t, name, err)
	}
}

// Where the server has answered before, the same is weather.
func TestWhatHasWorkedIsTriedAgain(t *testing.T) {
	var broken atomic.Bool
	var requests atomic.Int64
	good, bad := newTransport(), nameless()
	cfg := tokens(serve(t, script(&requests)))
	cfg.Transport = choice(func() http.RoundTripper {
		if broken.Load() {
			return bad
		}
		return good
	})
	cfg.Notify = func(e Event) {
		if e.Kind == EventRetry && e.Tries == 2 {
			broken.Store(false)
		}
	}
	retry := NewRetry(newClient(t, cfg))
	for i := range 2 {
		if page, err := retry.Fetch(t.Context(), spaceNumber(i), nil); err != nil || page.Attempts != 1+2*i {
			t.Errorf("request %d: got %d attempts, %v", i, page.Attempts, err)
		}
		broken.Store(true)
	}
}

type choice func() http.RoundTripper

func (c choice) RoundTrip(r *http.Request) (*http.Response, error) { return c().RoundTrip(r) }

// A proxy that cannot reach the server just now is weather from the beginning.
func TestAProxyInTroubleIsTriedAgain(t *testing.T) {
	cfg := tokens("https://api.example")
	cfg.Transport = through(t, serve(t, always(502, "")))
	var told []string
	_, err := NewRetry(newClient(t, cfg)).Fetch(t.Context(), spaceNumber(1), telling(&told))
	if slices.Contains(told, "0 false") {
		t.Errorf("told %q, want requests that never got there", told)
	}
	var temporary *TemporaryError
	if !errors.As(err, &temporary) || temporary.Tries != 4 || !strings.Contains(err.Error(), "the proxy refuses the connection (status 502)") {
		t.Errorf("got %v, want a TemporaryError of the proxy after 4 tries", err)
	}
	checkMessage(t, "502", err)
}
