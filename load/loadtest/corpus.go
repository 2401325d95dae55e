package loadtest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// Corpus is the batches of some hundred of the simulator's pages, as the
// pipeline loads them: each object once, eight pages at a time.
var Corpus = sync.OnceValue(func() []schemas.Batch {
	cfg := simulator.Config{Spaces: 40_000, NoRateLimits: true, ForgetSeen: true, UserTokens: map[string]string{}}
	sim := simulator.New(cfg)
	var requests []schemas.Request
	ids := sim.SpaceIDs(15_000)
	for len(ids) > 0 {
		requests = append(requests, schemas.Request{Endpoint: schemas.Spaces, IDs: ids[:100]})
		ids = ids[100:]
	}
	for _, id := range sim.TweetedSpaceIDs(600) {
		requests = append(requests, schemas.Request{Endpoint: schemas.Tweets, IDs: []string{id}})
	}
	var batches []schemas.Batch
	decoder, claims := transform.NewDecoder(), ClaimOnce{}
	for len(requests) > 0 {
		n := min(8, len(requests))
		var pages []schemas.Page
		for i, r := range requests[:n] {
			at := Noon.Add(-time.Duration(len(batches)+i) * 970 * time.Millisecond)
			pages = append(pages, Fetched(sim, r, at))
		}
		requests = requests[n:]
		decoded, err := decoder.Pages(pages, claims)
		if err != nil {
			panic(err)
		}
		for _, b := range decoded {
			if b.Table.Mode != schemas.Coalesce { // the pipeline keeps these for the end
				batches = append(batches, b)
			}
		}
	}
	return batches
})

// Fetched is the simulator's page with every field and expansion.
func Fetched(sim *simulator.Simulator, r schemas.Request, at time.Time) schemas.Page {
	spec := r.Endpoint.Spec()
	params := schemas.Params{"expansions": schemas.Expansions(r.Endpoint, schemas.TweetDialect)}
	for _, o := range spec.Objects {
		params[schemas.FieldsParam(o, schemas.TweetDialect)] = schemas.Fields(o, schemas.TweetDialect, false, false)
	}
	query := url.Values{}
	for name, values := range params {
		query.Set(name, strings.Join(values, ","))
	}
	path := strings.ReplaceAll(spec.Path, "{id}", r.IDs[0])
	if spec.IDParam != "" {
		query.Set(spec.IDParam, strings.Join(r.IDs, ","))
	}
	request := httptest.NewRequest(http.MethodGet, path+"?"+query.Encode(), nil)
	request.Header.Set("Authorization", "Bearer app")
	answer := httptest.NewRecorder()
	sim.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		panic(answer.Body.String())
	}
	return schemas.Page{
		RunID: "20260801T120000Z-c5164b", ID: r.ID(), Request: r, Params: params, Status: http.StatusOK, Attempts: 1,
		FetchedAt: at, Body: answer.Body.Bytes(),
	}
}

// ClaimOnce is the claims of a run with one decoder.
type ClaimOnce map[string]bool

func (ClaimOnce) Begin() {}
func (ClaimOnce) End()   {}

func (c ClaimOnce) Sight(t *schemas.Table, key []byte, _, _ uint64) (uint64, bool) {
	return 0, c.Keep(t, key)
}

func (c ClaimOnce) Keep(t *schemas.Table, key []byte) bool {
	name := t.Name + "\x00" + string(key)
	if c[name] {
		return false
	}
	c[name] = true
	return true
}

// RowsOf keeps the batches of a table; "" is all tables.
func RowsOf(table string, batches []schemas.Batch) (kept []schemas.Batch, rows, bytes int64) {
	for _, b := range batches {
		if table == "" || b.Table.Name == table {
			kept = append(kept, b)
			rows += b.Record.NumRows()
			bytes += size(b)
		}
	}
	return kept, rows, bytes
}

// size is what the values of a batch take in memory, in bytes.
func size(b schemas.Batch) int64 {
	var n int64
	for _, column := range b.Record.Columns() {
		for _, buffer := range column.Data().Buffers() {
			if buffer != nil {
				n += int64(buffer.Len())
			}
		}
	}
	return n
}
