package simulator

import "slices"

// Kinds of objects, as the control endpoints name them.
const (
	kindSpace = "space"
	kindUser  = "user"
	kindTopic = "topic"
	kindTweet = "tweet"
	kindMedia = "media"
	kindPoll  = "poll"
	kindPlace = "place"
)

// ordered is a set that remembers the order of insertion.
type ordered struct {
	list []string
	seen map[string]bool
}

func (o *ordered) add(id string) {
	if o.seen[id] {
		return
	}
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	o.seen[id] = true
	o.list = append(o.list, id)
}

// renderer builds one response: the data, what the expansions bring in, the
// partial errors, and a note of what is served.
type renderer struct {
	view
	s *Simulator
	w *world

	ask       *ask
	included  [6]ordered // by the slots below
	errors    []object
	errorSeen map[string]bool
	inlined   map[string]bool // topics shown inside a Space
	sightings []sighting      // of data
	extras    []sighting      // of includes
	badSpaces []sighting      // of data, under ids that are none
	badUsers  []sighting      // ids in Spaces that are none
}

// Slots of renderer.included.
const (
	includeUsers = iota
	includeTopics
	includeTweets
	includeMedia
	includePolls
	includePlaces
)

// sighting is an object in an answer.
type sighting struct{ kind, id string }

// fail records a partial error once.
func (r *renderer) fail(key string, e object) {
	if r.errorSeen[key] {
		return
	}
	if r.errorSeen == nil {
		r.errorSeen = map[string]bool{}
	}
	r.errorSeen[key] = true
	r.errors = append(r.errors, e)
}

// wantUser includes a user, or says why not.
func (r *renderer) wantUser(expansion, id string) {
	if !r.asked(expansion) {
		return
	}
	param := r.name(expansion)
	index, ok := r.w.userIndex(id)
	switch {
	case !ok:
		r.fail(param+id, notFound(kindUser, param, id))
	case r.w.suspended(index):
		r.fail(param+id, suspendedUser(param, id))
	default:
		r.included[includeUsers].add(id)
	}
}

func (r *renderer) wantUsers(expansion string, ids []string) {
	for _, id := range ids {
		r.wantUser(expansion, id)
	}
}

func (r *renderer) wantTweet(expansion, id string) {
	if !r.asked(expansion) {
		return
	}
	param := r.name(expansion)
	s, ok := r.w.tweetSpot(id)
	switch {
	case !ok || r.w.availability(s) == deleted:
		r.fail(param+id, notFound(kindTweet, param, id))
	case r.w.availability(s) == hidden:
		r.fail(param+id, notAuthorized(kindTweet, param, id))
	default:
		r.included[includeTweets].add(id)
	}
}

func (r *renderer) wantMedia(expansion string, keys []string) {
	if !r.asked(expansion) {
		return
	}
	for _, key := range keys {
		r.included[includeMedia].add(key)
	}
}

// mainUser renders a user of data and notes what its expansions bring in.
func (r *renderer) mainUser(u User) object {
	if u.PinnedTweetID != nil {
		r.wantTweet("pinned_tweet_id", *u.PinnedTweetID)
	}
	if u.MostRecentTweetID != nil {
		r.wantTweet("most_recent_tweet_id", *u.MostRecentTweetID)
	}
	if u.Affiliation != nil {
		r.wantUsers("affiliation.user_id", u.Affiliation.UserIDs)
	}
	r.sightings = append(r.sightings, sighting{kindUser, u.ID})
	return r.user(u)
}

// includes renders what the data asked for. Tweets come first, as they bring
// nothing else in: what their own expansions want was noted with the data.
func (r *renderer) includes() object {
	var out object
	add := func(key, kind string, o ordered, render func(id string) object) {
		if len(o.list) == 0 {
			return
		}
		items := make([]object, 0, len(o.list))
		for _, id := range o.list {
			items = append(items, render(id))
			r.extras = append(r.extras, sighting{kind, id})
		}
		out.add(key, items)
	}
	add("users", kindUser, r.included[includeUsers], func(id string) object {
		index, _ := r.w.userIndex(id)
		return r.user(r.s.userNow(index))
	})
	add(r.name("tweets"), kindTweet, r.included[includeTweets], func(id string) object {
		s, _ := r.w.tweetSpot(id)
		return r.tweet(r.s.tweetNow(s))
	})
	add("topics", kindTopic, r.included[includeTopics], func(id string) object {
		index, _ := r.w.topicIndex(id)
		return r.topic(r.w.topic(index), r.inlined[id] && r.q.sometimes(30))
	})
	add("media", kindMedia, r.included[includeMedia], func(key string) object {
		m, _ := r.w.media(key)
		return r.media(m)
	})
	add("polls", kindPoll, r.included[includePolls], func(id string) object {
		s, _ := r.w.pollSpot(id)
		return r.poll(r.w.poll(s))
	})
	add("places", kindPlace, r.included[includePlaces], func(id string) object {
		index, _ := r.w.placeIndex(id)
		return r.place(r.w.place(index))
	})
	return out
}

// envelope puts the parts together; what is empty is left out.
func (r *renderer) envelope(data any, meta object) object {
	var out object
	if data != nil {
		out.add("data", data)
	}
	if includes := r.includes(); len(includes) > 0 {
		out.add("includes", includes)
	}
	if len(meta) > 0 {
		out.add("meta", meta)
	}
	if len(r.errors) > 0 {
		out.add("errors", r.errors)
	}
	return out
}

// rows is a list of objects as data: nil when there are none.
func rows(list []object) any {
	if len(list) == 0 {
		return nil
	}
	return list
}

// twisted tells whether a fault befalls a member in this answer.
func (r *renderer) twisted(fault Fault, member string) bool {
	return slices.ContainsFunc(r.ask.twists, func(rule *rule) bool { return rule.Fault == fault && rule.picks(member) })
}
