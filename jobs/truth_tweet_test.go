package jobs_test

import (
	"encoding/json"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

func wantTweets(w *wanted) {
	w.each("tweet", func(id string, last sighting) {
		t := must(w, "tweet", id, w.world.Tweet)
		r := cells(
			"tweet_id", t.ID, "text", t.Text, "author_id", t.AuthorID, "created_at", t.CreatedAt, "conversation_id", t.ConversationID,
			"in_reply_to_user_id", t.InReplyToUserID, "community_id", t.CommunityID, "lang", t.Lang, "source", t.Source,
			"possibly_sensitive", t.PossiblySensitive, "paid_partnership", t.PaidPartnership, "reply_settings", t.ReplySettings,
			"card_uri", t.CardURI, "retweet_count", t.Metrics.Retweets, "reply_count", t.Metrics.Replies, "like_count", t.Metrics.Likes,
			"quote_count", t.Metrics.Quotes, "bookmark_count", t.Metrics.Bookmarks, "impression_count", t.Metrics.Impressions,
			"is_edit_eligible", t.EditControls.IsEditEligible, "editable_until", t.EditControls.EditableUntil,
			"edits_remaining", t.EditControls.EditsRemaining, "note_text", t.NoteText,
			"display_start", t.DisplayTextRange[0], "display_end", t.DisplayTextRange[1],
			"geo_place_id", t.PlaceID, "scopes_followers", t.ScopesFollowers,
		)
		// The post dialect has these by expansion only, and only the requests
		// for tweets expand tweets.
		linked := w.lastThat("tweet", id, func(a *answer) bool { return !w.post() || a.dataKind() == "tweet" })
		r.only(linked != nil, "author_id", "in_reply_to_user_id")
		r["author_username_hint"] = cellText(usernameHint(t, w.shown["tweet"][id]))
		if t.Article != nil && w.post() {
			title, _ := json.Marshal(t.Article.Title) // a text always marshals
			r["article_title_json"] = string(title)
		}
		w.addObject("tweets", last.answer, r.with(tweetParts(w, t)).with(wantOwnerCounts(w, t, last.answer)))
		if linked != nil {
			for i, ref := range t.References {
				w.add("tweet_references", linked, cells("tweet_id", id, "type", ref.Type, "referenced_tweet_id", ref.ID, "ordinal", i))
			}
		}
		for _, s := range w.shown["tweet"][id] {
			w.add("tweet_snapshots", s.answer, cells("tweet_id", t.ID, "observed_at", s.fetchedAt, "retweet_count", t.Metrics.Retweets, "reply_count", t.Metrics.Replies,
				"like_count", t.Metrics.Likes, "quote_count", t.Metrics.Quotes, "bookmark_count", t.Metrics.Bookmarks, "impression_count", t.Metrics.Impressions))
		}
		wantTweetLists(w, t, last.answer)
		wantTweetObjects(w, t, last.answer)
	})
}

// usernameHint stands in some tweets and not in others: what nobody asks for never
// goes by its absence.
func usernameHint(t simulator.Tweet, all []sighting) any {
	for _, s := range all {
		for _, o := range s.objects {
			if o.has("username") {
				return t.AuthorUsername
			}
		}
	}
	return nil
}

// tweetParts are the columns from objects inside a tweet.
func tweetParts(w *wanted, t simulator.Tweet) truthRow {
	r := truthRow{}
	if c := t.Coordinates; c != nil {
		r.with(cells("geo_type", "Point", "geo_lon", c[0], "geo_lat", c[1]))
	}
	if t.Withheld != nil {
		scope := t.Withheld.Scope
		if scope == "tweet" && w.post() {
			scope = "post"
		}
		r.with(cells("withheld_scope", scope, "withheld_copyright", t.Withheld.Copyright))
	}
	if a := t.Article; a != nil {
		text, _ := json.Marshal(a) // texts and numbers always marshal
		r.with(cells("article_title", a.Title, "article_text", a.PlainText, "article_preview", a.PreviewText,
			"article_json", canonicalJSON(string(text))))
	}
	return r
}

// wantOwnerCounts are for the author, who has to ask.
func wantOwnerCounts(w *wanted, t simulator.Tweet, a *answer) truthRow {
	r := truthRow{}
	if w.private && w.viewer(a) == t.AuthorID {
		for group, counts := range map[string]map[string]int64{"non_public_": t.NonPublicMetrics, "organic_": t.OrganicMetrics} {
			for name, n := range counts {
				r[group+name] = cellText(n)
			}
		}
	}
	return r
}

// wantTweetLists are the lists of plain values.
func wantTweetLists(w *wanted, t simulator.Tweet, a *answer) {
	owner := cells("tweet_id", t.ID)
	w.addEach("tweet_edit_history", a, "version_tweet_id", t.EditHistoryIDs, owner)
	w.addEach("tweet_media", a, "media_key", t.MediaKeys, owner)
	w.addEach("tweet_polls", a, "poll_id", t.PollIDs, owner)
	w.addEach("tweet_media_sources", a, "source_tweet_id", t.MediaSourceIDs, owner)
	if t.Withheld != nil {
		w.addEach("tweet_withheld_countries", a, "country_code", t.Withheld.CountryCodes, owner)
	}
	if t.Article != nil {
		w.addEach("tweet_article_media", a, "media_key", []string{*t.Article.CoverMedia}, cells("tweet_id", t.ID, "kind", "cover"))
		w.addEach("tweet_article_media", a, "media_key", t.Article.MediaEntities, cells("tweet_id", t.ID, "kind", "media"))
	}
}

// wantTweetObjects are the lists of objects.
func wantTweetObjects(w *wanted, t simulator.Tweet, a *answer) {
	add := func(table string, i int, pairs ...any) {
		w.add(table, a, cells("tweet_id", t.ID, "ordinal", i).with(cells(pairs...)))
	}
	for i, n := range t.Annotations {
		add("tweet_context_annotations", i,
			"domain_id", n.Domain.ID, "domain_name", n.Domain.Name, "domain_description", n.Domain.Description,
			"entity_id", n.Entity.ID, "entity_name", n.Entity.Name, "entity_description", n.Entity.Description)
	}
	for i, m := range t.MediaMetadata {
		add("tweet_media_metadata", i, "media_key", m.MediaKey, "alt_text", m.AltText, "title", m.Title, "description", m.Description)
	}
	for i, link := range t.SourceLinks {
		add("tweet_suggested_links", i, "kind", "link", "url", link)
	}
	for i, c := range t.SourceLinkCounts {
		add("tweet_suggested_links", i, "kind", "counted", "url", c.URL, "count", c.Count)
	}
	in := entityPlace{table: "tweet_entities", key: "tweet_id", owner: "tweet", id: t.ID, from: a}
	in.section = "text"
	wantEntities(w, in, t.Entities)
	in.section = "note"
	wantEntities(w, in, t.NoteEntities)
}

func wantMediaRows(w *wanted) {
	w.each("media", func(key string, last sighting) {
		m := must(w, "media", key, w.world.Media)
		w.addObject("media", last.answer, cells("media_key", m.Key, "type", m.Type, "url", m.URL, "preview_image_url", m.PreviewImageURL,
			"alt_text", m.AltText, "width", m.Width, "height", m.Height, "duration_ms", m.DurationMS, "view_count", m.ViewCount))
		for i, v := range m.Variants {
			w.add("media_variants", last.answer, cells("media_key", m.Key, "ordinal", i,
				"bit_rate", v.BitRate, "content_type", v.ContentType, "url", v.URL))
		}
	})
	w.each("poll", func(id string, last sighting) {
		p := must(w, "poll", id, w.world.Poll)
		w.addObject("polls", last.answer, cells("poll_id", p.ID, "voting_status", p.VotingStatus,
			"end_datetime", p.EndDatetime, "duration_minutes", p.DurationMinutes))
		for i, o := range p.Options {
			w.add("poll_options", last.answer, cells("poll_id", p.ID, "ordinal", i, "position", o.Position, "label", o.Label, "votes", o.Votes))
		}
	})
}

func wantPlaces(w *wanted) {
	w.each("place", func(id string, last sighting) {
		p := must(w, "place", id, w.world.Place)
		r := cells("place_id", p.ID, "name", p.Name, "full_name", p.FullName, "country", p.Country,
			"country_code", p.CountryCode, "place_type", p.PlaceType)
		if b := p.BBox; b != nil {
			r.with(cells("bbox_west", b[0], "bbox_south", b[1], "bbox_east", b[2], "bbox_north", b[3],
				"geo_type", "Feature", "geo_properties", "{}"))
			if p.Point != nil && !w.post() {
				r.with(cells("geometry_type", "Point", "geo_lon", p.Point[0], "geo_lat", p.Point[1]))
			}
		}
		w.addObject("places", last.answer, r)
		w.addEach("place_parents", last.answer, "parent_id", p.ContainedWithin, cells("place_id", id))
	})
}
