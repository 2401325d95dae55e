package simulator

// Space is the truth about a Space, whatever Config.Ended says; false for one
// that is not made yet.
func (p *present) Space(id string) (Space, bool) {
	index, ok := p.world.spaceIndex(id)
	if !ok {
		return Space{}, false
	}
	sp := p.spaceNow(index)
	return sp, sp.State != stateUnmade
}

// User is the truth about a user; false for suspended ones, who are never
// shown.
func (p *present) User(id string) (User, bool) {
	index, ok := p.world.userIndex(id)
	if !ok || p.world.suspended(index) {
		return User{}, false
	}
	return p.userNow(index), true
}

// Suspended tells whether a user exists but is suspended.
func (p *present) Suspended(id string) bool {
	index, ok := p.world.userIndex(id)
	return ok && p.world.suspended(index)
}

// Tweet is the truth about a tweet; false for deleted and hidden ones.
func (p *present) Tweet(id string) (Tweet, bool) {
	at, ok := p.world.tweetSpot(id)
	if !ok || p.world.availability(at) != shown {
		return Tweet{}, false
	}
	return p.tweetNow(at), true
}

// Topic is the truth about a topic.
func (p *present) Topic(id string) (Topic, bool) {
	index, ok := p.world.topicIndex(id)
	if !ok {
		return Topic{}, false
	}
	return p.world.topic(index), true
}

// Topics lists all topics.
func (p *present) Topics() []Topic {
	list := make([]Topic, topicCount)
	for i := range list {
		list[i] = p.world.topic(uint64(i))
	}
	return list
}

// Media is the truth about a media item.
func (p *present) Media(key string) (Media, bool) { return p.world.media(key) }

// Poll is the truth about a poll.
func (p *present) Poll(id string) (Poll, bool) {
	at, ok := p.world.pollSpot(id)
	if !ok {
		return Poll{}, false
	}
	return p.world.poll(at), true
}

// Place is the truth about a place.
func (p *present) Place(id string) (Place, bool) {
	index, ok := p.world.placeIndex(id)
	if !ok {
		return Place{}, false
	}
	return p.world.place(index), true
}

// Buyers lists the ids of who bought a ticket, in the order of the pages.
func (p *present) Buyers(spaceID string) []string {
	index, ok := p.world.spaceIndex(spaceID)
	if !ok {
		return nil
	}
	var ids []string
	for _, user := range p.world.buyers(index) {
		ids = append(ids, p.world.userID(user))
	}
	return ids
}

// SpaceTweets lists the ids of the tweets of a Space, in the order of the
// pages.
func (p *present) SpaceTweets(spaceID string) []string {
	index, ok := p.world.spaceIndex(spaceID)
	if !ok {
		return nil
	}
	var ids []string
	for i := range p.world.tweetCount(index) {
		ids = append(ids, p.world.tweetID(spot{owner: index, ordinal: i}))
	}
	return ids
}

// SpaceIDs is a sample of n existing Spaces of all states, fewer in a smaller
// world. The first is ticketed with 250 buyers or a little less, the second
// has 250 tweets.
func (p *present) SpaceIDs(n int) []string {
	return p.sample(n, func(uint64) bool { return true })
}

// SpaceIDsByState is a sample of n Spaces that are live, scheduled or ended.
func (p *present) SpaceIDsByState(state string, n int) []string {
	return p.sample(n, func(index uint64) bool { return p.stateNow(index) == state })
}

// TweetedSpaceIDs is a sample of n Spaces with tweets.
func (p *present) TweetedSpaceIDs(n int) []string {
	return p.sample(n, func(index uint64) bool { return p.world.tweetCount(index) > 0 })
}

// sample takes the first n Spaces that will do; their ids look random.
func (p *present) sample(n int, will func(uint64) bool) []string {
	var ids []string
	for index := uint64(0); index < p.world.spaces && len(ids) < n; index++ {
		if p.stateNow(index) != stateUnmade && will(index) {
			ids = append(ids, p.world.spaceID(index))
		}
	}
	return ids
}

// MissingSpaceIDs are n ids of the right form that no Space has.
func (p *present) MissingSpaceIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = p.world.spaceID(p.world.spaces + uint64(i))
	}
	return ids
}

// MissingUserIDs are n ids of the right form that no user has.
func (p *present) MissingUserIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = p.world.userID(p.world.users + uint64(i))
	}
	return ids
}

// CreatorIDs is a sample of n users who host Spaces, none suspended. The
// earlier ones host more.
func (p *present) CreatorIDs(n int) []string {
	return p.hosts(n, p.world.userID)
}

// Usernames are the names of CreatorIDs.
func (p *present) Usernames(n int) []string {
	return p.hosts(n, p.world.username)
}

func (p *present) hosts(n int, name func(uint64) string) []string {
	var list []string
	for index := uint64(0); index < p.world.creators && len(list) < n; index++ {
		if !p.world.suspended(index) {
			list = append(list, name(index))
		}
	}
	return list
}

// SuspendedUserIDs is a sample of at most n suspended users.
func (p *present) SuspendedUserIDs(n int) []string {
	var ids []string
	for index := uint64(0); index < p.world.users && len(ids) < n; index++ {
		if p.world.suspended(index) {
			ids = append(ids, p.world.userID(index))
		}
	}
	return ids
}

// TicketedCreator is a creator with ticketed Spaces, which are all listed; one
// of them has several pages of buyers.
func (p *present) TicketedCreator() (userID string, spaceIDs []string) {
	creator := p.world.creator(0)
	for _, index := range p.world.spacesOf(creator) {
		if p.world.ticketed(index) {
			spaceIDs = append(spaceIDs, p.world.spaceID(index))
		}
	}
	return p.world.userID(creator), spaceIDs
}
