package jobs_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
)

// TestTruth runs whole jobs against the simulator and compares every row in
// both destinations with what the simulator knows to be true. What a row
// should hold is written down here a second time, by hand, so that a wrong
// declaration in schemas is found.
func TestTruth(t *testing.T) {
	slow(t)
	cases := []truthCase{
		{name: "tweet dialect, faults, private fields", dialect: "tweet", faults: 0.2, private: true},
		{name: "post dialect, faults, private fields", dialect: "post", faults: 0.2, private: true},
		{name: "tweet dialect", dialect: "tweet"},
		{name: "post dialect", dialect: "post"},
	}
	for i, c := range inFull(cases, cases[:2]) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := c.run(t)
			inDuckDB, inParquet := r.stores(t)
			want := newWanted(t, r, inDuckDB)
			t.Run("duckdb", func(t *testing.T) { want.compare(t, inDuckDB) })
			if long() || i == 0 { // in small, what the files have is compared with one of both
				t.Run("parquet", func(t *testing.T) { want.compare(t, inParquet) })
			}
			if long() || i == 1 {
				t.Run("same", func(t *testing.T) { same(t, inDuckDB, inParquet) })
			}
			checkFilled(want)
		})
	}
}

type truthCase struct {
	name, dialect string
	private       bool    // the creator's token for everything, private fields asked for
	faults        float64 // share of requests that fail
}

// truthRun is a finished job and what the server knows of it.
type truthRun struct {
	truthCase
	world   *simulator.Simulator
	tap     *tap
	creator string // whose user token the job has
	spec    jobs.Spec
	result  jobs.Result
}

const truthUserToken = "truth-user-token"

// truthSeed is of a world in which the ticketed creator wrote tweets of the
// second Space, so that there are private counts to see.
const truthSeed = 19

func (c truthCase) run(t *testing.T) *truthRun {
	cfg := simulator.Config{
		Seed: truthSeed, Quirks: true, Paging: simulator.PagingQuirks, FieldErrors: c.private,
		Window: time.Second, Limits: map[string]int{"*": 100_000}, Faults: simulator.Faults{Rate: c.faults},
		Now: fast(time.Now()),
	}
	creator, _ := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{truthUserToken: creator}
	world := simulator.New(cfg)
	listener := &tap{next: world, userToken: truthUserToken}
	server := httptest.NewServer(listener)
	defer server.Close()

	r := &truthRun{truthCase: c, world: world, tap: listener, creator: creator, spec: truthSpec(world, creator)}
	r.spec.Store, r.spec.BaseURL, r.spec.Dialect, r.spec.Private = t.TempDir(), server.URL, c.dialect, c.private
	r.spec.Posts = []string{"1"}
	for _, id := range briefSpaces(world)[100:110] { // that are not asked for
		r.spec.Posts = append(r.spec.Posts, world.SpaceTweets(id)...)
	}
	tokens := jobs.Tokens{App: "truth-app-token", User: truthUserToken}
	if c.private {
		tokens.App = ""
	}
	r.result = ran(t, r.spec, jobs.Options{Tokens: tokens, Client: func(x *extract.Config) { x.Now, x.Sleep = cfg.Now, fastSleep }})
	server.Close() // waits for the last answers to be noted
	listener.parse(t)
	return r
}

// truthSpec asks for something of everything. 101 ids are one request of a
// hundred and one for the endpoint of a single Space.
func truthSpec(world *simulator.Simulator, creator string) jobs.Spec {
	spec := jobs.Spec{
		Name: "truth", With: []string{"buyers", "tweets"},
		IDs:      slices.Concat(world.MissingSpaceIDs(2), briefSpaces(world)[:99]),
		Creators: append(world.CreatorIDs(4), creator),
		Search:   []jobs.Search{{Query: "for beginners"}, {Query: world.SearchWord(), State: "live"}},
	}
	spec.Creators = append(spec.Creators, world.MissingUserIDs(1)...)
	spec.Creators = append(spec.Creators, world.SuspendedUserIDs(1)...)
	for _, name := range world.Usernames(8)[4:] {
		spec.Creators = append(spec.Creators, "@"+name)
	}
	spec.Defaults()
	return spec
}

// briefSpaces are Spaces of few tweets, but for the second, which has several
// pages of them: so there are pages of everything in little time.
func briefSpaces(world *simulator.Simulator) []string {
	ids := world.SpaceIDs(300)
	return slices.Concat(ids[:2], slices.DeleteFunc(ids[2:], func(id string) bool { return len(world.SpaceTweets(id)) > 12 }))
}

// speed is how much faster time goes by in these tests, for the server and the
// program alike: rate windows and retries are real, waiting for them is not.
const speed = 50

func fast(start time.Time) func() time.Time {
	return func() time.Time { return start.Add(time.Since(start) * speed) }
}

func fastSleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d / speed)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// canonicalJSON makes JSON texts comparable: keys sorted and without those
// that nobody knows, every scalar as text, so that 12, 12.0 and "12" are the
// same.
func canonicalJSON(text string) string {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "not JSON: " + text
	}
	out, err := json.Marshal(canonicalValue(v))
	if err != nil {
		return err.Error()
	}
	return string(out)
}

func canonicalValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			if v[key] = canonicalValue(v[key]); strings.HasPrefix(key, unknownPrefix) {
				delete(v, key)
			}
		}
		return v
	case []any:
		for i := range v {
			v[i] = canonicalValue(v[i])
		}
		return v
	case json.Number:
		return strings.TrimSuffix(v.String(), ".0")
	case string:
		return strings.TrimSuffix(strings.ReplaceAll(v, "\x00", "\uFFFD"), ".0")
	}
	return v
}
