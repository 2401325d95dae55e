package jobs_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/schemas"
)

// Tweets are looked up by id, and with missing those that the database refers to and has
// not, each once.
func TestPostsAreLookedUp(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newScene(t, jobs.Spec{To: []string{"parquet", "duckdb"}}, simulator.Config{})
	s.spec.IDs = s.world.SpaceIDs(8)
	i := slices.IndexFunc(s.spec.IDs, func(id string) bool { return len(s.world.SpaceTweets(id)) > 1 })
	tweets := s.world.SpaceTweets(s.spec.IDs[i])
	one, other := tweets[0], tweets[1]
	s.spec.IDs = s.spec.IDs[i : i+1]
	s.spec.Posts = []string{one, "https://x.com/i/status/" + other + "?s=20", "1", "missing"}
	b := s.start()
	b.wants(s, schemas.DoneWithGaps, "lookup_tweets", 1)
	if got := b.members("lookup_tweets"); !slices.Equal(got, []string{one, other, "1"}) {
		t.Errorf("looked up %v", got)
	}
	if missing := b.missing(schemas.GapNotFound); !slices.Equal(missing, []string{"1"}) {
		t.Errorf("not found: %v", missing)
	}
	const lacks = "SELECT count(*) FROM users LEFT JOIN tweets ON tweet_id = pinned_tweet_id WHERE pinned_tweet_id IS NOT NULL AND tweet_id IS NULL"
	if n := s.row(lacks); n == "0" {
		t.Fatal("no pinned tweet is missing: there is nothing to look at")
	}

	s.spec.IDs, s.spec.Posts = nil, []string{"missing"}
	s.clock.pass(time.Hour)
	b = s.start()
	first := b.members("lookup_tweets")
	if b.err != nil || len(first) == 0 || b.asked("spaces")+b.asked("space") > 0 || slices.Contains(first, "1") {
		t.Errorf("looked up %v: %v", first, b.err)
	}
	gone := s.row(lacks)
	if n := s.row("SELECT count(*) FROM api_errors WHERE resource_type = 'tweet'"); gone != "0" && n == "0" {
		t.Errorf("%s pinned tweets are missing still, and no word of them", gone)
	}
	s.clock.pass(time.Hour)
	for _, id := range s.start().members("lookup_tweets") {
		if slices.Contains(first, id) {
			t.Errorf("%s is looked up again", id)
		}
	}
	forecast, err := jobs.Open(s.spec, s.opts).Plan(t.Context())
	if err != nil || forecast.Cost.High < 0 {
		t.Errorf("plan: %+v, %v", forecast, err)
	}
	s.spec.To = []string{"parquet"}
	if _, err := jobs.Open(s.spec, s.opts).Plan(t.Context()); err == nil || !strings.Contains(err.Error(), "posts: missing asks the database") {
		t.Errorf("without a database: %v", err)
	}
	s.spec.To = []string{"parquet", "duckdb"}
	s.verified()
}
