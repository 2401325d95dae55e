package schemas

// tweetDialectOnly marks fields that only the tweet dialect lists; the post dialect has
// them as expansions.
var tweetDialectOnly = Listing{Only: TweetDialect}

var userTables = []*Table{
	{
		Name: "users", Object: User, Key: []string{"user_id"}, Versioned: true,
		Grain: "account",
		Later: []Column{
			{Name: "subscriber_count", Type: Int, Listing: Listing{Only: PostDialect}, Doc: "Premium subscribers of the account. Since revision 3."},
		},
		Doc: "Accounts, one row per user as last seen. A user can be referred to and missing here: suspended, protected or deleted.",
		Columns: []Column{
			{Name: "user_id", Type: ID, Path: "id", Doc: "Id of the account; does not change."},
			{Name: "username", Type: Text, Doc: "Handle without @; can change."},
			{Name: "name", Type: Text, Doc: "Display name."},
			{Name: "created_at", Type: Time, Doc: "When the account was created."},
			{Name: "description", Type: Text, Doc: "Profile text; NULL when empty."},
			{Name: "location", Type: Text, Doc: "Free text from the profile."},
			{Name: "url", Type: Text, Doc: "Website in the profile, as the short link."},
			{Name: "protected", Type: Bool, Doc: "Whether tweets are visible to followers only."},
			{Name: "verified", Type: Bool, Doc: "Whether the account has a check mark."},
			{Name: "verified_type", Type: Text, Enum: true, Doc: "blue, business, government or none."},
			{Name: "verified_followers_count", Type: Int, Doc: "Followers who are verified."},
			{Name: "is_identity_verified", Type: Bool, Doc: "Whether X checked an identity document."},
			{Name: "parody", Type: Bool, Doc: "Whether the account declares itself a parody."},
			{Name: "subscription_type", Type: Text, Enum: true, Doc: "Basic, Premium, PremiumPlus or None."},
			{Name: "subscription_subscribes_to_you", Type: Bool, Path: "subscription.subscribes_to_you", Doc: "Whether the account subscribes to the token's user."},
			{Name: "subscribes_to_you", Type: Bool, Listing: Listing{Only: PostDialect}, Doc: "The same, as spelled by the post dialect."},
			{Name: "receives_your_dm", Type: Bool, Listing: Listing{Private: true}, Doc: "Whether the account accepts messages from the token's user; only with a user token."},
			{Name: "profile_image_url", Type: Text, Doc: "Profile picture; the suffix _normal is the small size."},
			{Name: "profile_banner_url", Type: Text, Doc: "Banner picture."},
			{Name: "pinned_tweet_id", Type: ID, Path: "pinned_tweet_id|pinned_post_id", Ref: "tweets", Listing: tweetDialectOnly, Doc: "Tweet pinned to the profile; NULL when none."},
			{Name: "most_recent_tweet_id", Type: ID, Path: "most_recent_tweet_id|most_recent_post_id", Ref: "tweets", Listing: tweetDialectOnly, Doc: "Latest tweet of the account."},
			{Name: "followers_count", Type: Int, Path: "public_metrics.followers_count", Doc: "Followers when fetched."},
			{Name: "following_count", Type: Int, Path: "public_metrics.following_count", Doc: "Accounts followed when fetched."},
			{Name: "tweet_count", Type: Int, Path: "public_metrics.tweet_count|public_metrics.post_count", Doc: "Tweets written, retweets included."},
			{Name: "listed_count", Type: Int, Path: "public_metrics.listed_count", Doc: "Lists the account is on."},
			{Name: "like_count", Type: Int, Path: "public_metrics.like_count", Doc: "Likes given; NULL in older answers."},
			{Name: "media_count", Type: Int, Path: "public_metrics.media_count", Doc: "Photos and videos posted; NULL where the API leaves it out."},
			{Name: "affiliation_description", Type: Text, Path: "affiliation.description", Listing: tweetDialectOnly, Doc: "Name of the organisation the account belongs to."},
			{Name: "affiliation_url", Type: Text, Path: "affiliation.url", Listing: tweetDialectOnly, Doc: "Profile of that organisation."},
			{Name: "affiliation_badge_url", Type: Text, Path: "affiliation.badge_url", Listing: tweetDialectOnly, Doc: "Badge picture of that organisation."},
			{Name: "withheld_scope", Type: Text, Enum: true, Path: "withheld.scope", Doc: "What is withheld, as sent: user, tweet or post; NULL when nothing is."},
			extras,
		},
	},
	{
		Name: "user_affiliations", Key: []string{"user_id", "affiliated_user_id"},
		Grain:   "account and organisation",
		Doc:     "Organisations an account is affiliated with.",
		Sources: []Source{{Object: User, Path: "affiliation.user_id", Listing: tweetDialectOnly, Absent: Absence{Empty: true, Why: "the affiliation is there while the account has one"}}},
		Columns: []Column{
			{Name: "user_id", Type: ID, From: ParentKey, Ref: "users", Doc: "The account."},
			{Name: "affiliated_user_id", Type: ID, Path: "$", Link: "users", Doc: "The organisation's account."},
			{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list, from 0."},
		},
	},
	{
		Name: "user_entities", Key: []string{"user_id", "section", "kind", "ordinal"},
		Grain:   "link, hashtag, cashtag or mention in a profile",
		Doc:     "Links, hashtags, cashtags and mentions in a user's profile. Offsets count Unicode code points.",
		Sources: entitySources(User, map[string]string{"url": "entities.url", "description": "entities.description"}),
		Columns: entityColumns("user_id", "users", "url (the website field) or description."),
	},
	{
		Name: "user_withheld_countries", Key: []string{"user_id", "country_code"},
		Grain:   "account and country",
		Doc:     "Countries in which an account is withheld.",
		Sources: []Source{{Object: User, Path: "withheld.country_codes", Absent: Absence{Empty: true, Why: "withheld is there for what is withheld"}}},
		Columns: []Column{
			{Name: "user_id", Type: ID, From: ParentKey, Ref: "users", Doc: "The account."},
			{Name: "country_code", Type: Text, Enum: true, Path: "$", Doc: "Two-letter country code; XX and XY stand for all countries and a DMCA request."},
			{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list, from 0."},
		},
	},
	{
		Name: "user_connection_status", Key: []string{"user_id", "status"},
		Grain:   "account and relation",
		Doc:     "Relations between an account and the token's user; only with a user token and when the job asks for private fields.",
		Sources: []Source{{Object: User, Path: "connection_status", Listing: Listing{Private: true}, Absent: Absence{Why: "shown only to the token of a user"}}},
		Columns: []Column{
			{Name: "user_id", Type: ID, From: ParentKey, Ref: "users", Doc: "The account."},
			{Name: "status", Type: Text, Enum: true, Path: "$", Doc: "following, followed_by, follow_request_sent, follow_request_received, blocking or muting."},
			{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list, from 0."},
		},
	},
}
