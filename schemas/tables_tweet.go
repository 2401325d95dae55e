package schemas

// What it means that lists of a tweet are not there.
var (
	attached  = Absence{Empty: true, Why: "the attachments are those that there are"}
	inArticle = Absence{Empty: true, Why: "the article is there for tweets that carry one"}
	unsaid    = Absence{Why: "no documentation says that it is left out when there are none"}
)

var tweetTables = []*Table{
	{
		Name: "tweets", Object: Tweet, Key: []string{"tweet_id"},
		Grain: "tweet",
		Doc:   "Tweets (posts) shared in Spaces, and those they refer to, one row each as last seen.",
		Later: []Column{
			{Name: "article_title_json", Type: JSON, Path: "article_title", Listing: Listing{Only: PostDialect}, Doc: "What stands beside the article as its title, as received: text, or an object that says more of the article. Since revision 3."},
		},
		Columns: append([]Column{
			{Name: "tweet_id", Type: ID, Path: "id", Doc: "Id of the tweet."},
			{Name: "text", Type: Text, Doc: "Text with HTML entities as sent (&amp;); cut at 280 characters, see note_text."},
			{Name: "author_id", Type: ID, Ref: "users", Listing: tweetDialectOnly, Doc: "Author."},
			{Name: "author_username_hint", Type: Text, Path: "username", Listing: Listing{Unlisted: true}, Doc: "Author's handle where the API puts it inside the tweet."},
			{Name: "created_at", Type: Time, Doc: "When it was posted."},
			{Name: "conversation_id", Type: ID, Link: "tweets", Doc: "Tweet that started the thread."},
			{Name: "in_reply_to_user_id", Type: ID, Ref: "users", Listing: tweetDialectOnly, Doc: "User it replies to; NULL when not a reply."},
			{Name: "community_id", Type: Text, Doc: "Community it was posted in."},
			{Name: "lang", Type: Text, Enum: true, Doc: "Language as detected, BCP 47; und when unknown."},
			{Name: "source", Type: Text, Enum: true, Doc: "App it was posted with; mostly absent since December 2022."},
			{Name: "possibly_sensitive", Type: Bool, Doc: "Whether it links to content marked as sensitive."},
			{Name: "paid_partnership", Type: Bool, Doc: "Whether it is marked as a paid partnership."},
			{Name: "reply_settings", Type: Text, Enum: true, Doc: "Who can reply: everyone, mentionedUsers, following, subscribers, verified or other."},
			{Name: "card_uri", Type: Text, Doc: "Card attached to it."},
			{Name: "retweet_count", Type: Int, Path: "public_metrics.retweet_count|public_metrics.repost_count", Doc: "Retweets when fetched."},
			{Name: "reply_count", Type: Int, Path: "public_metrics.reply_count", Doc: "Replies when fetched."},
			{Name: "like_count", Type: Int, Path: "public_metrics.like_count", Doc: "Likes when fetched."},
			{Name: "quote_count", Type: Int, Path: "public_metrics.quote_count", Doc: "Quotes when fetched."},
			{Name: "bookmark_count", Type: Int, Path: "public_metrics.bookmark_count", Doc: "Bookmarks when fetched; NULL in older answers."},
			{Name: "impression_count", Type: Int, Path: "public_metrics.impression_count", Doc: "Views when fetched; NULL in older answers."},
			{Name: "is_edit_eligible", Type: Bool, Path: "edit_controls.is_edit_eligible", Doc: "Whether it could be edited when posted."},
			{Name: "editable_until", Type: Time, Path: "edit_controls.editable_until", Doc: "End of its editing time."},
			{Name: "edits_remaining", Type: Int, Path: "edit_controls.edits_remaining", Doc: "Edits left."},
			{Name: "note_text", Type: Text, Path: "note_tweet.text|note_post.text", Doc: "Full text where it is longer than 280 characters, otherwise NULL."},
			{Name: "display_start", Type: Int, Path: "display_text_range[0]", Doc: "First displayed character of text."},
			{Name: "display_end", Type: Int, Path: "display_text_range[1]", Doc: "Character after the last displayed one."},
			{Name: "geo_place_id", Type: Text, Path: "geo.place_id", Ref: "places", Doc: "Place it is tagged with."},
			{Name: "geo_type", Type: Text, Enum: true, Path: "geo.coordinates.type", Doc: "Kind of the coordinates: Point."},
			{Name: "geo_lon", Type: Float, Path: "geo.coordinates.coordinates[0]", Doc: "Longitude in degrees."},
			{Name: "geo_lat", Type: Float, Path: "geo.coordinates.coordinates[1]", Doc: "Latitude in degrees."},
			{Name: "withheld_scope", Type: Text, Enum: true, Path: "withheld.scope", Doc: "What is withheld, as sent: tweet, post or user; NULL when nothing is."},
			{Name: "withheld_copyright", Type: Bool, Path: "withheld.copyright", Doc: "Whether it is withheld over copyright."},
			{Name: "scopes_followers", Type: Bool, Path: "scopes.followers", Doc: "Whether it is for followers only."},
			{Name: "article_title", Type: Text, Path: "article.title|article_title.title|article_title", Doc: "Title of the long-form article it carries."},
			{Name: "article_text", Type: Text, Path: "article.plain_text", Doc: "Text of that article."},
			{Name: "article_preview", Type: Text, Path: "article.preview_text", Doc: "Preview of that article."},
			{Name: "article_json", Type: JSON, Path: "article", Doc: "The article object as received."},
			{Name: "matched_media_notes", Type: JSON, Listing: Listing{Skip: true}, Doc: "Community Notes matched to its media, as received; not asked for by default."},
			{Name: "note_request_suggestions", Type: JSON, Listing: Listing{Skip: true}, Doc: "Suggested Community Notes, as received; not asked for by default."},
		}, append(ownerMetrics(
			[]string{"impression_count", "like_count", "reply_count", "retweet_count", "url_link_clicks", "user_profile_clicks"}), extras)...),
	},
	{
		Name: "tweet_snapshots", Object: Tweet, Mode: Every, Key: []string{"tweet_id", "observed_at"},
		Grain: "tweet and sighting",
		Doc:   "Every sighting of every tweet: the time series of its public counts. Since revision 4.",
		Columns: []Column{
			{Name: "tweet_id", Type: ID, Path: "id", Ref: "tweets", Doc: "The tweet."},
			{Name: "observed_at", Type: Time, From: Envelope, Path: "fetched_at", Doc: "When it was seen so."},
			{Name: "retweet_count", Type: Int, Path: "public_metrics.retweet_count|public_metrics.repost_count", Doc: "Retweets at that time."},
			{Name: "reply_count", Type: Int, Path: "public_metrics.reply_count", Doc: "Replies at that time."},
			{Name: "like_count", Type: Int, Path: "public_metrics.like_count", Doc: "Likes at that time."},
			{Name: "quote_count", Type: Int, Path: "public_metrics.quote_count", Doc: "Quotes at that time."},
			{Name: "bookmark_count", Type: Int, Path: "public_metrics.bookmark_count", Doc: "Bookmarks at that time."},
			{Name: "impression_count", Type: Int, Path: "public_metrics.impression_count", Doc: "Views at that time."},
		},
	},
	{
		Name: "tweet_references", Key: []string{"tweet_id", "type", "referenced_tweet_id"},
		Grain:   "tweet and tweet it refers to",
		Doc:     "What a tweet quotes, retweets or replies to.",
		Sources: []Source{{Object: Tweet, Path: "referenced_tweets|referenced_posts", Listing: tweetDialectOnly, Absent: Absence{Empty: true, Why: "there while the tweet refers to any"}}},
		Columns: []Column{
			{Name: "tweet_id", Type: ID, From: ParentKey, Ref: "tweets", Doc: "The tweet."},
			{Name: "type", Type: Text, Enum: true, Doc: "retweeted, quoted or replied_to."},
			{Name: "referenced_tweet_id", Type: ID, Path: "id", Ref: "tweets", Doc: "The tweet referred to."},
			{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list, from 0."},
			extras,
		},
	},
	tweetList(Table{Name: "tweet_edit_history", Grain: "tweet and version of it", Doc: "Versions of a tweet, its own id included."},
		Column{Name: "version_tweet_id", Link: "tweets", Doc: "Id of that version."},
		Source{Path: "edit_history_tweet_ids|edit_history_post_ids", Listing: tweetDialectOnly, Absent: Absence{Why: "a tweet is a version of itself, so none is without"}}),
	tweetList(Table{Name: "tweet_media", Grain: "tweet and photo, video or GIF", Doc: "Photos, videos and GIFs attached to a tweet."},
		Column{Name: "media_key", Ref: "media", Doc: "The media."},
		Source{Path: "attachments.media_keys", Absent: attached}),
	tweetList(Table{Name: "tweet_polls", Grain: "tweet and poll", Doc: "Polls attached to a tweet."},
		Column{Name: "poll_id", Ref: "polls", Doc: "The poll."},
		Source{Path: "attachments.poll_ids", Absent: attached}),
	tweetList(Table{Name: "tweet_media_sources", Grain: "tweet and tweet its media come from", Doc: "Tweets that a tweet's media come from."},
		Column{Name: "source_tweet_id", Link: "tweets", Doc: "The tweet that first had the media."},
		Source{Path: "attachments.media_source_tweet_id|attachments.media_source_tweet", Absent: attached}),
	tweetList(Table{Name: "tweet_withheld_countries", Grain: "tweet and country", Doc: "Countries in which a tweet is withheld."},
		Column{Name: "country_code", Doc: "Two-letter country code."},
		Source{Path: "withheld.country_codes", Absent: Absence{Empty: true, Why: "withheld is there for what is withheld"}}),
	{
		Name: "tweet_article_media", Key: []string{"tweet_id", "kind", "ordinal"},
		Grain: "picture or video in a tweet's article",
		Doc:   "Media of the long-form article a tweet carries.",
		Sources: []Source{
			{Object: Tweet, Path: "article.cover_media", Set: map[string]string{"kind": "cover"}, Absent: inArticle},
			{Object: Tweet, Path: "article.media_entities", Set: map[string]string{"kind": "media"}, Absent: inArticle},
		},
		Columns: []Column{
			{Name: "tweet_id", Type: ID, From: ParentKey, Ref: "tweets", Doc: "The tweet."},
			{Name: "kind", Type: Text, From: Const, Enum: true, Doc: "cover or media."},
			{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list, from 0."},
			{Name: "media_key", Type: ID, Path: "$|media_key|media_id|id", Ref: "media", Doc: "The media."},
			extras,
		},
	},
	{
		Name: "tweet_entities", Key: []string{"tweet_id", "section", "kind", "ordinal"},
		Grain:   "link, hashtag, cashtag, mention or annotation in a tweet",
		Doc:     "Links, hashtags, cashtags, mentions and annotations in a tweet. Offsets count Unicode code points.",
		Sources: entitySources(Tweet, map[string]string{"text": "entities", "note": "note_tweet.entities|note_post.entities"}),
		Columns: entityColumns("tweet_id", "tweets", "text, or note for the full text of a long tweet."),
	},
	{
		Name: "entity_url_images", Key: []string{"owner_type", "owner_id", "section", "ordinal", "image_ordinal"},
		Grain:   "preview image of a link",
		Doc:     "Preview images of the links in tweet_entities and user_entities.",
		Sources: imageSources(),
		Columns: []Column{
			{Name: "owner_type", Type: Text, From: Const, Enum: true, Doc: "tweet or user."},
			{Name: "owner_id", Type: ID, From: ParentKey, Doc: "Id of that tweet or user."},
			{Name: "section", Type: Text, From: Const, Enum: true, Doc: "Section of the link."},
			{Name: "ordinal", Type: Int, From: ParentOrdinal, Doc: "Position of the link among the section's links."},
			{Name: "image_ordinal", Type: Int, From: Ordinal, Doc: "Position of the image, from 0."},
			{Name: "url", Type: Text, Doc: "The image."},
			{Name: "width", Type: Int, Doc: "Width in pixels."},
			{Name: "height", Type: Int, Doc: "Height in pixels."},
			extras,
		},
	},
	{
		Name: "tweet_context_annotations", Key: []string{"tweet_id", "ordinal"},
		Grain:   "subject X sees in a tweet",
		Doc:     "What X thinks a tweet is about. The API repeats some.",
		Sources: []Source{{Object: Tweet, Path: "context_annotations", Absent: unsaid}},
		Columns: []Column{
			{Name: "tweet_id", Type: ID, From: ParentKey, Ref: "tweets", Doc: "The tweet."},
			{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list, from 0."},
			{Name: "domain_id", Type: ID, Path: "domain.id", Enum: true, Doc: "Id of the kind of thing."},
			{Name: "domain_name", Type: Text, Path: "domain.name", Enum: true, Doc: "Kind of thing, such as Interests and Hobbies."},
			{Name: "domain_description", Type: Text, Path: "domain.description", Enum: true, Doc: "What that kind is."},
			{Name: "entity_id", Type: ID, Path: "entity.id", Doc: "Id of the thing."},
			{Name: "entity_name", Type: Text, Path: "entity.name", Doc: "The thing."},
			{Name: "entity_description", Type: Text, Path: "entity.description", Doc: "What the thing is; often NULL."},
			extras,
		},
	},
	{
		Name: "tweet_media_metadata", Key: []string{"tweet_id", "ordinal"},
		Grain:   "description of a medium in a tweet",
		Doc:     "Descriptions a tweet gives to its media.",
		Sources: []Source{{Object: Tweet, Path: "media_metadata", Absent: unsaid}},
		Columns: []Column{
			{Name: "tweet_id", Type: ID, From: ParentKey, Ref: "tweets", Doc: "The tweet."},
			{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list, from 0."},
			{Name: "media_key", Type: Text, Ref: "media", Doc: "The media."},
			{Name: "alt_text", Type: Text, Doc: "Description for people who cannot see it."},
			{Name: "title", Type: Text, Doc: "Title."},
			{Name: "description", Type: Text, Doc: "Description."},
			extras,
		},
	},
	{
		Name: "tweet_suggested_links", Key: []string{"tweet_id", "kind", "ordinal"},
		Grain: "tweet and suggested link",
		Doc:   "Sources that readers suggested for a tweet.",
		Sources: []Source{
			{Object: Tweet, Path: "suggested_source_links", Set: map[string]string{"kind": "link"}, Absent: unsaid},
			{Object: Tweet, Path: "suggested_source_links_with_counts", Set: map[string]string{"kind": "counted"}, Absent: unsaid},
		},
		Columns: []Column{
			{Name: "tweet_id", Type: ID, From: ParentKey, Ref: "tweets", Doc: "The tweet."},
			{Name: "kind", Type: Text, From: Const, Enum: true, Doc: "link, or counted for those that come with a count."},
			{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list, from 0."},
			{Name: "url", Type: Text, Path: "$|url.url|url", Doc: "The link."},
			{Name: "count", Type: Int, Doc: "People who suggested it (counted)."},
			{Name: "start", Type: Int, Path: "start|url.start", Doc: "First character of the link."},
			{Name: "end", Type: Int, Path: "end|url.end", Doc: "Character after the link."},
			{Name: "expanded_url", Type: Text, Path: "expanded_url|url.expanded_url", Doc: "Where the link leads."},
			{Name: "display_url", Type: Text, Path: "display_url|url.display_url", Doc: "Link as clients show it."},
			{Name: "unwound_url", Type: Text, Path: "unwound_url|url.unwound_url", Doc: "Where it ends up after redirects."},
			{Name: "title", Type: Text, Path: "title|url.title", Doc: "Title of the page linked to."},
			{Name: "description", Type: Text, Path: "description|url.description", Doc: "Description of the page linked to."},
			{Name: "status", Type: Int, Path: "status|url.status", Doc: "HTTP status of the page linked to."},
			extras,
		},
	},
}

// tweetList declares a table for a list of plain values in a tweet.
func tweetList(t Table, value Column, source Source) *Table {
	source.Object, value.Type, value.Path = Tweet, ID, "$"
	t.Key, t.Sources = []string{"tweet_id", value.Name}, []Source{source}
	t.Columns = []Column{
		{Name: "tweet_id", Type: ID, From: ParentKey, Ref: "tweets", Doc: "The tweet."},
		value,
		{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list, from 0."},
	}
	return &t
}

// ownerMetrics are the metrics that only the owner's token sees.
func ownerMetrics(names []string) []Column {
	var columns []Column
	for _, group := range []string{"non_public", "organic", "promoted"} {
		for _, name := range names {
			path := group + "_metrics." + name
			if name == "retweet_count" {
				path += "|" + group + "_metrics.repost_count"
			}
			columns = append(columns, Column{
				Name: group + "_" + name, Type: Int, Path: path, Listing: Listing{Private: true},
				Doc: "The API's " + group + "_metrics." + name + "; only with the author's token.",
			})
		}
	}
	return columns
}
