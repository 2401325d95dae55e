package facts

import (
	"context"
	"errors"
	"slices"
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
// not at all where known has its facts. Pages that cannot be read are passed over:
// damaged are those, with what opening the run has passed over.
func Fold(ctx context.Context, pages *landing.Reader, known *Known, take ...func(Received)) (damaged []*landing.DamageError, err error) {
	damaged = slices.Clone(pages.Damaged())
	var buffers landing.Buffers
	for _, e := range pages.Received() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f := known.of(e)
		if f == nil {
			f, err = read(ctx, pages, e, &buffers)
		}
		var damage *landing.DamageError
		if errors.As(err, &damage) {
			damaged, err = append(damaged, damage), nil
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, t := range take {
			t(Received{e, f, pages.Counts(e)})
		}
	}
	return damaged, nil
}

// read examines a page. One that is as it was landed and is no answer that can be
// decoded is damaged, too: it will be no other the next time.
func read(ctx context.Context, pages *landing.Reader, e landing.Entry, buffers *landing.Buffers) (*Facts, error) {
	page, err := pages.ReadInto(e, buffers)
	if err != nil {
		return nil, err
	}
	f, err := Examine(ctx, page)
	if err != nil && errors.Is(err, ctx.Err()) {
		return nil, err
	}
	if err != nil {
		return nil, e.Damage(err.Error(), true)
	}
	return f, nil
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
	n := 512
	for _, s := range f.Spaces {
		n += 9*header + len(s.ID) + len(s.CreatorID) + len(s.Title)
	}
	lists := [][]string{f.Users, f.Resolved, f.Referred, f.Mentioned, f.Missing, f.Request.IDs, f.Unaskable, f.NotFound, f.Withheld, f.Absent}
	if r := f.Refused; r != nil {
		lists = append(lists, r.Named, []string{r.Words})
	}
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
