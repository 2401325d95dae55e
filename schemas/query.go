package schemas

import (
	"slices"
	"strings"
)

// Fields returns the names of the fields of o that can be asked for in a
// dialect, sorted: what the columns of its tables and their children need.
// Fields that need the owner's token come with private; with all, also those
// that are left out by default.
func Fields(o Object, d Dialect, private, all bool) []string {
	var names []string
	add := func(path string, l Listing) {
		if l.Unlisted || l.Only != "" && l.Only != d || l.Private && !private && !all || l.Skip && !all {
			return
		}
		names = append(names, firstKey(spelling(path, d)))
	}
	for _, t := range tables {
		for _, c := range t.Columns {
			if t.Object == o && (c.From == Value || c.From == Count) {
				add(c.path(), c.Listing)
			}
		}
		for _, s := range t.Sources {
			if s.Object == o {
				add(s.Path, s.Listing)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// fieldsParam is the query parameter that takes the fields of each kind.
var fieldsParam = map[Object]string{
	Space: "space.fields", User: "user.fields", Topic: "topic.fields", Tweet: "tweet.fields",
	Media: "media.fields", Poll: "poll.fields", Place: "place.fields",
}

// FieldsParam names the query parameter that takes the fields of o.
func FieldsParam(o Object, d Dialect) string {
	if o == Tweet && d == PostDialect {
		return "post.fields"
	}
	return fieldsParam[o]
}

// FieldsObject is the reverse of FieldsParam, in both dialects; empty for any
// other parameter.
func FieldsObject(param string) Object {
	if param == "post.fields" {
		return Tweet
	}
	for o, p := range fieldsParam {
		if p == param {
			return o
		}
	}
	return ""
}

var (
	spaceExpansions = []string{"creator_id", "host_ids", "invited_user_ids", "speaker_ids", "topic_ids"}
	userExpansions  = map[Dialect][]string{
		TweetDialect: {"affiliation.user_id", "most_recent_tweet_id", "pinned_tweet_id"},
		PostDialect:  {"affiliation", "most_recent_post_id", "pinned_post_id"},
	}
	tweetExpansions = map[Dialect][]string{
		TweetDialect: {
			"article.cover_media", "article.media_entities", "attachments.media_keys", "attachments.media_source_tweet",
			"attachments.poll_ids", "author_id", "edit_history_tweet_ids", "entities.mentions.username",
			"entities.note.mentions.username", "geo.place_id", "in_reply_to_user_id", "referenced_tweets.id",
			"referenced_tweets.id.attachments.media_keys", "referenced_tweets.id.author_id",
		},
		PostDialect: {
			"article.cover_media", "article.media_entities", "attachments.media_keys", "attachments.media_source_tweet",
			"attachments.poll_ids", "author_id", "edit_history_post_ids", "entities.mentions.username",
			"geo.place_id", "in_reply_to_user_id", "referenced_posts", "username",
		},
	}
)

// Expansions returns every expansion an endpoint takes in a dialect.
func Expansions(e Endpoint, d Dialect) []string {
	switch e.Spec().Data {
	case Space:
		return spaceExpansions
	case User:
		return userExpansions[d]
	default:
		return tweetExpansions[d]
	}
}

// path is where the column's value stands, with the default applied.
func (c Column) path() string {
	if c.Path == "" {
		return c.Name
	}
	return c.Path
}

// Paths returns the alternatives of where the column's value stands.
func (c Column) Paths() []string { return alternatives(c.path()) }

// Paths returns the alternatives of where the list stands.
func (s Source) Paths() []string { return alternatives(s.Path) }

func alternatives(path string) []string { return strings.Split(path, "|") }

// spelling picks a dialect's alternative: the tweet dialect's comes first.
func spelling(path string, d Dialect) string {
	all := alternatives(path)
	if d == PostDialect {
		return all[len(all)-1]
	}
	return all[0]
}

// firstKey cuts a path after its first key.
func firstKey(path string) string {
	if i := strings.IndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return path
}
