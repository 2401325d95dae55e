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
type world struct{ people }

// people are who there is, and who has which Spaces.
type people struct {
	ids
	seed      uint64
	epoch     time.Time
	creators  uint64 // users 0 .. creators-1 host Spaces
	creatorOf shuffle
}

func newWorld(seed uint64, spaces int, epoch time.Time) *world {
	n := uint64(min(max(spaces, minSpaces), maxSpaces))
	return &world{people{
		ids:       newIDs(seed, n, max(n, minUsers)),
		seed:      seed,
		epoch:     epoch,
		creators:  max(n/3, 1),
		creatorOf: newShuffle(seed, forCreators, n),
	}}
}

func (p *people) dice(purpose, index uint64) dice { return newDice(p.seed, purpose, index) }

// hash is a single random number for (purpose, index).
func (p *people) hash(purpose, index uint64) uint64 {
	return mix(mix(p.seed^mix(purpose)) ^ index)
}

// The Spaces are dealt to creators in two passes: four fifths round robin
// over all creators, one fifth over the first tenth of them, who so have
// several more. Dealing follows a shuffle, so it can be read both ways.
func (p *people) creator(space uint64) uint64 {
	dealt := p.creatorOf.forward(space)
	even := p.spaces * 4 / 5
	if dealt < even {
		return dealt % p.creators
	}
	return (dealt - even) % p.prolific()
}

func (p *people) prolific() uint64 { return max(p.creators/10, 1) }

// spacesOf lists the Spaces of a creator, of every state.
func (p *people) spacesOf(creator uint64) []uint64 {
	if creator >= p.creators {
		return nil
	}
	var list []uint64
	even := p.spaces * 4 / 5
	for dealt := creator; dealt < even; dealt += p.creators {
		list = append(list, p.creatorOf.backward(dealt))
	}
	if creator < p.prolific() {
		for dealt := even + creator; dealt < p.spaces; dealt += p.prolific() {
			list = append(list, p.creatorOf.backward(dealt))
		}
	}
	return list
}

// suspended tells whether a user is suspended: one in a hundred, never the
// creator of the first Space, whom tests rely on.
func (p *people) suspended(user uint64) bool {
	return p.hash(forSuspension, user)%100 == 0 && user != p.creator(0)
}

// someUser prefers a tenth of the users, as popular people are seen often.
func (p *people) someUser(d *dice) uint64 {
	if d.chance(50) {
		return uint64(d.intn(int(p.users / 10)))
	}
	return uint64(d.intn(int(p.users)))
}
