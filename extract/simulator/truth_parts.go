package simulator

import "time"

// Entities are the marked parts of a text.
type Entities struct {
	URLs        []URLEntity        `json:"urls,omitempty"`
	Hashtags    []TagEntity        `json:"hashtags,omitempty"`
	Cashtags    []TagEntity        `json:"cashtags,omitempty"`
	Mentions    []MentionEntity    `json:"mentions,omitempty"`
	Annotations []AnnotationEntity `json:"annotations,omitempty"`
}

// URLEntity is a link in a text; End is exclusive.
type URLEntity struct {
	Start       int        `json:"start"`
	End         int        `json:"end"`
	URL         string     `json:"url"`
	ExpandedURL string     `json:"expanded_url"`
	DisplayURL  string     `json:"display_url"`
	UnwoundURL  *string    `json:"unwound_url,omitempty"`
	Title       *string    `json:"title,omitempty"`
	Description *string    `json:"description,omitempty"`
	Status      *int64     `json:"status,omitempty"`
	MediaKey    *string    `json:"media_key,omitempty"`
	Images      []URLImage `json:"images,omitempty"`
}

// URLImage is a preview of a link.
type URLImage struct {
	URL    string `json:"url"`
	Width  int64  `json:"width"`
	Height int64  `json:"height"`
}

// TagEntity is a hashtag or a cashtag.
type TagEntity struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Tag   string `json:"tag"`
}

// MentionEntity is a user named in a text.
type MentionEntity struct {
	Start    int    `json:"start"`
	End      int    `json:"end"`
	Username string `json:"username"`
	ID       string `json:"id"`
}

// AnnotationEntity is a name the service saw in a text; End is inclusive.
type AnnotationEntity struct {
	Start          int     `json:"start"`
	End            int     `json:"end"`
	Type           string  `json:"type"`
	NormalizedText string  `json:"normalized_text"`
	Probability    float64 `json:"probability"`
}

// Media is a photo, video or animated_gif.
type Media struct {
	Key             string         `json:"media_key"`
	Type            string         `json:"type"`
	URL             *string        `json:"url,omitempty"`
	PreviewImageURL *string        `json:"preview_image_url,omitempty"`
	AltText         *string        `json:"alt_text,omitempty"`
	Width           int64          `json:"width"`
	Height          int64          `json:"height"`
	DurationMS      *int64         `json:"duration_ms,omitempty"`
	ViewCount       *int64         `json:"view_count,omitempty"`
	Variants        []MediaVariant `json:"variants,omitempty"`
}

// MediaVariant is one encoding of a video.
type MediaVariant struct {
	BitRate     *int64 `json:"bit_rate,omitempty"`
	ContentType string `json:"content_type"`
	URL         string `json:"url"`
}

// Poll is a question of two to four answers.
type Poll struct {
	ID              string       `json:"id"`
	VotingStatus    string       `json:"voting_status"`
	EndDatetime     time.Time    `json:"end_datetime"`
	DurationMinutes int64        `json:"duration_minutes"`
	Options         []PollOption `json:"options"`
}

// PollOption is an answer; Position starts at one.
type PollOption struct {
	Position int64  `json:"position"`
	Label    string `json:"label"`
	Votes    int64  `json:"votes"`
}

// Place is a named area.
type Place struct {
	ID              string      `json:"id"`
	FullName        string      `json:"full_name"`
	Name            string      `json:"name"`
	Country         string      `json:"country"`
	CountryCode     string      `json:"country_code"`
	PlaceType       string      `json:"place_type"`
	ContainedWithin []string    `json:"contained_within,omitempty"`
	BBox            *[4]float64 `json:"bbox,omitempty"`  // west, south, east, north
	Point           *[2]float64 `json:"point,omitempty"` // longitude, latitude; not shown in the post dialect
}
