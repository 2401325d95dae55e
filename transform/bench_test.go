package transform

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// simulated asks the simulator for a page with every field and expansion.
func simulated(tb testing.TB, sim *simulator.Simulator, token string, r schemas.Request) schemas.Page {
	tb.Helper()
	spec := r.Endpoint.Spec()
	query := url.Values{}
	params := schemas.Params{"expansions": schemas.Expansions(r.Endpoint, schemas.TweetDialect)}
	for _, o := range spec.Objects {
		params[schemas.FieldsParam(o, schemas.TweetDialect)] = schemas.Fields(o, schemas.TweetDialect, false, false)
	}
	for name, values := range params {
		query.Set(name, strings.Join(values, ","))
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

func (nothing) Keep(*schemas.Table, []byte) bool { return false }

// BenchmarkPages reports bytes of body per second where every object wins its
// claim and where none does.
func BenchmarkPages(b *testing.B) {
	for endpoint, page := range corpus(b, false) {
		for name, claims := range map[string]Claims{"won": Everything{}, "lost": nothing{}} {
			b.Run(string(endpoint)+"/"+name, func(b *testing.B) {
				d := NewDecoder()
				b.SetBytes(int64(len(page.Body)))
				b.ReportAllocs()
				for b.Loop() {
					batches, err := d.Pages([]schemas.Page{page}, claims)
					if err != nil {
						b.Fatal(err)
					}
					release(batches)
				}
			})
		}
	}
}
