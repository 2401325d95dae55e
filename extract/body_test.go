package extract

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// zeros is a valid JSON object of more than n bytes.
func zeros(w io.Writer, n int) {
	_, _ = io.WriteString(w, `{"meta":{},"padding":"`)
	chunk := bytes.Repeat([]byte("0"), 1<<16)
	for sent := 0; sent < n; sent += len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, `"}`)
}

func zipped(n int) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	zeros(z, n)
	_ = z.Close()
	return out.Bytes()
}

func TestLargeAnswersAreNotTaken(t *testing.T) {
	t.Parallel()
	bomb := zipped(maxBody)
	for name, h := range map[string]http.HandlerFunc{
		"plain": func(w http.ResponseWriter, _ *http.Request) { zeros(w, maxBody) },
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		},
		"stored gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, gzip.NoCompression)
			zeros(z, maxBody)
		},
	} {
		var told []string
		page, err := newClient(t, tokens(serve(t, h))).Fetch(context.Background(), oneOf(schemas.Spaces), telling(&told))
		if err != nil || page.Status != schemas.NotTaken || !strings.Contains(string(page.Body), "16 MiB") || !strings.Contains(string(page.Body), schemas.TooLarge) {
			t.Errorf("%s: got status %d, %v, %.200s, want a page that was not taken", name, page.Status, err, page.Body)
		}
		if got := strings.Join(told, ", "); got != "send, 0 false" {
			t.Errorf("%s: told %q, want an answer that was lost", name, got)
		}
	}
}

func TestGzipIsUnpackedAndCounted(t *testing.T) {
	body := zipped(1 << 16)
	client := newClient(t, tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("accepts %q, want gzip", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body)
	})))
	for range 3 {
		page, err := client.Fetch(context.Background(), oneOf(schemas.Spaces), nil)
		if err != nil || len(page.Body) < 1<<16 {
			t.Fatalf("got %d bytes, %v", len(page.Body), err)
		}
	}
	if s := client.Stats(); s.Wire != 3*int64(len(body)) || s.Bytes < 3<<16 || s.Pages != 3 || s.Status[200] != 3 || s.Endpoints[schemas.Spaces].Requests != 3 {
		t.Errorf("got %+v", s)
	}
}

func TestBrokenAnswersAreTemporary(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"no gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, none)
		},
		"cut gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zipped(1 << 16)[:100])
		},
		"short body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, none)
		},
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		_, err := newClient(t, tokens(serve(t, h))).Fetch(context.Background(), oneOf(schemas.Spaces), nil)
		var temporary *TemporaryError
		if !errors.As(err, &temporary) || strings.Contains(err.Error(), "ids=") {
			t.Errorf("%s: got %v, want a TemporaryError without the URL", name, err)
		}
		checkMessage(t, name, err)
	}
}

func TestSlowAnswersTimeOut(t *testing.T) {
	cfg := tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"data":`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	cfg.Timeout = 5 * time.Millisecond
	_, err := newClient(t, cfg).Fetch(context.Background(), oneOf(schemas.Spaces), nil)
	if got := kindOf(schemas.Page{}, err); got != "temporary" {
		t.Errorf("got %v, want a TemporaryError", err)
	}
}

func TestConnectionRefusedNamesTheServer(t *testing.T) {
	cfg := tokens("http://127.0.0.1:1")
	_, err := NewRetry(newClient(t, cfg)).Fetch(context.Background(), oneOf(schemas.Spaces), nil)
	var temporary *TemporaryError
	if !errors.As(err, &temporary) || temporary.Tries != 4 || !strings.Contains(err.Error(), "gave up on http://127.0.0.1:1 after 4 tries") {
		t.Errorf("got %v, want a TemporaryError after 4 tries that names the server", err)
	}
	checkMessage(t, "refused", err)
}
