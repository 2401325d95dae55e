package simulator

import "time"

// Purposes keep the random streams of different things apart.
const (
	forSpaceID = iota + 1
	forOldUserID
	forNewUserID
	forUsername
	forTweetID
	forMediaKey
	forPollID
	forTopicID
	forPlaceID
	forCreators
	forState
	forSpace
	forPeople
	forUser
	forSuspension
	forTweet
	forAuthor
	forShape
	forAvailability
	forMedia
	forPoll
	forBuyers
	forTweetCount
	forBuyerCount
	forPages
	forTokens
	forFaults
	forQuirks
	forEvolution
)

const (
	minSpaces     = 10
	maxSpaces     = 1_000_000
	defaultSpaces = 1000
	minUsers      = 500 // enough for the longest list of buyers
	topicCount    = 50
	maxPageable   = 350 // longest list of buyers or tweets of one Space
)

// defaultEpoch is a fixed one, so that tests can expect times.
func defaultEpoch() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) }

// world derives every object from the seed and an index. It holds no objects,
// so a world of a million Spaces costs as much as one of ten.
type world struct {
	seed     uint64
	spaces   uint64
	users    uint64
	creators uint64 // users 0 .. creators-1 host Spaces
	epoch    time.Time

	spaceIDs, oldUserIDs, newUserIDs, usernames permutation
	tweetIDs, mediaKeys, pollIDs                permutation
	topicIDs, placeIDs                          permutation
	creatorOf                                   shuffle
}

func newWorld(seed uint64, spaces int, epoch time.Time) *world {
	n := uint64(min(max(spaces, minSpaces), maxSpaces))
	return &world{
		seed:       seed,
		spaces:     n,
		users:      max(n, minUsers),
		creators:   max(n/3, 1),
		epoch:      epoch,
		spaceIDs:   newPermutation(seed, forSpaceID, 64),
		oldUserIDs: newPermutation(seed, forOldUserID, 32),
		newUserIDs: newPermutation(seed, forNewUserID, 58),
		usernames:  newPermutation(seed, forUsername, 36),
		tweetIDs:   newPermutation(seed, forTweetID, 60),
		mediaKeys:  newPermutation(seed, forMediaKey, 60),
		pollIDs:    newPermutation(seed, forPollID, 60),
		topicIDs:   newPermutation(seed, forTopicID, 50),
		placeIDs:   newPermutation(seed, forPlaceID, 64),
		creatorOf:  newShuffle(seed, forCreators, n),
	}
}

func (w *world) dice(purpose, index uint64) dice { return newDice(w.seed, purpose, index) }

// hash is a single random number for (purpose, index).
func (w *world) hash(purpose, index uint64) uint64 {
	return mix(mix(w.seed^mix(purpose)) ^ index)
}

// The Spaces are dealt to creators in two passes: four fifths round robin
// over all creators, one fifth over the first tenth of them, who so have
// several more. Dealing follows a shuffle, so it can be read both ways.
func (w *world) creator(space uint64) uint64 {
	dealt := w.creatorOf.forward(space)
	even := w.spaces * 4 / 5
	if dealt < even {
		return dealt % w.creators
	}
	return (dealt - even) % w.prolific()
}

func (w *world) prolific() uint64 { return max(w.creators/10, 1) }

// spacesOf lists the Spaces of a creator, of every state.
func (w *world) spacesOf(creator uint64) []uint64 {
	if creator >= w.creators {
		return nil
	}
	var list []uint64
	even := w.spaces * 4 / 5
	for dealt := creator; dealt < even; dealt += w.creators {
		list = append(list, w.creatorOf.backward(dealt))
	}
	if creator < w.prolific() {
		for dealt := even + creator; dealt < w.spaces; dealt += w.prolific() {
			list = append(list, w.creatorOf.backward(dealt))
		}
	}
	return list
}

// suspended tells whether a user is suspended: one in a hundred, never the
// creator of the first Space, whom tests rely on.
func (w *world) suspended(user uint64) bool {
	return w.hash(forSuspension, user)%100 == 0 && user != w.creator(0)
}

// someUser prefers a tenth of the users, as popular people are seen often.
func (w *world) someUser(d *dice) uint64 {
	if d.chance(50) {
		return uint64(d.intn(int(w.users / 10)))
	}
	return uint64(d.intn(int(w.users)))
}
