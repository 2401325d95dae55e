package extract

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// BenchmarkFetch reads a compressed page of a megabyte.
func BenchmarkFetch(b *testing.B) {
	body := zipped(1 << 20)
	client, err := New(Config{AppToken: appToken, Transport: canned(body)})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Fetch(context.Background(), oneOf(schemas.Search), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// canned is a transport that always has the same gzip answer.
type canned []byte

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(c)), Request: r, Header: http.Header{
		"Content-Encoding": {"gzip"}, "X-Rate-Limit-Remaining": {"299"}, "X-Rate-Limit-Reset": {"4102444800"},
	}}, nil
}
