package address

import (
	"errors"
	"net/http"
)

var errSwitched = errors.New("the server answered with another protocol (status 101), for which nobody asked")

// Unswitched is a transport that takes no answer which makes another protocol's of
// the connection. Nobody here asks for one, and net/http hands it over without the
// end that a context or a timeout sets: who reads its body reads as long as the server
// wants.
type Unswitched struct{ http.RoundTripper }

// RoundTrip sends a request.
func (t Unswitched) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.RoundTripper.RoundTrip(req)
	if err == nil && res.StatusCode == http.StatusSwitchingProtocols {
		_ = res.Body.Close()
		return nil, errSwitched
	}
	return res, err
}

// CloseIdleConnections is that of the transport, for http.Client.
func (t Unswitched) CloseIdleConnections() {
	if all, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		all.CloseIdleConnections()
	}
}
