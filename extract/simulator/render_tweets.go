package simulator

// tweet renders a tweet; see mainTweet for what expansions bring in. An
// expansion adds the field that holds the id, in included tweets as well.
func (r *renderer) tweet(t Tweet) object {
	f := r.writer(r.sel.tweet)
	f.id("id", &t.ID)
	f.value("text", t.Text)
	f.id("author_id", &t.AuthorID, "author_id", "referenced_tweets.id.author_id", "username")
	if r.asked("username") || r.q.sometimes(10) {
		f.always("username", t.AuthorUsername)
	}
	f.id("conversation_id", &t.ConversationID)
	f.time("created_at", &t.CreatedAt)
	f.id("in_reply_to_user_id", t.InReplyToUserID, "in_reply_to_user_id")
	f.text("community_id", t.CommunityID)
	f.value("lang", t.Lang)
	f.text("source", t.Source)
	f.bool("possibly_sensitive", &t.PossiblySensitive)
	f.bool("paid_partnership", t.PaidPartnership)
	f.value("reply_settings", t.ReplySettings)
	f.text("card_uri", t.CardURI)
	f.ids("edit_history_tweet_ids", t.EditHistoryIDs, "edit_history_tweet_ids")
	r.references(f, t)
	r.attachments(f, t)
	r.tweetEntities(f, t)
	r.tweetCounts(f, t)
	r.tweetExtras(f, t)
	return f.out
}

func (r *renderer) references(f *fieldWriter, t Tweet) {
	if !f.asked["referenced_tweets"] && !r.anyOf([]string{"referenced_tweets.id", "referenced_tweets.id.author_id", "referenced_tweets.id.attachments.media_keys"}) {
		return
	}
	var list []object
	for _, ref := range t.References {
		list = append(list, obj("type", ref.Type, "id", r.q.id(ref.ID)))
	}
	if len(list) > 0 {
		f.always("referenced_tweets", list)
	} else if r.q.sometimes(20) {
		f.always("referenced_tweets", nil)
	}
}

// attachments holds what was asked: all as a field, else what is expanded.
func (r *renderer) attachments(f *fieldWriter, t Tweet) {
	all := f.asked["attachments"]
	media := all || r.asked("attachments.media_keys") || r.asked("referenced_tweets.id.attachments.media_keys")
	polls := all || r.asked("attachments.poll_ids")
	sources := all || r.asked("attachments.media_source_tweet")
	if !media && !polls && !sources {
		return
	}
	var o object
	part := func(key string, wanted bool, ids []string) {
		if wanted && len(ids) > 0 {
			o.add(key, r.q.ids(ids))
		}
	}
	part("media_keys", media, t.MediaKeys)
	part("poll_ids", polls, t.PollIDs)
	part("media_source_tweet_id", sources, t.MediaSourceIDs)
	if len(o) > 0 && polls && len(t.PollIDs) == 0 && r.q.sometimes(30) {
		o.add("poll_ids", nil)
	}
	f.partAlways("attachments", o)
}

// tweetEntities: expanding the mentions adds the mentions alone.
func (r *renderer) tweetEntities(f *fieldWriter, t Tweet) {
	switch {
	case f.asked["entities"]:
		f.part("entities", r.entities(t.Entities, false))
	case r.asked("entities.mentions.username") && t.Entities != nil && len(t.Entities.Mentions) > 0:
		f.always("entities", r.entities(&Entities{Mentions: t.Entities.Mentions}, false))
	}
	switch {
	case t.NoteText == nil:
		f.part("note_tweet", nil)
	case f.asked["note_tweet"]:
		o := obj("text", *t.NoteText)
		if e := r.entities(t.NoteEntities, false); e != nil {
			o.add("entities", e)
		} else if r.q.sometimes(50) {
			o.add("entities", nil)
		}
		f.always("note_tweet", o)
	case r.asked("entities.note.mentions.username") && t.NoteEntities != nil && len(t.NoteEntities.Mentions) > 0:
		f.always("note_tweet", obj("entities", r.entities(&Entities{Mentions: t.NoteEntities.Mentions}, false)))
	}
}

