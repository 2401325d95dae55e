package schemas

import "testing"

func TestAskedKnowsBothDialectsAndExpansions(t *testing.T) {
	cases := []struct {
		table, column string
		endpoint      Endpoint
		params        Params
		want          bool
	}{
		{"users", "pinned_tweet_id", Users, Params{"user.fields": {"pinned_tweet_id"}}, true},
		{"users", "pinned_tweet_id", Users, Params{"user.fields": {"name"}}, false},
		{"users", "pinned_tweet_id", Buyers, Params{"expansions": {"pinned_post_id"}}, true},
		{"users", "pinned_tweet_id", Tweets, Params{"expansions": {"pinned_post_id"}}, false},
		{"users", "affiliation_url", Buyers, Params{"expansions": {"affiliation"}}, true},
		{"users", "affiliation_url", Buyers, Params{"expansions": {"affiliation.user_id"}}, false},
		{"users", "followers_count", Spaces, Params{"user.fields": {"public_metrics"}}, true},
		{"users", "followers_count", Spaces, Params{"tweet.fields": {"public_metrics"}}, false},
		{"users", "extras", Users, Params{"user.fields": {"name"}}, true}, // whatever an object has is asked for with any field
		{"users", "extras", Users, Params{"tweet.fields": {"text"}}, false},
		{"spaces", "creator_id", Search, Params{"expansions": {"creator_id"}, "space.fields": {"title"}}, true},
		{"spaces", "unavailable_at", Spaces, Params{"space.fields": {"unavailable_at"}}, false},
		{"tweets", "note_text", Tweets, Params{"tweet.fields": {"note_tweet"}}, true},
		{"tweets", "note_text", Tweets, Params{"post.fields": {"note_post"}}, true},
		{"tweets", "geo_lon", Tweets, Params{"expansions": {"geo.place_id"}}, false},
		{"tweets", "author_username_hint", Tweets, Params{"expansions": {"username"}}, false},
	}
	for _, c := range cases {
		table := Lookup(c.table)
		if got := table.Asked(table.Columns[table.Column(c.column)], c.params, c.endpoint.Spec().Data == table.Object); got != c.want {
			t.Errorf("%s.%s on %s with %v: got %v, want %v", c.table, c.column, c.endpoint, c.params, got, c.want)
		}
	}
}
