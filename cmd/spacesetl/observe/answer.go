package observe

import (
	"io"
	"net/http"

	"github.com/spacesetl/spacesetl/extract/address"
)

// brief is a transport for servers that are told of a run: of their answers little
// is of interest, and not all is read.
type brief struct{}

const longestAnswer = 64 << 10 // bytes

// RoundTrip sends a request.
func (brief) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := address.Unswitched{RoundTripper: http.DefaultTransport}.RoundTrip(req)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, longestAnswer), res.Body}
	}
	return res, err
}
