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
func (p *present) hits(query, state string, limit int) []uint64 {
	words := titleWords(query)
	if len(words) == 0 {
		return nil
	}
	var live, scheduled []uint64
	for index := range min(p.world.spaces, searchable) {
		if state != stateScheduled && len(live) >= limit {
			break
		}
		now := p.stateNow(index)
		if now == stateEnded || state != "all" && state != now {
			continue
		}
		title, _ := p.world.title(index)
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

// SearchWord is a word that a search finds in 10 to 90 live or scheduled
// Spaces, or as near to that as this world allows.
func (p *present) SearchWord() string {
	best, most := keywords[0], 0
	for _, word := range keywords {
		n := len(p.hits(word, "all", 91))
		if n >= 10 && n <= 90 {
			return word
		}
		if n > most && n <= 90 || most == 0 {
			best, most = word, n
		}
	}
	return best
}
