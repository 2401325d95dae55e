package pipeline

import (
	"crypto/sha256"
	"fmt"

	"github.com/spacesetl/spacesetl/pipeline/facts"
)

// seen is what the pages of a collection have brought so far.
type seen struct {
	tokens map[string]bool
	ids    map[string]bool
	data   map[[sha256.Size]byte]bool
	idle   int // pages since something new came
}

func newSeen() *seen {
	return &seen{tokens: map[string]bool{}, ids: map[string]bool{}, data: map[[sha256.Size]byte]bool{}}
}

// stuck takes in a page and says why the next is not worth asking for; empty if
// it is.
func (s *seen) stuck(f *facts.Facts) string {
	_, ids := f.Data()
	fresh := len(ids) == 0 && f.Rows > 0 && !s.data[f.DataDigest]
	s.data[f.DataDigest] = true
	for _, id := range ids {
		fresh = fresh || !s.ids[id]
		s.ids[id] = true
	}
	if s.idle++; fresh {
		s.idle = 0
	}
	switch token := f.Next.Token; {
	case s.tokens[token]:
		return "the server gives the token of an earlier page again"
	case s.idle >= maxIdle:
		return fmt.Sprintf("%d pages in a row brought nothing new", s.idle)
	default:
		s.tokens[token] = true
		return ""
	}
}
