package schemas

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// The lists of the published specification, 2.166 and 2.167.
var published = map[Object]map[Dialect]string{
	Space: {
		TweetDialect: "created_at, creator_id, ended_at, host_ids, id, invited_user_ids, is_ticketed, lang, participant_count, scheduled_start, speaker_ids, started_at, state, subscriber_count, title, topic_ids, updated_at",
		PostDialect:  "created_at, ended_at, id, is_ticketed, lang, participant_count, scheduled_start, started_at, state, subscriber_count, title, updated_at",
	},
	User: {
		TweetDialect: "affiliation, connection_status, created_at, description, entities, id, is_identity_verified, location, most_recent_tweet_id, name, parody, pinned_tweet_id, profile_banner_url, profile_image_url, protected, public_metrics, receives_your_dm, subscription, subscription_type, url, username, verified, verified_followers_count, verified_type, withheld",
		PostDialect:  "connection_status, created_at, description, entities, id, is_identity_verified, location, name, parody, profile_banner_url, profile_image_url, protected, public_metrics, receives_your_dm, subscriber_count, subscribes_to_you, subscription, subscription_type, url, username, verified, verified_followers_count, verified_type, withheld",
	},
	Topic: {TweetDialect: "description, id, name", PostDialect: "description, id, name"},
	Tweet: {
		TweetDialect: "article, attachments, author_id, card_uri, community_id, context_annotations, conversation_id, created_at, display_text_range, edit_controls, edit_history_tweet_ids, entities, geo, id, in_reply_to_user_id, lang, matched_media_notes, media_metadata, non_public_metrics, note_request_suggestions, note_tweet, organic_metrics, paid_partnership, possibly_sensitive, promoted_metrics, public_metrics, referenced_tweets, reply_settings, scopes, source, suggested_source_links, suggested_source_links_with_counts, text, withheld",
		PostDialect:  "article, article_title, attachments, card_uri, community_id, context_annotations, conversation_id, created_at, display_text_range, edit_controls, entities, geo, id, lang, matched_media_notes, media_metadata, non_public_metrics, note_post, note_request_suggestions, organic_metrics, paid_partnership, possibly_sensitive, promoted_metrics, public_metrics, reply_settings, scopes, source, suggested_source_links, suggested_source_links_with_counts, text, withheld",
	},
	Media: {
		TweetDialect: "alt_text, duration_ms, height, media_key, non_public_metrics, organic_metrics, preview_image_url, promoted_metrics, public_metrics, type, url, variants, width",
		PostDialect:  "alt_text, duration_ms, height, media_key, non_public_metrics, organic_metrics, preview_image_url, promoted_metrics, public_metrics, type, url, variants, width",
	},
	Poll:  {TweetDialect: "duration_minutes, end_datetime, id, options, voting_status", PostDialect: "duration_minutes, end_datetime, id, options, voting_status"},
	Place: {TweetDialect: "contained_within, country, country_code, full_name, geo, id, name, place_type", PostDialect: "contained_within, country, country_code, full_name, geo, id, name, place_type"},
}

// confirmed_email is the one published field that no column may hold.
func TestColumnsTakeEveryPublishedField(t *testing.T) {
	for object, dialects := range published {
		for dialect, list := range dialects {
			want := strings.Split(list, ", ")
			slices.Sort(want)
			if got := Fields(object, dialect, true, true); !slices.Equal(got, want) {
				t.Errorf("%s in the %s dialect:\n got %v\nwant %v", object, dialect, got, want)
			}
		}
	}
}

func TestPrivateFieldsAreNotAskedForByDefault(t *testing.T) {
	private := map[Object][]string{
		Space: {"subscriber_count"},
		User:  {"connection_status", "receives_your_dm"},
		Tweet: {"non_public_metrics", "organic_metrics", "promoted_metrics"},
		Media: {"non_public_metrics", "organic_metrics", "promoted_metrics"},
	}
	for object, names := range private {
		with, without := Fields(object, TweetDialect, true, false), Fields(object, TweetDialect, false, false)
		for _, name := range names {
			if slices.Contains(without, name) || !slices.Contains(with, name) {
				t.Errorf("%s.%s: asked for by default %v, with private %v", object, name, slices.Contains(without, name), slices.Contains(with, name))
			}
		}
	}
}

func TestTablesAreWellFormed(t *testing.T) {
	names := map[string]bool{}
	for _, table := range Tables() {
		if names[table.Name] {
			t.Errorf("table %s is declared twice", table.Name)
		}
		names[table.Name] = true
		checkTable(t, table)
	}
	for _, table := range Tables() {
		for _, c := range table.Columns {
			if c.Refers() != "" && !names[c.Refers()] || c.Ref != "" && c.Link != "" {
				t.Errorf("%s.%s refers to unknown table %s, or to two", table.Name, c.Name, c.Refers())
			}
		}
	}
}

func checkTable(t *testing.T, table *Table) {
	t.Helper()
	if len(table.Key) == 0 || table.Doc == "" {
		t.Errorf("%s: no key or no doc", table.Name)
	}
	if (table.Object == "") == (len(table.Sources) == 0) {
		t.Errorf("%s: wants either an object or sources", table.Name)
	}
	if table.Grain == "" || strings.HasSuffix(table.Grain, ".") {
		t.Errorf("%s: does not say what one row is: %q", table.Name, table.Grain)
	}
	for _, k := range table.Key {
		if table.Column(k) < 0 {
			t.Errorf("%s: key column %s is not declared", table.Name, k)
		}
	}
	columns := map[string]bool{}
	for _, c := range table.Columns {
		if columns[c.Name] || c.Doc == "" || !strings.HasSuffix(c.Doc, ".") && !strings.HasSuffix(c.Doc, "…") {
			t.Errorf("%s.%s: declared twice, or its doc is not a sentence: %q", table.Name, c.Name, c.Doc)
		}
		columns[c.Name] = true
		for _, s := range table.Sources {
			if c.From == Const && s.Set[c.Name] == "" {
				t.Errorf("%s.%s: source %s does not set it", table.Name, c.Name, s.Path)
			}
		}
	}
}

func TestRequestIDsAreStable(t *testing.T) {
	r := Request{Endpoint: Buyers, IDs: []string{"1SLjjRYNejbKM"}, Token: "ayf96h94ritk", Offset: 100}
	same, other := r, r
	same.IDs = slices.Clone(r.IDs)
	other.Token = ""
	if r.ID() != same.ID() || r.ID() == other.ID() || len(r.ID()) != 26 {
		t.Errorf("ids %s, %s, %s", r.ID(), same.ID(), other.ID())
	}
}

// A request with its creator is the same request: pages of earlier runs, which
// knew less, are found again.
func TestTheCreatorIsNotPartOfARequest(t *testing.T) {
	r := Request{Endpoint: Buyers, IDs: []string{"1SLjjRYNejbKM"}}
	known := r
	known.Creator = "2244994945"
	text, err := json.Marshal(known)
	if err != nil || string(text) != `{"endpoint":"buyers","ids":["1SLjjRYNejbKM"]}` {
		t.Errorf("written as %s, %v", text, err)
	}
	if want := "yzmxwolze4nrjgs7grfbnxy36q"; r.ID() != want || known.ID() != want {
		t.Errorf("ids %s and with the creator %s, want %s", r.ID(), known.ID(), want)
	}
}
