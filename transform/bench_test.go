package transform

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// simulated asks the simulator for a page with every field and expansion, but
// for those given.
func simulated(tb testing.TB, sim *simulator.Simulator, token string, r schemas.Request, without ...string) schemas.Page {
	tb.Helper()
	spec := r.Endpoint.Spec()
	query := url.Values{}
	params := schemas.Params{"expansions": schemas.Expansions(r.Endpoint, schemas.TweetDialect)}
	for _, o := range spec.Objects {
		params[schemas.FieldsParam(o, schemas.TweetDialect)] = schemas.Fields(o, schemas.TweetDialect, false, false)
	}
	for param, names := range params {
		params[param] = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(without, name) })
	}
	for name, values := range params {
		if len(values) > 0 {
			query.Set(name, strings.Join(values, ","))
		}
	}
	path := spec.Path
	if spec.IDParam != "" {
		query.Set(spec.IDParam, strings.Join(r.IDs, ","))
	} else {
		path = strings.ReplaceAll(path, "{id}", r.IDs[0])
	}
	request := httptest.NewRequest(http.MethodGet, path+"?"+query.Encode(), nil)
	request.Header.Set("Authorization", "Bearer "+token)
	answer := httptest.NewRecorder()
	sim.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK || !json.Valid(answer.Body.Bytes()) {
		tb.Fatalf("%s: status %d, %.200s", path, answer.Code, answer.Body)
	}
	return schemas.Page{
		RunID: "run", ID: r.ID(), Request: r, Params: params, Status: http.StatusOK, Attempts: 1,
		FetchedAt: time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC), Body: answer.Body.Bytes(),
	}
}

// corpus is a page of each of the three large endpoints.
func corpus(tb testing.TB, quirks bool) map[schemas.Endpoint]schemas.Page {
	cfg := simulator.Config{Spaces: 1000, NoRateLimits: true, Quirks: quirks, UserTokens: map[string]string{}}
	creator, ticketed := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens["user"] = creator
	sim := simulator.New(cfg)
	return map[schemas.Endpoint]schemas.Page{
		schemas.Spaces: simulated(tb, sim, "app", schemas.Request{Endpoint: schemas.Spaces, IDs: sim.SpaceIDs(100)}),
		schemas.Buyers: simulated(tb, sim, "user", schemas.Request{Endpoint: schemas.Buyers, IDs: ticketed[:1]}),
		schemas.Tweets: simulated(tb, sim, "app", schemas.Request{Endpoint: schemas.Tweets, IDs: sim.TweetedSpaceIDs(2)[1:]}),
	}
}

// nothing is the Claims that loses every claim.
type nothing struct{ Everything }

func (nothing) Sight(*schemas.Table, []byte, uint64, uint64) (uint64, bool) { return 0, false }

func (nothing) Keep(*schemas.Table, []byte) bool { return false }

// batchSize is from which size on rows are taken, as the pipeline does, bytes.
const batchSize = 4 << 20

// BenchmarkPages reports bytes of body per second where every object wins its
// claim and where none does.
func BenchmarkPages(b *testing.B) {
	for endpoint, page := range corpus(b, false) {
		for name, claims := range map[string]Claims{"won": Everything{}, "lost": nothing{}} {
			b.Run(string(endpoint)+"/"+name, func(b *testing.B) { benchmarkDecoder(b, []schemas.Page{page}, claims) })
		}
	}
}

// BenchmarkArchive is the same for the pages of an archive: a third of the
// bytes Spaces, a third buyers, a third tweets. All users win their claim, or
// one in five does; everything else wins.
func BenchmarkArchive(b *testing.B) {
	pages := archive(b)
	for name, claims := range map[string]Claims{"users=100%": Everything{}, "users=20%": &fifth{}} {
		b.Run(name, func(b *testing.B) { benchmarkDecoder(b, pages, claims) })
	}
}

func benchmarkDecoder(b *testing.B, pages []schemas.Page, claims Claims) {
	d := NewDecoder()
	size, objects := 0, 0
	for i := range pages {
		size += len(pages[i].Body)
		if err := d.Page(&pages[i], claims); err != nil {
			b.Fatal(err)
		}
		objects += len(d.sightings)
	}
	release(d.Take())
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for i := range pages {
			if err := d.Page(&pages[i], claims); err != nil {
				b.Fatal(err)
			}
			if d.Size() > batchSize {
				release(d.Take())
			}
		}
	}
	b.ReportMetric(float64(objects), "objects/op")
}

// fifth is the Claims of which every fifth user wins, and everything else.
type fifth struct {
	Everything
	n int
}

func (f *fifth) Sight(t *schemas.Table, key []byte, tells, _ uint64) (uint64, bool) {
	return 0, f.Keep(t, key)
}

func (f *fifth) Keep(t *schemas.Table, _ []byte) bool {
	if t.Object != schemas.User {
		return true
	}
	f.n++
	return f.n%5 == 0
}

// archive is some pages of the three large endpoints.
func archive(tb testing.TB) []schemas.Page {
	cfg := simulator.Config{Spaces: 5000, NoRateLimits: true, UserTokens: map[string]string{}}
	creator, ticketed := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens["user"] = creator
	sim := simulator.New(cfg)
	var pages []schemas.Page
	add := func(token string, r schemas.Request, limit int) int {
		p := simulated(tb, sim, token, r)
		if len(p.Body) <= limit {
			pages = append(pages, p)
		}
		return len(p.Body)
	}
	const share = 2 << 20
	ids := sim.SpaceIDs(2000)
	for n, at := 0, 0; n < share; at += 100 {
		n += add("app", schemas.Request{Endpoint: schemas.Spaces, IDs: ids[at : at+100]}, share)
	}
	for n := 0; n < share; {
		for _, id := range ticketed {
			n += add("user", schemas.Request{Endpoint: schemas.Buyers, IDs: []string{id}}, share)
		}
	}
	for n, at := 0, 0; n < share; at++ {
		n += add("app", schemas.Request{Endpoint: schemas.Tweets, IDs: sim.TweetedSpaceIDs(at + 1)[at:]}, share)
	}
	return pages
}

// BenchmarkColumns appends values to a column, and takes it.
func BenchmarkColumns(b *testing.B) {
	const rows = 50_000
	text := []byte("https://pbs.twimg.com/profile_images/1.jpg")
	for _, c := range []struct {
		name   string
		typ    schemas.Type
		append func(v *vector, row int)
	}{
		{"text", schemas.Text, func(v *vector, row int) { v.text(row, text) }},
		{"integer", schemas.Int, func(v *vector, row int) { v.word(row, int64(row)) }},
		{"boolean", schemas.Bool, func(v *vector, row int) { v.bool(row, row&1 == 0) }},
		{"one in ten", schemas.Text, func(v *vector, row int) {
			if row%10 == 0 {
				v.text(row, text)
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			v := newVector(c.typ, &pool{})
			for b.Loop() {
				for row := range rows {
					c.append(&v, row)
				}
				v.take(rows, c.typ.Arrow()).Release()
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
