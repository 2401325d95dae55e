package simulator

// Space is the truth about a Space, whatever Config.Ended says.
func (s *Simulator) Space(id string) (Space, bool) {
	index, ok := s.world.spaceIndex(id)
	if !ok {
		return Space{}, false
	}
	return s.spaceNow(index), true
}

// User is the truth about a user; false for suspended ones, who are never
// shown.
func (s *Simulator) User(id string) (User, bool) {
	index, ok := s.world.userIndex(id)
	if !ok || s.world.suspended(index) {
		return User{}, false
	}
	return s.world.user(index), true
}

// Suspended tells whether a user exists but is suspended.
func (s *Simulator) Suspended(id string) bool {
	index, ok := s.world.userIndex(id)
	return ok && s.world.suspended(index)
}

// Tweet is the truth about a tweet; false for deleted and hidden ones.
func (s *Simulator) Tweet(id string) (Tweet, bool) {
	at, ok := s.world.tweetSpot(id)
	if !ok || s.world.availability(at) != shown {
		return Tweet{}, false
	}
	return s.world.tweet(at), true
}

// Topic is the truth about a topic.
func (s *Simulator) Topic(id string) (Topic, bool) {
	index, ok := s.world.topicIndex(id)
	if !ok {
		return Topic{}, false
	}
	return s.world.topic(index), true
}

// Topics lists all topics.
func (s *Simulator) Topics() []Topic {
	list := make([]Topic, topicCount)
	for i := range list {
		list[i] = s.world.topic(uint64(i))
	}
	return list
}

// Media is the truth about a media item.
func (s *Simulator) Media(key string) (Media, bool) { return s.world.media(key) }

// Poll is the truth about a poll.
func (s *Simulator) Poll(id string) (Poll, bool) {
	at, ok := s.world.pollSpot(id)
	if !ok {
		return Poll{}, false
	}
	return s.world.poll(at), true
}

// Place is the truth about a place.
func (s *Simulator) Place(id string) (Place, bool) {
	index, ok := s.world.placeIndex(id)
	if !ok {
		return Place{}, false
	}
	return s.world.place(index), true
}

// Buyers lists the ids of who bought a ticket, in the order of the pages.
func (s *Simulator) Buyers(spaceID string) []string {
	index, ok := s.world.spaceIndex(spaceID)
	if !ok {
		return nil
	}
	var ids []string
	for _, user := range s.world.buyers(index) {
		ids = append(ids, s.world.userID(user))
	}
	return ids
}

// SpaceTweets lists the ids of the tweets of a Space, in the order of the
// pages.
func (s *Simulator) SpaceTweets(spaceID string) []string {
	index, ok := s.world.spaceIndex(spaceID)
	if !ok {
		return nil
	}
	var ids []string
	for i := range s.world.tweetCount(index) {
		ids = append(ids, s.world.tweetID(spot{owner: index, ordinal: i}))
	}
	return ids
}

// SpaceIDs is a sample of n existing Spaces of all states, fewer in a smaller
// world. The first is ticketed with 250 buyers or a little less, the second
// has 250 tweets.
func (s *Simulator) SpaceIDs(n int) []string {
	return s.sample(n, func(uint64) bool { return true })
}

// SpaceIDsByState is a sample of n Spaces that are live, scheduled or ended.
func (s *Simulator) SpaceIDsByState(state string, n int) []string {
	return s.sample(n, func(index uint64) bool { return s.stateNow(index) == state })
}

// TweetedSpaceIDs is a sample of n Spaces with tweets.
func (s *Simulator) TweetedSpaceIDs(n int) []string {
	return s.sample(n, func(index uint64) bool { return s.world.tweetCount(index) > 0 })
}

// sample takes the first n Spaces that will do; their ids look random.
func (s *Simulator) sample(n int, will func(uint64) bool) []string {
	var ids []string
	for index := uint64(0); index < s.world.spaces && len(ids) < n; index++ {
		if will(index) {
			ids = append(ids, s.world.spaceID(index))
		}
	}
	return ids
}

// MissingSpaceIDs are n ids of the right form that no Space has.
func (s *Simulator) MissingSpaceIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = s.world.spaceID(s.world.spaces + uint64(i))
	}
	return ids
}

// MissingUserIDs are n ids of the right form that no user has.
func (s *Simulator) MissingUserIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = s.world.userID(s.world.users + uint64(i))
	}
	return ids
}

// CreatorIDs is a sample of n users who host Spaces, none suspended. The
// earlier ones host more.
func (s *Simulator) CreatorIDs(n int) []string {
	return s.hosts(n, s.world.userID)
}

// Usernames are the names of CreatorIDs.
func (s *Simulator) Usernames(n int) []string {
	return s.hosts(n, s.world.username)
}

func (s *Simulator) hosts(n int, name func(uint64) string) []string {
	var list []string
	for index := uint64(0); index < s.world.creators && len(list) < n; index++ {
		if !s.world.suspended(index) {
			list = append(list, name(index))
		}
	}
	return list
}

// SuspendedUserIDs is a sample of at most n suspended users.
func (s *Simulator) SuspendedUserIDs(n int) []string {
	var ids []string
	for index := uint64(0); index < s.world.users && len(ids) < n; index++ {
		if s.world.suspended(index) {
			ids = append(ids, s.world.userID(index))
		}
	}
	return ids
}

// TicketedCreator is a creator with ticketed Spaces, which are all listed; one
// of them has several pages of buyers.
func (s *Simulator) TicketedCreator() (userID string, spaceIDs []string) {
	creator := s.world.creator(0)
	for _, index := range s.world.spacesOf(creator) {
		if s.world.ticketed(index) {
			spaceIDs = append(spaceIDs, s.world.spaceID(index))
		}
	}
	return s.world.userID(creator), spaceIDs
}

// SearchWord is a word that a search finds in 10 to 90 live or scheduled
// Spaces, or as near to that as this world allows.
func (s *Simulator) SearchWord() string {
	best, most := keywords[0], 0
	for _, word := range keywords {
		n := len(s.hits(word, "all", 91))
		if n >= 10 && n <= 90 {
			return word
		}
		if n > most && n <= 90 || most == 0 {
			best, most = word, n
		}
	}
	return best
}
