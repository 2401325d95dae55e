package simulator

import "strings"

// The two vocabularies of the API.
const (
	dialectTweet = "tweet"
	dialectPost  = "post"
	dialectBoth  = "both"
)

// The lists of known values, as the API prints them.
const (
	spaceScalars    = "created_at,ended_at,id,is_ticketed,lang,participant_count,scheduled_start,started_at,state,subscriber_count,title,updated_at"
	spaceReferences = "creator_id,host_ids,invited_user_ids,speaker_ids,topic_ids"
	topicFields     = "description,id,name"
	userCommon      = "confirmed_email,connection_status,created_at,description,entities,id,is_identity_verified,location,name,parody,profile_banner_url,profile_image_url,protected,public_metrics,receives_your_dm,subscription,subscription_type,url,username,verified,verified_followers_count,verified_type,withheld"
	userTweetOnly   = "affiliation,most_recent_tweet_id,pinned_tweet_id"
	userPostOnly    = "subscriber_count,subscribes_to_you"
	tweetCommon     = "article,attachments,card_uri,community_id,context_annotations,conversation_id,created_at,display_text_range,edit_controls,entities,geo,id,lang,matched_media_notes,media_metadata,non_public_metrics,note_request_suggestions,organic_metrics,paid_partnership,possibly_sensitive,promoted_metrics,public_metrics,reply_settings,scopes,source,suggested_source_links,suggested_source_links_with_counts,text,withheld"
	tweetTweetOnly  = "author_id,edit_history_tweet_ids,in_reply_to_user_id,note_tweet,referenced_tweets"
	tweetPostOnly   = "article_title,note_post"
	mediaFields     = "alt_text,duration_ms,height,media_key,non_public_metrics,organic_metrics,preview_image_url,promoted_metrics,public_metrics,type,url,variants,width"
	pollFields      = "duration_minutes,end_datetime,id,options,voting_status"
	placeFields     = "contained_within,country,country_code,full_name,geo,id,name,place_type"

	userTweetExpansions  = "affiliation.user_id,most_recent_tweet_id,pinned_tweet_id"
	userPostExpansions   = "affiliation,most_recent_post_id,pinned_post_id"
	tweetExpansions      = "article.cover_media,article.media_entities,attachments.media_keys,attachments.media_source_tweet,attachments.poll_ids,author_id,entities.mentions.username,geo.place_id,in_reply_to_user_id"
	tweetTweetExpansions = "edit_history_tweet_ids,entities.note.mentions.username,referenced_tweets.id,referenced_tweets.id.attachments.media_keys,referenced_tweets.id.author_id"
	tweetPostExpansions  = "edit_history_post_ids,referenced_posts,username"
)

// postNames maps the names of the tweet dialect, used inside, to those of the
// post dialect.
var postNames = map[string]string{
	"edit_history_tweet_ids": "edit_history_post_ids",
	"referenced_tweets":      "referenced_posts",
	"referenced_tweets.id":   "referenced_posts",
	"note_tweet":             "note_post",
	"retweet_count":          "repost_count",
	"tweet_count":            "post_count",
	"pinned_tweet_id":        "pinned_post_id",
	"most_recent_tweet_id":   "most_recent_post_id",
	"affiliation.user_id":    "affiliation",
	"tweets":                 "posts",
	"tweet.fields":           "post.fields",
}

// fromPost is the inverse of postNames for field values and expansions.
var fromPost = map[string]string{
	"edit_history_post_ids": "edit_history_tweet_ids",
	"referenced_posts":      "referenced_tweets.id",
	"note_post":             "note_tweet",
	"pinned_post_id":        "pinned_tweet_id",
	"most_recent_post_id":   "most_recent_tweet_id",
	"affiliation":           "affiliation.user_id",
}

// known lists the values a parameter takes in a dialect.
func (c Config) known(e *endpoint, param, dialect string) []string {
	post := dialect == dialectPost
	choose := func(common, tweet, other string) []string {
		if post {
			return join(common, other)
		}
		return join(common, tweet)
	}
	switch param {
	case "space.fields":
		if len(c.SpaceFields) > 0 {
			return c.SpaceFields
		}
		return choose(spaceScalars, spaceReferences, "")
	case "topic.fields":
		return join(topicFields)
	case "user.fields":
		return choose(userCommon, userTweetOnly, userPostOnly)
	case "tweet.fields":
		return choose(tweetCommon, tweetTweetOnly, tweetPostOnly)
	case "media.fields":
		return join(mediaFields)
	case "poll.fields":
		return join(pollFields)
	case "place.fields":
		return join(placeFields)
	}
	switch e.shows { // expansions
	case kindSpace:
		return join(spaceReferences)
	case kindUser:
		return choose("", userTweetExpansions, userPostExpansions)
	}
	return choose(tweetExpansions, tweetTweetExpansions, tweetPostExpansions)
}

func join(lists ...string) []string {
	var out []string
	for _, l := range lists {
		if l != "" {
			out = append(out, strings.Split(l, ",")...)
		}
	}
	return out
}
