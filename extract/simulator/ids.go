package simulator

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	base36 = "0123456789abcdefghijklmnopqrstuvwxyz"

	oldUserBase = 1_000_000_000             // ten-digit ids
	newUserBase = 1_000_000_000_000_000_000 // nineteen-digit ids
	tweetBase   = 1_000_000_000_000_000_000
	topicBase   = 840_000_000_000_000_000
)

// encode writes v in the digits' base, padded with the zero digit to width.
func encode(v uint64, digits string, width int) string {
	out := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		out[i] = digits[v%uint64(len(digits))]
		v /= uint64(len(digits))
	}
	return string(out)
}

// decode reads what encode wrote; a text that overflows decodes to some
// number whose encoding differs, which every caller checks.
func decode(text, digits string) (uint64, bool) {
	var v uint64
	for i := range len(text) {
		d := strings.IndexByte(digits, text[i])
		if d < 0 {
			return 0, false
		}
		v = v*uint64(len(digits)) + uint64(d)
	}
	return v, true
}

// ids names everything there is and reads the names again. Each is a number
// in disguise: none is kept.
type ids struct {
	spaces, users uint64

	spaceIDs, oldUserIDs, newUserIDs, usernames permutation
	tweetIDs, mediaKeys, pollIDs                permutation
	topicIDs, placeIDs                          permutation
}

func newIDs(seed, spaces, users uint64) ids {
	return ids{
		spaces:     spaces,
		users:      users,
		spaceIDs:   newPermutation(seed, forSpaceID, 64),
		oldUserIDs: newPermutation(seed, forOldUserID, 32),
		newUserIDs: newPermutation(seed, forNewUserID, 58),
		usernames:  newPermutation(seed, forUsername, 36),
		tweetIDs:   newPermutation(seed, forTweetID, 60),
		mediaKeys:  newPermutation(seed, forMediaKey, 60),
		pollIDs:    newPermutation(seed, forPollID, 60),
		topicIDs:   newPermutation(seed, forTopicID, 50),
		placeIDs:   newPermutation(seed, forPlaceID, 64),
	}
}

// spaceID is "1", a check character and eleven characters for 64 bits.
func (n *ids) spaceID(index uint64) string {
	v := n.spaceIDs.forward(index)
	return "1" + string(base62[mix(v)%62]) + encode(v, base62, 11)
}

func (n *ids) spaceIndex(id string) (uint64, bool) {
	if len(id) != 13 {
		return 0, false
	}
	v, ok := decode(id[2:], base62)
	if !ok {
		return 0, false
	}
	index := n.spaceIDs.backward(v)
	return index, index < n.spaces && n.spaceID(index) == id
}

// userID gives every third user an old, short id.
func (n *ids) userID(index uint64) string {
	if index%3 == 0 {
		return strconv.FormatUint(oldUserBase+n.oldUserIDs.forward(index), 10)
	}
	return strconv.FormatUint(newUserBase+n.newUserIDs.forward(index), 10)
}

func (n *ids) userIndex(id string) (uint64, bool) {
	v, err := strconv.ParseUint(id, 10, 64)
	if err != nil || v < oldUserBase {
		return 0, false
	}
	index := uint64(0)
	switch {
	case v < oldUserBase+1<<32:
		index = n.oldUserIDs.backward(v - oldUserBase)
	case v >= newUserBase && v < newUserBase+1<<58:
		index = n.newUserIDs.backward(v - newUserBase)
	}
	return index, index < n.users && n.userID(index) == id
}

// username is a given name and seven base36 digits that hold the index.
func (n *ids) username(index uint64) string {
	v := n.usernames.forward(index)
	return handles[v%uint64(len(handles))] + "_" + encode(v, base36, 7)
}

// usernameIndex ignores case, as the service does.
func (n *ids) usernameIndex(name string) (uint64, bool) {
	name = strings.ToLower(name)
	at := strings.LastIndexByte(name, '_')
	if at < 0 || len(name)-at-1 != 7 {
		return 0, false
	}
	v, ok := decode(name[at+1:], base36)
	if !ok || v >= 1<<36 {
		return 0, false
	}
	index := n.usernames.backward(v)
	return index, index < n.users && strings.EqualFold(n.username(index), name)
}

// Variants of a spot: the tweet itself and the tweets it leads to.
const (
	itself = iota
	repliedTo
	quoted
	firstEdit
	secondEdit
	mediaSource
)

// spot is where a tweet stands in the world, which is all its id encodes: the
// n-th tweet of a Space, or the pinned (0) or latest (1) tweet of a user, or
// one such a tweet refers to.
type spot struct {
	ofUser  bool
	owner   uint64 // index of the Space or user
	ordinal uint64
	variant uint64
}

// pack needs 33 bits.
func (s spot) pack() uint64 {
	v := s.owner<<12 | s.ordinal<<3 | s.variant
	if s.ofUser {
		v |= 1 << 32
	}
	return v
}

func unpack(v uint64) spot {
	return spot{v>>32&1 == 1, v >> 12 & (1<<20 - 1), v >> 3 & (1<<9 - 1), v & 7}
}

func (s spot) to(variant uint64) spot {
	s.variant = variant
	return s
}

func (n *ids) tweetID(s spot) string {
	return strconv.FormatUint(tweetBase+n.tweetIDs.forward(s.pack()), 10)
}

// decodeBig reads a nineteen-digit number made by a 60-bit permutation.
func decodeBig(id string, p permutation) (uint64, bool) {
	v, err := strconv.ParseUint(id, 10, 64)
	if err != nil || v < tweetBase || v >= tweetBase+1<<60 {
		return 0, false
	}
	return p.backward(v - tweetBase), true
}

// mediaKey has the number of the type before the underscore.
func (n *ids) mediaKey(s spot, ordinal int, kind string) string {
	return mediaPrefix(kind) + strconv.FormatUint(tweetBase+n.mediaKeys.forward(s.pack()<<3|uint64(ordinal)), 10)
}

func mediaPrefix(kind string) string {
	switch kind {
	case "video":
		return "7_"
	case "animated_gif":
		return "16_"
	}
	return "3_"
}

func (n *ids) pollID(s spot) string {
	return strconv.FormatUint(tweetBase+n.pollIDs.forward(s.pack()), 10)
}

func (n *ids) topicID(index uint64) string {
	return strconv.FormatUint(topicBase+n.topicIDs.forward(index), 10)
}

func (n *ids) topicIndex(id string) (uint64, bool) {
	v, err := strconv.ParseUint(id, 10, 64)
	if err != nil || v < topicBase || v >= topicBase+1<<50 {
		return 0, false
	}
	index := n.topicIDs.backward(v - topicBase)
	return index, index < topicCount && n.topicID(index) == id
}

func (n *ids) placeID(index uint64) string {
	return fmt.Sprintf("%016x", n.placeIDs.forward(index))
}

func (n *ids) placeIndex(id string) (uint64, bool) {
	v, err := strconv.ParseUint(id, 16, 64)
	if err != nil {
		return 0, false
	}
	index := n.placeIDs.backward(v)
	return index, index < uint64(len(places)) && n.placeID(index) == id
}
