package simulator

import (
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// searchable bounds a search: it sees the first so many Spaces of the world,
// as an index of the service need not hold all. Reading a title takes about
// half a microsecond, so the first search for a word takes some 25 ms.
const searchable = 50_000

// hits finds the Spaces whose title has every word of the query, whatever the
// case, after the server ran for the elapsed time; live before scheduled, never
// ended.
func (p *present) hits(query, state string, limit int, elapsed time.Duration) []uint64 {
	words := titleWords(query)
	if len(words) == 0 {
		return nil
	}
	var live, scheduled []uint64
	for _, index := range p.titled.with(words, p.world) {
		if state != stateScheduled && len(live) >= limit {
			break
		}
		now := p.stateAt(index, elapsed)
		if !showing(now) || state != "all" && state != now {
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

// finds lists what the world has for a question.
func (p *present) finds(q Question, limit int, elapsed time.Duration) []uint64 {
	if q.Creator == "" {
		state := q.State
		if state == "" {
			state = "all"
		}
		return p.hits(q.Query, state, limit, elapsed)
	}
	creator, ok := p.world.userIndex(q.Creator)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(p.world.spacesOf(creator), func(index uint64) bool {
		return !showing(p.stateAt(index, elapsed))
	})
}

// showing tells whether searches and creators show a Space in this state.
func showing(state string) bool { return state == stateLive || state == stateScheduled }

// titleIndex remembers which titles have the words of a search: titles never
// change, and a job asks the same again and again.
type titleIndex struct {
	mu    sync.Mutex
	found map[string][]uint64
}

// keptSearches bounds a titleIndex, which then begins anew.
const keptSearches = 200

func newTitleIndex() *titleIndex { return &titleIndex{found: map[string][]uint64{}} }

func (t *titleIndex) with(words []string, w *world) []uint64 {
	key := strings.Join(words, " ")
	t.mu.Lock()
	defer t.mu.Unlock()
	found, ok := t.found[key]
	if ok {
		return found
	}
	for index := range min(w.spaces, searchable) {
		if title, _ := w.title(index); hasWords(title, words) {
			found = append(found, index)
		}
	}
	if len(t.found) >= keptSearches {
		clear(t.found)
	}
	t.found[key] = found
	return found
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
		n := len(p.hits(word, "all", 91, p.elapsed()))
		if n >= 10 && n <= 90 {
			return word
		}
		if n > most && n <= 90 || most == 0 {
			best, most = word, n
		}
	}
	return best
}
