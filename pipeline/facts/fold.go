package facts

import (
	"context"
	"sync"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/schemas"
)

// Received is a page that was received, and its facts.
type Received struct {
	landing.Entry
	*Facts
	Counts bool // it is the one of its id that was fetched last
}

// Fold shows every page of a run, in the order received, to all that derive
// something from its facts, so that it is read and decoded once for all, and
// not at all where known has its facts.
func Fold(ctx context.Context, pages *landing.Reader, known *Known, take ...func(Received)) error {
	var buffers landing.Buffers
	for _, e := range pages.Received() {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := known.of(e)
		if f == nil {
			page, err := pages.ReadInto(e, &buffers)
			if err != nil {
				return err
			}
			if f, err = Examine(page); err != nil {
				return err
			}
		}
		for _, t := range take {
			t(Received{e, f, pages.Counts(e)})
		}
	}
	return nil
}

// knownBytes bounds what Known keeps, about, in memory.
const knownBytes = 32 << 20

// Known keeps the facts of the pages of one run that a process has examined
// itself, as long as they are few: the others are examined again. A nil Known
// keeps none.
type Known struct {
	mu    sync.Mutex
	facts map[sighting]*Facts
	bytes int
}

// sighting names a page that was received.
type sighting struct {
	id     string
	micros int64
}

// Add keeps the facts of a page.
func (k *Known) Add(page *schemas.Page, f *Facts) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	size := f.size()
	if k.bytes+size > knownBytes {
		return
	}
	if k.facts == nil {
		k.facts = map[sighting]*Facts{}
	}
	k.bytes += size
	k.facts[sighting{page.ID, page.FetchedAt.UnixMicro()}] = f
}

func (k *Known) of(e landing.Entry) *Facts {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.facts[sighting{e.PageID, e.FetchedAt.UnixMicro()}]
}

// size is about how many bytes the facts take.
func (f *Facts) size() int {
	const header = 16 // of a string
	n := 512 + len(f.Spaces)*4*header
	lists := [][]string{f.Users, f.Resolved, f.Referred, f.Mentioned, f.Missing, f.Request.IDs}
	for _, ids := range f.objects {
		lists = append(lists, ids)
	}
	for _, ids := range lists {
		for _, id := range ids {
			n += header + len(id)
		}
	}
	return n
}
