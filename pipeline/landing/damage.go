package landing

import (
	"fmt"
	"path/filepath"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Torn is the end of a segment that is no whole page and that no manifest
// counts: what a process that died left of a page, or one that is being landed.
type Torn struct {
	File  string
	At    int64 // offset
	Bytes int64
	page  string // id, where its header is whole
}

func (t Torn) String() string {
	return fmt.Sprintf("%s: the last %d bytes, from byte %d on, are not a whole page", t.File, t.Bytes, t.At)
}

// DamageError is landed pages that are not what was landed, or are not there.
type DamageError struct {
	File string // segment, or the run's folder
	Page string // id, where it is known
	What string
	// Counted: a manifest counts it, so that it is not fetched again.
	Counted  bool
	Endpoint schemas.Endpoint // of the segment; empty of the run's folder
	Pages    int              // how many it is; 0 where nobody knows
}

// NewPruned is the damage of a run whose pages were pruned, where what was to last of
// them is lost, too.
func NewPruned(p *PrunedError, pages int) *DamageError {
	return &DamageError{File: filepath.Join(store.Dir(p.Store).Raw(), p.Run), Pages: pages, What: p.Error(), Counted: true}
}

// Count is how many pages are damaged, at least.
func (e *DamageError) Count() int { return max(e.Pages, 1) }

func (e *DamageError) Error() string {
	page := ""
	if e.Page != "" {
		page = ", page " + e.Page
	}
	next := "restore it from a backup"
	if !e.Counted {
		next += ", or delete it to fetch its pages again"
	}
	return fmt.Sprintf("landing %s%s: %s: %s", e.File, page, e.What, next)
}

// Damage says what is wrong with a page that a manifest counts, or none does.
func (e Entry) Damage(what string, counted bool) *DamageError {
	return &DamageError{File: e.File(), Page: e.PageID, What: what, Counted: counted, Endpoint: e.Endpoint, Pages: 1}
}
