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

// spaceID is "1", a check character and eleven characters for 64 bits.
func (w *world) spaceID(index uint64) string {
	v := w.spaceIDs.forward(index)
	return "1" + string(base62[mix(v)%62]) + encode(v, base62, 11)
}

func (w *world) spaceIndex(id string) (uint64, bool) {
	if len(id) != 13 {
		return 0, false
	}
	v, ok := decode(id[2:], base62)
	if !ok {
		return 0, false
	}
	index := w.spaceIDs.backward(v)
	return index, index < w.spaces && w.spaceID(index) == id
}

// userID gives every third user an old, short id.
func (w *world) userID(index uint64) string {
	if index%3 == 0 {
		return strconv.FormatUint(oldUserBase+w.oldUserIDs.forward(index), 10)
	}
	return strconv.FormatUint(newUserBase+w.newUserIDs.forward(index), 10)
}

func (w *world) userIndex(id string) (uint64, bool) {
	v, err := strconv.ParseUint(id, 10, 64)
	if err != nil || v < oldUserBase {
		return 0, false
	}
	index := uint64(0)
	switch {
	case v < oldUserBase+1<<32:
		index = w.oldUserIDs.backward(v - oldUserBase)
	case v >= newUserBase && v < newUserBase+1<<58:
		index = w.newUserIDs.backward(v - newUserBase)
	}
	return index, index < w.users && w.userID(index) == id
}

// username is a given name and seven base36 digits that hold the index.
func (w *world) username(index uint64) string {
	v := w.usernames.forward(index)
	return handles[v%uint64(len(handles))] + "_" + encode(v, base36, 7)
}

// usernameIndex ignores case, as the service does.
func (w *world) usernameIndex(name string) (uint64, bool) {
	name = strings.ToLower(name)
	at := strings.LastIndexByte(name, '_')
	if at < 0 || len(name)-at-1 != 7 {
		return 0, false
	}
	v, ok := decode(name[at+1:], base36)
	if !ok || v >= 1<<36 {
		return 0, false
	}
	index := w.usernames.backward(v)
	return index, index < w.users && strings.EqualFold(w.username(index), name)
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

func (w *world) tweetID(s spot) string {
	return strconv.FormatUint(tweetBase+w.tweetIDs.forward(s.pack()), 10)
}

// tweetSpot decodes an id and checks that the tweet exists.
func (w *world) tweetSpot(id string) (spot, bool) {
	v, ok := decodeBig(id, w.tweetIDs)
	if !ok || v >= 1<<33 {
		return spot{}, false
	}
	s := unpack(v)
	return s, w.tweetID(s) == id && w.exists(s)
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
func (w *world) mediaKey(s spot, ordinal int, kind string) string {
	return mediaPrefix(kind) + strconv.FormatUint(tweetBase+w.mediaKeys.forward(s.pack()<<3|uint64(ordinal)), 10)
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

func (w *world) mediaSpot(key string) (s spot, ordinal int, ok bool) {
	_, number, found := strings.Cut(key, "_")
	v, ok := decodeBig(number, w.mediaKeys)
	if !found || !ok || v >= 1<<36 {
		return spot{}, 0, false
	}
	s, ordinal = unpack(v>>3), int(v&7)
	return s, ordinal, w.exists(s)
}

func (w *world) pollID(s spot) string {
	return strconv.FormatUint(tweetBase+w.pollIDs.forward(s.pack()), 10)
}

func (w *world) pollSpot(id string) (spot, bool) {
	v, ok := decodeBig(id, w.pollIDs)
	if !ok || v >= 1<<33 {
		return spot{}, false
	}
	s := unpack(v)
	return s, w.pollID(s) == id && w.exists(s) && w.shape(s).poll
}

func (w *world) topicID(index uint64) string {
	return strconv.FormatUint(topicBase+w.topicIDs.forward(index), 10)
}

func (w *world) topicIndex(id string) (uint64, bool) {
	v, err := strconv.ParseUint(id, 10, 64)
	if err != nil || v < topicBase || v >= topicBase+1<<50 {
		return 0, false
	}
	index := w.topicIDs.backward(v - topicBase)
	return index, index < topicCount && w.topicID(index) == id
}

func (w *world) placeID(index uint64) string {
	return fmt.Sprintf("%016x", w.placeIDs.forward(index))
}

func (w *world) placeIndex(id string) (uint64, bool) {
	v, err := strconv.ParseUint(id, 16, 64)
	if err != nil {
		return 0, false
	}
	index := w.placeIDs.backward(v)
	return index, index < uint64(len(places)) && w.placeID(index) == id
}