func (r *renderer) tweetCounts(f *fieldWriter, t Tweet) {
	m := obj(r.name("retweet_count"), r.q.int(t.Metrics.Retweets), "reply_count", r.q.int(t.Metrics.Replies),
		"like_count", r.q.int(t.Metrics.Likes), "quote_count", r.q.int(t.Metrics.Quotes))
	if t.Metrics.Bookmarks != nil {
		m.add("bookmark_count", r.q.int(*t.Metrics.Bookmarks))
	}
	if t.Metrics.Impressions != nil {
		m.add("impression_count", r.q.int(*t.Metrics.Impressions))
	}
	f.part("public_metrics", m)
	r.privateCounts(f, t, "non_public_metrics", t.NonPublicMetrics)
	r.privateCounts(f, t, "organic_metrics", t.OrganicMetrics)
}

// privateCounts are for the author's own token.
func (r *renderer) privateCounts(f *fieldWriter, t Tweet, key string, counts map[string]int64) {
	if !f.asked[key] {
		return
	}
	if r.viewer != t.AuthorID {
		if r.s.config.FieldErrors {
			r.fail(key+t.ID, fieldUnauthorized(kindTweet, t.ID, key))
		}
		return
	}
	var o object
	for _, name := range []string{"impression_count", "like_count", "reply_count", "retweet_count", "url_link_clicks", "user_profile_clicks"} {
		if n, ok := counts[name]; ok {
			o.add(r.name(name), r.q.int(n))
		}
	}
	f.partAlways(key, o)
}

// mainTweet renders a tweet of data and notes what its expansions bring in.
func (r *renderer) mainTweet(t Tweet) object {
	r.wantUser("author_id", t.AuthorID)
	r.wantUser("username", t.AuthorID)
	if t.InReplyToUserID != nil {
		r.wantUser("in_reply_to_user_id", *t.InReplyToUserID)
	}
	r.wantMentions("entities.mentions.username", t.Entities)
	r.wantMentions("entities.note.mentions.username", t.NoteEntities)
	for _, ref := range t.References {
		r.wantReference(ref.ID)
	}
	for _, id := range t.EditHistoryIDs {
		r.wantTweet("edit_history_tweet_ids", id)
	}
	for _, id := range t.MediaSourceIDs {
		r.wantTweet("attachments.media_source_tweet", id)
	}
	r.wantMedia("attachments.media_keys", t.MediaKeys)
	if t.Article != nil {
		r.wantMedia("article.cover_media", []string{*t.Article.CoverMedia})
		r.wantMedia("article.media_entities", t.Article.MediaEntities)
	}
	for _, id := range t.PollIDs {
		if r.asked("attachments.poll_ids") {
			r.included[includePolls].add(id)
		}
	}
	if t.PlaceID != nil && r.asked("geo.place_id") {
		r.included[includePlaces].add(*t.PlaceID)
	}
	r.sightings = append(r.sightings, sighting{kindTweet, t.ID})
	return r.tweet(t)
}

func (r *renderer) wantMentions(expansion string, e *Entities) {
	if e == nil {
		return
	}
	for _, m := range e.Mentions {
		r.wantUser(expansion, m.ID)
	}
}

// wantReference includes a referenced tweet, its author and its media, each
// by its own expansion; a tweet that is not shown brings neither.
func (r *renderer) wantReference(id string) {
	r.wantTweet("referenced_tweets.id", id)
	s, ok := r.w.tweetSpot(id)
	if !ok || r.w.availability(s) != shown {
		return
	}
	t := r.s.tweetNow(s)
	r.wantUser("referenced_tweets.id.author_id", t.AuthorID)
	r.wantMedia("referenced_tweets.id.attachments.media_keys", t.MediaKeys)
}
