package simulator

import (
	"slices"
	"strings"
	"unicode"
)

// searchable bounds a search: it sees the first so many Spaces of the world,
// as an index of the service need not hold all. Reading a title takes about
// half a microsecond, so the slowest search takes some 25 ms.
const searchable = 50_000

// hits finds the Spaces whose title has every word of the query, whatever the
// case; live before scheduled, never ended.
func (s *Simulator) hits(query, state string, limit int) []uint64 {
	words := titleWords(query)
	if len(words) == 0 {
		return nil
	}
	var live, scheduled []uint64
	for index := range min(s.world.spaces, searchable) {
		if state != stateScheduled && len(live) >= limit {
			break
		}
		now := s.stateNow(index)
		if now == stateEnded || state != "all" && state != now {
			continue
		}
		title, _ := s.world.title(index)
		if !hasWords(title, words) {
			continue
		}
		if now == stateLive {
			live = append(live, index)
		} else {
			scheduled = append(scheduled, index)
		}
	}
	found := append(live, scheduled...)
	return found[:min(len(found), limit)]
}

// titleWords splits at whatever is neither letter, digit nor mark.
func titleWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsMark(c)
	})
}

func hasWords(title string, words []string) bool {
	in := titleWords(title)
	for _, word := range words {
		if !slices.Contains(in, word) {
			return false
		}
	}
	return true
}
