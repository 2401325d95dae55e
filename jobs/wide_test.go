package jobs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// A run that is interrupted leaves a wide answer at once, in following and in loading,
// and the next goes on with it as it landed.
func TestAnInterruptDoesNotWaitForAWideAnswer(t *testing.T) {
	const speakers = 60_000
	var ids strings.Builder
	for i := range speakers {
		fmt.Fprintf(&ids, `,"%d"`, i+1)
	}
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		fmt.Fprintf(w, `{"data":[{"id":"1SLjjRYNejbKM","state":"live","speaker_ids":[%s]}]}`, ids.String()[1:])
	}))
	t.Cleanup(server.Close)
	spec := Spec{IDs: []string{"1SLjjRYNejbKM"}, NoUsers: true, BaseURL: server.URL, Store: t.TempDir(), To: []string{"parquet"}}
	run := func(l func(cancel func()) Listener) (Result, error) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		return Open(spec, Options{Tokens: Tokens{App: "AAAAAAAAAAAAAAAA"}, Listener: l(cancel)}).Run(ctx)
	}
	for what, l := range map[string]func(func()) Listener{
		"following": func(cancel func()) Listener {
			return Listener{Event: func(e extract.Event) {
				if e.Kind == extract.EventRequest {
					cancel()
				}
			}, Progress: func(p pipeline.Progress) {
				if p.Fetched > 0 {
					t.Error("what the answer leads to is looked for after the end")
				}
			}}
		},
		"loading": func(cancel func()) Listener {
			return Listener{Progress: func(p pipeline.Progress) {
				if p.Phase == pipeline.LoadPhase {
					cancel()
				}
			}}
		},
	} {
		spec.Store = t.TempDir()
		requests.Store(0)
		r, err := run(l)
		var stopped *pipeline.StoppedError
		if !errors.As(err, &stopped) || stopped.Outcome != schemas.Interrupted || r.Manifest != nil {
			t.Errorf("%s: got %v, manifest %v; want an interrupt", what, err, r.Manifest)
		}
		r, err = run(func(func()) Listener { return Listener{} })
		if err != nil || r.Manifest == nil || requests.Load() != 1 {
			t.Fatalf("%s: then %v after %d requests, want the landed answer loaded", what, err, requests.Load())
		}
		for _, table := range r.Manifest.Tables {
			if table.Name == "space_users" && table.Rows != speakers {
				t.Errorf("%s: %d speakers, want %d", what, table.Rows, speakers)
			}
		}
	}
}
