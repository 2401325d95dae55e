package simulator

import (
	"cmp"
	"maps"
	"slices"
	"sync"
)

// Served is what complete answers showed: sorted ids by kind, from data and
// from includes, and who bought or tweeted where. A reader who got all answers
// must have exactly this.
type Served struct {
	Spaces         []string    `json:"spaces"`
	Users          []string    `json:"users"`
	Topics         []string    `json:"topics"`
	Tweets         []string    `json:"tweets"`
	Media          []string    `json:"media"`
	Polls          []string    `json:"polls"`
	Places         []string    `json:"places"`
	SpaceSightings int         `json:"space_sightings"` // Space objects, repetitions counted
	Buyers         [][2]string `json:"buyers"`          // space id, user id
	SpaceTweets    [][2]string `json:"space_tweets"`    // space id, tweet id
}

// seenLog collects Served.
type seenLog struct {
	on        bool
	mu        sync.Mutex
	ids       map[string]map[string]struct{}
	sightings int
	buyers    map[[2]string]struct{}
	tweets    map[[2]string]struct{}
}

func newSeenLog(on bool) *seenLog {
	l := &seenLog{on: on}
	l.reset()
	return l
}

func (l *seenLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids, l.sightings = map[string]map[string]struct{}{}, 0
	for _, kind := range []string{kindSpace, kindUser, kindTopic, kindTweet, kindMedia, kindPoll, kindPlace} {
		l.ids[kind] = map[string]struct{}{}
	}
	l.buyers, l.tweets = map[[2]string]struct{}{}, map[[2]string]struct{}{}
}

// note takes note of a complete answer.
func (l *seenLog) note(c *call) {
	if !l.on {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, seen := range slices.Concat(c.sightings, c.extras) {
		l.ids[seen.kind][seen.id] = struct{}{}
	}
	for _, seen := range c.sightings {
		switch {
		case seen.kind == kindSpace:
			l.sightings++
		case c.endpoint.name == "buyers":
			l.buyers[[2]string{c.path, seen.id}] = struct{}{}
		case c.endpoint.name == "tweets":
			l.tweets[[2]string{c.path, seen.id}] = struct{}{}
		}
	}
}

func (l *seenLog) served() Served {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := func(kind string) []string { return slices.Sorted(maps.Keys(l.ids[kind])) }
	pairs := func(m map[[2]string]struct{}) [][2]string {
		return slices.SortedFunc(maps.Keys(m), func(a, b [2]string) int {
			return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
		})
	}
	return Served{
		Spaces: ids(kindSpace), Users: ids(kindUser), Topics: ids(kindTopic), Tweets: ids(kindTweet),
		Media: ids(kindMedia), Polls: ids(kindPoll), Places: ids(kindPlace),
		SpaceSightings: l.sightings, Buyers: pairs(l.buyers), SpaceTweets: pairs(l.tweets),
	}
}
