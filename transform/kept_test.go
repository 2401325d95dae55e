package transform

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// What has no row of its own, no column, or stands beside a value that counts is kept.
func TestWhatCountsNowhereIsKept(t *testing.T) {
	for _, c := range []struct {
		name, body string
		endpoint   schemas.Endpoint
		table      string
		columns    []string
		want       []string
	}{
		{"an element without its key", `{"data":[{"id":"1","referenced_tweets":[{"type":"quoted","a":{"b":1}},{"id":7.5,"type":"x"}]}]}`,
			schemas.Tweets, "api_errors", []string{"resource_id", "field", "value"},
			[]string{`1 | referenced_tweets.id | {"type":"quoted","a":{"b":1}}`, `1 | referenced_tweets.id | {"id":7.5,"type":"x"}`}},
		{"an element that comes again and says more", `{"data":[{"id":"1","referenced_tweets":[{"type":"quoted","id":"9"},{"type":"quoted","id":"9"},{"type":"quoted","id":"9","a":2}]}]}`,
			schemas.Tweets, "api_errors", []string{"resource_id", "field", "value"}, []string{`1 | referenced_tweets | {"type":"quoted","id":"9","a":2}`}},
		{"an object where an id is expected", `{"data":[{"id":"1a","host_ids":["11",{"id":"12","name":"n"}]}]}`,
			schemas.Search, "api_errors", []string{"resource_id", "field", "value"}, []string{`1a | host_ids | {"id":"12","name":"n"}`}},
		{"topics without an id", `{"data":[{"id":"1a","topics":[{"name":"in"}]}],"includes":{"topics":[{"name":"out"}]}}`,
			schemas.Search, "api_errors", []string{"resource_type", "value"}, []string{`topic | {"name":"out"}`, `topic | {"name":"in"}`, `space | {"name":"in"}`}},
		{"what cannot be read of a topic", `{"data":[{"id":"1a","topics":[{"id":"4","name":["n"]}]}]}`,
			schemas.Search, "api_errors", []string{"resource_type", "resource_id", "value"}, []string{`topic | 4 | ["n"]`}},
		{"causes that are no objects", `{"errors":[{"title":"t","errors":["a",{"message":"b"},3]}]}`,
			schemas.Search, "api_errors", []string{"title", "detail", "value"},
			[]string{"t | - | -", "- | b | -", `Unreadable Value | not an object | "a"`, "Unreadable Value | not an object | 3"}},
		{"an array longer than its columns", `{"data":[{"id":"1","display_text_range":[0,7,9],"geo":{"coordinates":{"coordinates":[1.5,2.5]}}}]}`,
			schemas.Tweets, "tweets", []string{"display_end", "geo_lat", "extras"}, []string{`7 | 2.5 | {"display_text_range":[0,7,9]}`}},
		{"copies that contradict each other", `{"data":[{"id":"1a","title":"a","x":1},{"id":"1a","title":"b","x":2},{"id":"1a","title":"c","x":1}]}`,
			schemas.Search, "spaces", []string{"title", "extras"}, []string{`a | {"title":"c","title#2":"b","x":1,"x#2":2}`}},
		{"copies with both spellings", `{"data":[{"id":"7","pinned_tweet_id":"1","pinned_post_id":"2"},{"id":"7","pinned_post_id":"3"}]}`,
			schemas.Users, "users", []string{"pinned_tweet_id", "extras"}, []string{`1 | {"pinned_post_id":"3","pinned_post_id#2":"2"}`}},
		{"keys that come again", `{"data":[{"id":"1a","title":"a","x":1,"title":"b","x":2,"lang":"en","lang":null}],"data":{"id":"1b","y":[{"z":1,"z":2}]}}`,
			schemas.Search, "api_requests", []string{"extras"}, []string{`{"data":[{"id":"1a","title":"a","x":1,"title":"b","x":2,"lang":"en","lang":null}]}`}},
		{"keys that come again in an object", `{"data":[{"id":"1a","title":"a","x":1,"title":"b","x":2,"lang":"en","lang":null}]}`,
			schemas.Search, "spaces", []string{"title", "lang", "extras"}, []string{`b | en | {"title":"a","x":2,"x#2":1}`}},
		{"keys and ids with escapes", `{"data":[{"i\u0064":"1\u0061","creator_id":"\u00311","host_ids":["\u00311","11",11]}]}`,
			schemas.Search, "space_snapshots", []string{"space_id", "host_count"}, []string{"1a | 1"}},
	} {
		page := answered(200, c.body, c.endpoint, "1")
		if diff := cmp.Diff(c.want, cellsOf(t, page, c.table, c.columns...)); diff != "" {
			t.Errorf("%s: %s of %s (-want +got):\n%s", c.name, c.table, c.body, diff)
		}
		whole(t, page)
	}
	if got := cellsOf(t, answered(200, `{"data":[{"id":"1a","creator_id":"\u00311"}]}`, schemas.Search), "api_errors", "value", "resource_id"); len(got) > 0 {
		t.Errorf("an id with an escape: %v", got)
	}
}

