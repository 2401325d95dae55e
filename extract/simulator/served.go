package simulator

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
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
	BadSpaceIDs    []string    `json:"bad_space_ids"`   // in place of the ids of Spaces, as text
	BadUserIDs     []string    `json:"bad_user_ids"`    // in place of the ids of creators, hosts and speakers
}

// seenLog collects Served.
type seenLog struct {
	on        bool
	mu        sync.Mutex
	ids       map[string]map[string]struct{}
	sightings int
	buyers    map[[2]string]struct{}
	tweets    map[[2]string]struct{}
	shown     map[string]Shown
}

// Shown is when a Space was in the data of complete answers.
type Shown struct {
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Times int       `json:"times"`
}

// The kinds of ids that are none.
const (
	kindBadSpace = "bad_space"
	kindBadUser  = "bad_user"
)

func newSeenLog(on bool) *seenLog {
	l := &seenLog{on: on}
	l.reset()
	return l
}

func (l *seenLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids, l.sightings = map[string]map[string]struct{}{}, 0
	for _, kind := range []string{kindSpace, kindUser, kindTopic, kindTweet, kindMedia, kindPoll, kindPlace, kindBadSpace, kindBadUser} {
		l.ids[kind] = map[string]struct{}{}
	}
	l.buyers, l.tweets, l.shown = map[[2]string]struct{}{}, map[[2]string]struct{}{}, map[string]Shown{}
}

// note takes note of a complete answer.
func (l *seenLog) note(c *call, now time.Time) {
	if !l.on {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, seen := range slices.Concat(c.sightings, c.extras) {
		l.ids[seen.kind][seen.id] = struct{}{}
	}
	for _, bad := range c.badSpaces {
		l.ids[kindBadSpace][bad.id] = struct{}{}
	}
	for _, bad := range c.badUsers {
		l.ids[kindBadUser][bad.id] = struct{}{}
	}
	for _, seen := range c.sightings {
		switch {
		case seen.kind == kindSpace:
			l.sightings++
			was := l.shown[seen.id]
			if was.Times == 0 {
				was.First = now
			}
			l.shown[seen.id] = Shown{was.First, now, was.Times + 1}
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
		BadSpaceIDs: ids(kindBadSpace), BadUserIDs: ids(kindBadUser),
	}
}

func (l *seenLog) when() map[string]Shown {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.shown)
}
