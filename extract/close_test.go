package extract

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// A client that is closed keeps no connection open: a program that runs jobs for
// years makes one each hour.
func TestCloseLeavesNoConnection(t *testing.T) {
	ended := make(chan struct{}, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data":{"id":"1aaaaaaaaaaaA","state":"live"}}`))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			ended <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	c, err := New(Config{BaseURL: server.URL, AppToken: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fetch(t.Context(), schemas.Request{Endpoint: schemas.SpaceByID, IDs: []string{"1aaaaaaaaaaaA"}}, nil); err != nil {
		t.Fatal(err)
	}
	c.Close()
	select {
	case <-ended:
	case <-time.After(30 * time.Second): // a minute and a half otherwise
		t.Error("the connection is still open")
	}
}
