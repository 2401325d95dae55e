package extract

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// What was asked for is billed, so an answer under way is still taken in when
// the run ends, for as long as the grace lasts.
func TestAnswerUnderWayOutlivesTheRun(t *testing.T) {
	asked := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-time.After(50 * time.Millisecond):
			_, _ = io.WriteString(w, `{"meta":{"result_count":0}}`)
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	for grace, lands := range map[time.Duration]bool{5 * time.Second: true, time.Millisecond: false} {
		client, err := New(Config{BaseURL: server.URL, AppToken: "a-token-of-this-test", Grace: grace})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-asked; cancel() }()
		page, err := NewRetry(client).Fetch(ctx, schemas.Request{Endpoint: schemas.Search, Query: "q"}, nil)
		if got := err == nil && page.Status == http.StatusOK; got != lands {
			t.Errorf("grace %s: page landed %v (%v), want %v", grace, got, err, lands)
		}
		if _, err := client.Fetch(ctx, schemas.Request{Endpoint: schemas.Search, Query: "q"}, nil); err == nil {
			t.Errorf("grace %s: a request was sent after the end", grace)
		}
	}
}
