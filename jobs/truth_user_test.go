package jobs_test

import "github.com/spacesetl/spacesetl/extract/simulator"

func wantUsers(w *wanted) {
	w.each("user", func(id string, last sighting) {
		u := must(w, "user", id, w.world.User)
		r := cells(
			"user_id", u.ID, "username", u.Username, "name", u.Name, "created_at", u.CreatedAt, "description", u.Description,
			"location", u.Location, "url", u.URL, "protected", u.Protected, "verified", u.Verified, "verified_type", u.VerifiedType,
			"verified_followers_count", u.VerifiedFollowersCount, "is_identity_verified", u.IsIdentityVerified, "parody", u.Parody,
			"subscription_type", u.SubscriptionType, "subscription_subscribes_to_you", u.SubscribesToYou,
			"subscribes_to_you", u.SubscribesToYou, "receives_your_dm", u.ReceivesYourDM,
			"profile_image_url", u.ProfileImageURL, "profile_banner_url", u.ProfileBannerURL,
			"pinned_tweet_id", u.PinnedTweetID, "most_recent_tweet_id", u.MostRecentTweetID,
			"followers_count", u.Metrics.Followers, "following_count", u.Metrics.Following, "tweet_count", u.Metrics.Tweets,
			"listed_count", u.Metrics.Listed, "like_count", u.Metrics.Likes, "media_count", u.Metrics.Media,
			"subscriber_count", u.SubscriberCount,
		)
		if a := u.Affiliation; a != nil {
			r.with(cells("affiliation_description", a.Description, "affiliation_url", a.URL, "affiliation_badge_url", a.BadgeURL))
		}
		if u.Withheld != nil {
			r.with(cells("withheld_scope", u.Withheld.Scope))
		}
		linked := w.lastThat("user", id, func(a *answer) bool { return linksShown(w, a) })
		r.only(linked != nil, "pinned_tweet_id", "most_recent_tweet_id", "affiliation_description", "affiliation_url", "affiliation_badge_url")
		w.addObject("users", last.answer, hideUser(w, r, last.answer))
		if u.Affiliation != nil && linked != nil {
			w.addEach("user_affiliations", linked, "affiliated_user_id", u.Affiliation.UserIDs, cells("user_id", u.ID))
		}
		wantUserLists(w, u, last.answer)
	})
}

// hideUser empties what an answer does not show of a user.
func hideUser(w *wanted, r truthRow, a *answer) truthRow {
	r.only(a.byUser, "subscription_subscribes_to_you")
	r.only(a.byUser && w.post(), "subscribes_to_you")
	r.only(a.byUser && w.private, "receives_your_dm")
	return r.only(w.post(), "media_count", "subscriber_count")
}

// linksShown: the post dialect has what leads from a user to tweets and other
// users by expansion only, and only the requests for buyers expand users.
func linksShown(w *wanted, a *answer) bool { return !w.post() || a.endpoint == "buyers" }

func wantUserLists(w *wanted, u simulator.User, a *answer) {
	owner := cells("user_id", u.ID)
	if u.Withheld != nil {
		w.addEach("user_withheld_countries", a, "country_code", u.Withheld.CountryCodes, owner)
	}
	if a.byUser && w.private {
		w.addEach("user_connection_status", a, "status", u.ConnectionStatus, owner)
	}
	if u.Entities != nil {
		in := entityPlace{table: "user_entities", key: "user_id", owner: "user", id: u.ID, from: a}
		in.section = "url"
		wantEntities(w, in, u.Entities.URL)
		in.section = "description"
		wantEntities(w, in, u.Entities.Description)
	}
}

// entityPlace is where entities stand.
type entityPlace struct {
	table, key, owner, id, section string
	from                           *answer
}

func wantEntities(w *wanted, in entityPlace, e *simulator.Entities) {
	if e == nil {
		return
	}
	add := func(kind string, i, start, end int, pairs ...any) {
		w.add(in.table, in.from, cells(in.key, in.id, "section", in.section, "kind", kind, "ordinal", i, "start", start, "end", end).with(cells(pairs...)))
	}
	for i, u := range e.URLs {
		add("url", i, u.Start, u.End, "url", u.URL, "expanded_url", u.ExpandedURL, "display_url", u.DisplayURL,
			"unwound_url", u.UnwoundURL, "title", u.Title, "description", u.Description, "status", u.Status, "media_key", u.MediaKey)
		for j, image := range u.Images {
			w.add("entity_url_images", in.from, cells("owner_type", in.owner, "owner_id", in.id, "section", in.section,
				"ordinal", i, "image_ordinal", j, "url", image.URL, "width", image.Width, "height", image.Height))
		}
	}
	for i, h := range e.Hashtags {
		add("hashtag", i, h.Start, h.End, "tag", h.Tag)
	}
	for i, c := range e.Cashtags {
		add("cashtag", i, c.Start, c.End, "tag", c.Tag)
	}
	for i, m := range e.Mentions {
		add("mention", i, m.Start, m.End, "username", m.Username, "mentioned_user_id", m.ID)
	}
	for i, a := range e.Annotations {
		add("annotation", i, a.Start, a.End, "annotation_type", a.Type, "normalized_text", a.NormalizedText, "probability", a.Probability)
	}
}
