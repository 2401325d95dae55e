package extract

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// An answer that makes another protocol's of the connection is one that broke off:
// its body has no end, and no deadline would end the reading of it.
func TestNobodyWaitsForAnotherProtocol(t *testing.T) {
	release := make(chan struct{})
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n{"))
		<-release
	})
	defer close(release)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	ended := make(chan error, 2)
	go func() {
		cfg := tokens(server)
		cfg.Grace = time.Millisecond
		_, err := newClient(t, cfg).Fetch(ctx, oneOf(schemas.SpaceByID), nil)
		ended <- err
	}()
	go func() {
		_, err := Ask(ctx, tokens(server), "")
		ended <- err
	}()
	for range 2 {
		select {
		case err := <-ended:
			if err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("it ended with %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("the answer is still being read")
		}
	}
}
