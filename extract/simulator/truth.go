package simulator

import "time"

// The truth types say what the world is, free of dialects and rendering. A
// nil pointer, slice or map is a thing that is absent; times are UTC; offsets
// of entities count code points. The JSON names are those of the tweet
// dialect, for the control endpoint.

// Space is a Space as it is. SubscriberCount always exists but is only shown
// to the creator's own token.
type Space struct {
	ID               string     `json:"id"`
	State            string     `json:"state"`
	Title            *string    `json:"title,omitempty"`
	CreatedAt        time.Time  `json:"created_at"`
	ScheduledStart   *time.Time `json:"scheduled_start,omitempty"`
	StartedAt        *time.Time `json:"started_at,omitempty"`
	EndedAt          *time.Time `json:"ended_at,omitempty"`
	UpdatedAt        time.Time  `json:"updated_at"`
	Lang             string     `json:"lang"`
	IsTicketed       bool       `json:"is_ticketed"`
	ParticipantCount int64      `json:"participant_count"`
	SubscriberCount  int64      `json:"subscriber_count"`
	CreatorID        string     `json:"creator_id"`
	HostIDs          []string   `json:"host_ids,omitempty"`
	SpeakerIDs       []string   `json:"speaker_ids,omitempty"`
	InvitedUserIDs   []string   `json:"invited_user_ids,omitempty"`
	TopicIDs         []string   `json:"topic_ids,omitempty"`
}

// Topic is a subject of Spaces.
type Topic struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description *string `json:"description,omitempty"`
}

// User is an account. ReceivesYourDM, SubscribesToYou and ConnectionStatus
// are shown to user tokens only, Metrics.Media in the post dialect only.
type User struct {
	ID                     string        `json:"id"`
	Username               string        `json:"username"`
	Name                   string        `json:"name"`
	CreatedAt              time.Time     `json:"created_at"`
	Description            *string       `json:"description,omitempty"`
	Location               *string       `json:"location,omitempty"`
	URL                    *string       `json:"url,omitempty"`
	Protected              bool          `json:"protected"`
	Verified               bool          `json:"verified"`
	VerifiedType           string        `json:"verified_type"`
	VerifiedFollowersCount int64         `json:"verified_followers_count"`
	Parody                 bool          `json:"parody"`
	IsIdentityVerified     bool          `json:"is_identity_verified"`
	SubscriptionType       string        `json:"subscription_type"`
	ReceivesYourDM         bool          `json:"receives_your_dm"`
	SubscribesToYou        bool          `json:"subscribes_to_you"`
	SubscriberCount        int64         `json:"subscriber_count"` // shown in the post dialect only
	ConnectionStatus       []string      `json:"connection_status,omitempty"`
	ProfileImageURL        string        `json:"profile_image_url"`
	ProfileBannerURL       *string       `json:"profile_banner_url,omitempty"`
	PinnedTweetID          *string       `json:"pinned_tweet_id,omitempty"`
	MostRecentTweetID      *string       `json:"most_recent_tweet_id,omitempty"`
	Metrics                UserMetrics   `json:"public_metrics"`
	Affiliation            *Affiliation  `json:"affiliation,omitempty"`
	Entities               *UserEntities `json:"entities,omitempty"`
	Withheld               *Withheld     `json:"withheld,omitempty"`
}

// UserMetrics are the public counts of a user.
type UserMetrics struct {
	Followers int64  `json:"followers_count"`
	Following int64  `json:"following_count"`
	Tweets    int64  `json:"tweet_count"`
	Listed    int64  `json:"listed_count"`
	Likes     *int64 `json:"like_count,omitempty"`
	Media     int64  `json:"media_count"`
}

// Affiliation is the badge of an organisation.
type Affiliation struct {
	BadgeURL    string   `json:"badge_url"`
	Description string   `json:"description"`
	URL         string   `json:"url"`
	UserIDs     []string `json:"user_id"`
}

// UserEntities are the entities of a profile's link and description.
type UserEntities struct {
	URL         *Entities `json:"url,omitempty"`
	Description *Entities `json:"description,omitempty"`
}

// Withheld says where something is hidden.
type Withheld struct {
	Copyright    *bool    `json:"copyright,omitempty"` // tweets only
	CountryCodes []string `json:"country_codes"`
	Scope        string   `json:"scope"` // user or tweet; the post dialect says post
}

