package simulator

// user renders a user without looking at expansions; they matter only for
// the users in data, see renderer.mainUser.
func (v *view) user(u User) object {
	f := v.writer(v.sel.user)
	f.id("id", &u.ID)
	f.value("name", u.Name)
	f.value("username", u.Username)
	f.time("created_at", &u.CreatedAt)
	f.text("description", u.Description)
	f.text("location", u.Location)
	f.text("url", u.URL)
	f.bool("protected", &u.Protected)
	f.bool("verified", &u.Verified)
	f.value("verified_type", u.VerifiedType)
	f.int("verified_followers_count", &u.VerifiedFollowersCount)
	f.int("subscriber_count", &u.SubscriberCount)
	f.bool("parody", &u.Parody)
	f.bool("is_identity_verified", &u.IsIdentityVerified)
	f.value("subscription_type", u.SubscriptionType)
	f.value("profile_image_url", u.ProfileImageURL)
	f.text("profile_banner_url", u.ProfileBannerURL)
	f.id("pinned_tweet_id", u.PinnedTweetID, "pinned_tweet_id")
	f.id("most_recent_tweet_id", u.MostRecentTweetID, "most_recent_tweet_id")
	f.part("public_metrics", v.userMetrics(u.Metrics))
	v.affiliation(f, u.Affiliation)
	f.part("entities", v.userEntities(u.Entities))
	f.part("withheld", v.withheld(u.Withheld))
	v.relations(f, u)
	return f.out
}

// relations are the fields that only a user token sees.
func (v *view) relations(f *fieldWriter, u User) {
	if !v.userAuth {
		return
	}
	f.bool("receives_your_dm", &u.ReceivesYourDM)
	f.bool("subscribes_to_you", &u.SubscribesToYou)
	if f.asked["subscription"] {
		f.always("subscription", obj("subscribes_to_you", v.q.bool(u.SubscribesToYou)))
	}
	f.ids("connection_status", u.ConnectionStatus)
	if v.viewer == u.ID {
		f.value("confirmed_email", u.Username+"@example.com")
	}
}

func (v *view) userMetrics(m UserMetrics) object {
	o := obj("followers_count", v.q.int(m.Followers), "following_count", v.q.int(m.Following),
		v.name("tweet_count"), v.q.int(m.Tweets), "listed_count", v.q.int(m.Listed))
	if m.Likes != nil {
		o.add("like_count", v.q.int(*m.Likes))
	}
	if v.sel.post {
		o.add("media_count", v.q.int(m.Media))
	}
	return o
}

// affiliation is whole as a field or as an expansion of the post dialect; the
// expansion of the tweet dialect adds no more than the ids.
func (v *view) affiliation(f *fieldWriter, a *Affiliation) {
	expanded := v.asked("affiliation.user_id")
	if a == nil || !f.asked["affiliation"] && !expanded {
		return
	}
	o := obj("user_id", v.q.ids(a.UserIDs))
	if f.asked["affiliation"] || v.sel.post {
		o = append(o, obj("badge_url", a.BadgeURL, "description", a.Description, "url", a.URL)...)
	}
	f.always("affiliation", o)
}

func (v *view) withheld(w *Withheld) object {
	if w == nil {
		return nil
	}
	o := obj("country_codes", w.CountryCodes)
	scope := w.Scope
	if scope == "tweet" && v.sel.post {
		scope = "post"
	}
	o.add("scope", scope)
	if w.Copyright != nil {
		o.add("copyright", v.q.bool(*w.Copyright))
	}
	return o
}

func (v *view) userEntities(e *UserEntities) object {
	if e == nil {
		return nil
	}
	var o object
	if e.URL != nil {
		o.add("url", v.entities(e.URL, true))
	}
	if e.Description != nil {
		o.add("description", v.entities(e.Description, true))
	}
	return o
}

// entities renders the marked parts of a text. The tags of a profile are
// sometimes spelt by kind.
func (v *view) entities(e *Entities, profile bool) object {
	if e == nil {
		return nil
	}
	var o object
	span := func(start, end int) object {
		return obj("start", v.q.int(int64(start)), "end", v.q.int(int64(end)))
	}
	tags := func(key, spelling string, tags []TagEntity) {
		if !profile || !v.q.sometimes(40) {
			spelling = "tag"
		}
		addList(&o, key, tags, func(t TagEntity) object {
			return append(span(t.Start, t.End), member{spelling, t.Tag})
		})
	}
	addList(&o, "urls", e.URLs, func(u URLEntity) object { return append(span(u.Start, u.End), v.link(u)...) })
	tags("hashtags", "hashtag", e.Hashtags)
	tags("cashtags", "cashtag", e.Cashtags)
	addList(&o, "mentions", e.Mentions, func(m MentionEntity) object {
		return append(span(m.Start, m.End), obj("username", m.Username, "id", v.q.id(m.ID))...)
	})
	addList(&o, "annotations", e.Annotations, func(a AnnotationEntity) object {
		return append(span(a.Start, a.End), obj("type", a.Type, "normalized_text", a.NormalizedText, "probability", v.q.float(a.Probability))...)
	})
	return o
}

func (v *view) link(u URLEntity) object {
	o := obj("url", u.URL, "expanded_url", u.ExpandedURL, "display_url", u.DisplayURL)
	optional := func(key string, s *string) {
		if s != nil {
			o.add(key, *s)
		}
	}
	optional("unwound_url", u.UnwoundURL)
	optional("title", u.Title)
	optional("description", u.Description)
	optional("media_key", u.MediaKey)
	if u.Status != nil {
		o.add("status", v.q.int(*u.Status))
	}
	addList(&o, "images", u.Images, func(i URLImage) object {
		return obj("url", i.URL, "width", v.q.int(i.Width), "height", v.q.int(i.Height))
	})
	return o
}

// addList adds a list of objects, unless it is empty.
func addList[T any](o *object, key string, items []T, render func(T) object) {
	if len(items) == 0 {
		return
	}
	list := make([]object, len(items))
	for i, item := range items {
		list[i] = render(item)
	}
	o.add(key, list)
}
