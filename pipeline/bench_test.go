package pipeline

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// answer is a body of about 400 KB: 70 Spaces and the people in them.
func answer(b *testing.B) json.RawMessage {
	sim := simulator.New(simulator.Config{Spaces: 20_000, NoRateLimits: true})
	query := "?ids=" + strings.Join(sim.SpaceIDs(70), ",") + "&expansions=" + strings.Join(schemas.Expansions(schemas.Spaces, schemas.TweetDialect), ",")
	for _, o := range schemas.Spaces.Spec().Objects {
		query += "&" + schemas.FieldsParam(o, schemas.TweetDialect) + "=" + strings.Join(schemas.Fields(o, schemas.TweetDialect, false, false), ",")
	}
	request := httptest.NewRequest(http.MethodGet, "/2/spaces"+query, nil)
	request.Header.Set("Authorization", "Bearer app")
	recorded := httptest.NewRecorder()
	sim.ServeHTTP(recorded, request)
	if recorded.Code != http.StatusOK {
		b.Fatal(recorded.Body)
	}
	return recorded.Body.Bytes()
}

// numbered is the n-th page with a body.
func numbered(n int64, body json.RawMessage) schemas.Page {
	r := schemas.Request{Endpoint: schemas.Spaces, IDs: []string{strconv.FormatInt(n, 10)}}
	return schemas.Page{
		RunID: "run", ID: r.ID(), Request: r, Status: 200, Attempts: 1, Body: body,
		FetchedAt: time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Millisecond),
	}
}

// reportCPU adds the processor time of an operation: waiting for the disk is
// not part of it.
func reportCPU(b *testing.B, before time.Duration) {
	b.ReportMetric((cpuTime(b)-before).Seconds()*1000/float64(b.N), "cpu-ms/op")
}

// BenchmarkLanding puts pages on disk, each synced, and reads them.
func BenchmarkLanding(b *testing.B) {
	body := answer(b)
	b.Run("put", func(b *testing.B) {
		l := opened(b)
		b.SetBytes(int64(len(body)))
		n, before := int64(0), cpuTime(b)
		for b.Loop() {
			if err := l.Put(numbered(n, body)); err != nil {
				b.Fatal(err)
			}
			n++
		}
		reportCPU(b, before)
	})
	b.Run("read", func(b *testing.B) {
		l := opened(b)
		if err := l.Put(numbered(1, body)); err != nil {
			b.Fatal(err)
		}
		var buffers landing.Buffers
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if _, err := l.ReadInto(l.Entries()[0], &buffers); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func opened(b *testing.B) *landing.Writer {
	l, err := landing.Open(newStore(b), "run", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	return l
}

// atOnce answers every request with the same body.
type atOnce struct{ body json.RawMessage }

func (f atOnce) Fetch(_ context.Context, r schemas.Request, _ schemas.Gate) (schemas.Page, error) {
	return schemas.Page{ID: r.ID(), Request: r, Status: 200, Attempts: 1, Body: f.body, FetchedAt: time.Now()}, nil
}

// BenchmarkExtract lands and examines pages whose answers take no time, by 1 and
// by 16 workers: locks show in the difference, as far as there are processors.
func BenchmarkExtract(b *testing.B) {
	for name, body := range map[string]json.RawMessage{"400KB": answer(b), "1KB": json.RawMessage(`{"data":[{"id":"1","title":"` + strings.Repeat("x", 1000) + `"}]}`)} {
		for _, workers := range []int{1, 16} {
			b.Run(name+"/workers="+strconv.Itoa(workers), func(b *testing.B) {
				locked := newStore(b)
				planned, err := locked.Begin(store.Planned{Plan: store.Plan{Job: "bench"}}, "test", time.Now())
				if err != nil {
					b.Fatal(err)
				}
				p := &Pipeline{Plan: planned.Plan, Run: planned.Run, Lock: locked, Fetcher: atOnce{body}}
				if err := p.Open(); err != nil {
					b.Fatal(err)
				}
				defer p.Close()
				var n atomic.Int64
				b.SetBytes(int64(len(body)))
				b.SetParallelism(workers)
				before := cpuTime(b)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						r := schemas.Request{Endpoint: schemas.Spaces, IDs: []string{strconv.FormatInt(n.Add(1), 10)}}
						if _, err := p.Extract(context.Background(), r); err != nil {
							b.Error(err)
							return
						}
					}
				})
				reportCPU(b, before)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
			})
		}
	}
}