// Topics are objects of their own: they count though the Space they stand in does not,
// and what they say otherwise on one page is kept.
func TestTopicsOfASpaceThatIsSeenLaterAreKept(t *testing.T) {
	earlier := answered(200, `{"data":[{"id":"1a","topics":[{"id":"5","name":"five"},null]}]}`, schemas.Search)
	earlier.FetchedAt = earlier.FetchedAt.Add(-time.Second)
	rows, _, err := allRows(
		answered(200, `{"data":[{"id":"1a","topics":[{"id":"4","name":"b","a":1}]}],"includes":{"topics":[{"id":"4","name":"a","a":2},{"id":"4","description":"d"}]}}`, schemas.Spaces, "1a"),
		earlier,
	)
	if err != nil {
		t.Fatal(err)
	}
	seen := " first_seen_at=2026-08-01T10:06:00Z last_seen_at=2026-08-01T10:06:00Z"
	want := []string{`topic_id="4" name="a" description="d" extras="{\"a\":2,\"a#2\":1,\"name\":\"b\"}"` + seen, `topic_id="5" name="five"` + strings.ReplaceAll(seen, ":06:00", ":05:59")}
	if diff := cmp.Diff(want, rows["topics"]); diff != "" {
		t.Errorf("topics (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`space_id="1a" topic_id="4" ordinal=0`}, rows["space_topics"]); diff != "" {
		t.Errorf("space_topics (-want +got):\n%s", diff)
	}
}

// telling is a Claims that notes what sightings tell.
type tellings struct {
	Everything
	tells []uint64
}

func (c *tellings) Sight(_ *schemas.Table, _ []byte, tells, settles uint64) (uint64, bool) {
	c.tells = append(c.tells, tells, settles)
	return tells, true
}

// The annotations of a tweet tell of themselves only by being there: not as null, nor
// where other entities have some.
func TestAnnotationsAreToldOfWhereTheyStand(t *testing.T) {
	of := func(rest string) []uint64 {
		var c tellings
		batches, err := NewDecoder().Pages([]schemas.Page{answered(200, `{"data":[{"id":"1","note_tweet":{},"article":{},"entities":{"urls":[]}`+rest+`]}`, schemas.Tweets, "1a")}, &c)
		if err != nil {
			t.Fatal(err)
		}
		release(batches)
		return c.tells
	}
	none, some := of(`}`), of(`,"entities":{"annotations":[{}]}}`)
	if cmp.Equal(none, some) {
		t.Fatalf("tells %b with annotations and without", none)
	}
	for rest, want := range map[string][]uint64{
		`,"entities":{"annotations":null}}`:                       none,
		`,"note_tweet":{"entities":{"annotations":[{}]}}}`:        none,
		`,"article":{"annotations":[{}]},"x":{"annotations":[]}}`: of(`,"x":1}`),
		`},{"id":"1","entities":{"annotations":[]}}`:              some,
	} {
		if got := of(rest); !cmp.Equal(got, want) {
			t.Errorf("%s: tells and settles %b, want %b", rest, got, want)
		}
	}
}