// Tweet is a post. NonPublicMetrics and OrganicMetrics are shown to the
// author's own token only.
type Tweet struct {
	ID                string              `json:"id"`
	Text              string              `json:"text"`
	AuthorID          string              `json:"author_id"`
	AuthorUsername    string              `json:"username"`
	ConversationID    string              `json:"conversation_id"`
	CreatedAt         time.Time           `json:"created_at"`
	InReplyToUserID   *string             `json:"in_reply_to_user_id,omitempty"`
	CommunityID       *string             `json:"community_id,omitempty"`
	Lang              string              `json:"lang"`
	Source            *string             `json:"source,omitempty"`
	PossiblySensitive bool                `json:"possibly_sensitive"`
	PaidPartnership   *bool               `json:"paid_partnership,omitempty"`
	ReplySettings     string              `json:"reply_settings"`
	CardURI           *string             `json:"card_uri,omitempty"`
	Metrics           TweetMetrics        `json:"public_metrics"`
	NonPublicMetrics  map[string]int64    `json:"non_public_metrics,omitempty"`
	OrganicMetrics    map[string]int64    `json:"organic_metrics,omitempty"`
	EditControls      EditControls        `json:"edit_controls"`
	EditHistoryIDs    []string            `json:"edit_history_tweet_ids"`
	References        []Reference         `json:"referenced_tweets,omitempty"`
	MediaKeys         []string            `json:"media_keys,omitempty"`
	PollIDs           []string            `json:"poll_ids,omitempty"`
	MediaSourceIDs    []string            `json:"media_source_tweet_id,omitempty"`
	Entities          *Entities           `json:"entities,omitempty"`
	NoteText          *string             `json:"note_text,omitempty"`
	NoteEntities      *Entities           `json:"note_entities,omitempty"`
	Annotations       []ContextAnnotation `json:"context_annotations,omitempty"`
	PlaceID           *string             `json:"place_id,omitempty"`
	Coordinates       *[2]float64         `json:"coordinates,omitempty"` // longitude, latitude
	Withheld          *Withheld           `json:"withheld,omitempty"`
	Article           *Article            `json:"article,omitempty"`
	MediaMetadata     []MediaMetadata     `json:"media_metadata,omitempty"`
	DisplayTextRange  [2]int              `json:"display_text_range"`
	ScopesFollowers   *bool               `json:"scopes_followers,omitempty"`
	SourceLinks       []string            `json:"suggested_source_links,omitempty"`
	SourceLinkCounts  []SourceLinkCount   `json:"suggested_source_links_with_counts,omitempty"`
}

// TweetMetrics are the public counts of a tweet.
type TweetMetrics struct {
	Retweets    int64  `json:"retweet_count"`
	Replies     int64  `json:"reply_count"`
	Likes       int64  `json:"like_count"`
	Quotes      int64  `json:"quote_count"`
	Bookmarks   *int64 `json:"bookmark_count,omitempty"`
	Impressions *int64 `json:"impression_count,omitempty"`
}

// EditControls say whether a tweet can still be edited.
type EditControls struct {
	IsEditEligible bool      `json:"is_edit_eligible"`
	EditableUntil  time.Time `json:"editable_until"`
	EditsRemaining int64     `json:"edits_remaining"`
}

// Reference names another tweet; Type is replied_to or quoted.
type Reference struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// ContextAnnotation is a subject the service saw in a tweet.
type ContextAnnotation struct {
	Domain AnnotationPart `json:"domain"`
	Entity AnnotationPart `json:"entity"`
}

// AnnotationPart is one half of a ContextAnnotation.
type AnnotationPart struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description *string `json:"description,omitempty"`
}

// Article is a long-form text.
type Article struct {
	Title         string    `json:"title"`
	PlainText     string    `json:"plain_text"`
	PreviewText   string    `json:"preview_text"`
	CoverMedia    *string   `json:"cover_media,omitempty"`
	MediaEntities []string  `json:"media_entities,omitempty"`
	Entities      *Entities `json:"entities,omitempty"`
}

// MediaMetadata describes a media item in the tweet that shows it.
type MediaMetadata struct {
	MediaKey    string  `json:"media_key"`
	AltText     *string `json:"alt_text,omitempty"`
	Title       *string `json:"title,omitempty"`
	Description *string `json:"description,omitempty"`
}

// SourceLinkCount is a suggested link and how often it was suggested.
type SourceLinkCount struct {
	URL   string `json:"url"`
	Count int64  `json:"count"`
}
