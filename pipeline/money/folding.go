package money

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// folding is one run being taken into the ledger.
type folding struct {
	*Ledger
	run   string
	plan  store.Plan
	known *facts.Known

	received int
	damaged  []*landing.DamageError
	lost     []landing.Sent
	last     time.Time // when the latest page was billed
}

// pages books the pages of the run.
func (f *folding) pages(ctx context.Context, d store.Dir, others ...func(facts.Received)) error {
	pages, err := landing.OpenSalvage(d, f.run)
	var received []string
	var pruned *landing.PrunedError
	switch {
	case errors.As(err, &pruned): // and what is lasting of them is lost
		m, _ := d.Manifest(f.run) // was read to find it
		f.damaged = append(f.damaged, landing.NewPruned(pruned, m.Run.Pages))
		return nil
	case errors.Is(err, landing.ErrNone):
	case err != nil:
		return err
	default:
		defer pages.Close()
		for _, e := range pages.Received() {
			received = append(received, e.PageID)
		}
	}
	f.received = len(received)
	if f.lost, err = landing.Unanswered(d, f.run, received); err != nil || pages == nil {
		return err
	}
	landed := map[string]bool{}
	for _, id := range received {
		landed[id] = true
	}
	for _, damage := range pages.Damaged() {
		f.found(damage, landed)
	}
	observed := facts.Observe(f.plan)
	if f.plan.Import != "" { // nobody paid for it, and nothing of it is followed
		f.damaged, err = facts.Fold(ctx, pages, f.known)
		return err
	}
	takers := append([]func(facts.Received){f.page, func(p facts.Received) { observed.Page(p.Facts) }}, others...)
	if f.damaged, err = facts.Fold(ctx, pages, f.known, takers...); err != nil {
		return err
	}
	observed.Into(f.History)
	return nil
}

// found takes the requests for damaged pages off those that were lost: they were
// answered. Where the pages' ids are not known it is of each page the last request,
// the earliest pages first: what a crash loses is asked for last.
func (f *folding) found(damage *landing.DamageError, landed map[string]bool) {
	last, again := map[string]int{}, map[string]int{} // by page, in f.lost; again of pages that landed, too
	for i, n := range f.lost {
		switch {
		case damage.Endpoint != "" && n.Endpoint != damage.Endpoint, damage.Page != "" && n.PageID != damage.Page:
		case landed[n.PageID]:
			again[n.PageID] = i
		default:
			last[n.PageID] = i
		}
	}
	drop := append(slices.Sorted(maps.Values(last)), slices.Sorted(maps.Values(again))...)
	switch {
	case damage.Pages > 0:
		drop = drop[:min(damage.Pages, len(drop))]
	default: // nobody knows how many
		drop = drop[:len(last)]
	}
	slices.Sort(drop)
	for _, i := range slices.Backward(drop) {
		f.lost = slices.Delete(f.lost, i, i+1)
	}
}

// page books a page, and what was lost of it before, by this run or an earlier
// one: its repetition says what that held.
func (f *folding) page(p facts.Received) {
	f.lost = slices.DeleteFunc(f.lost, func(n landing.Sent) bool {
		if n.PageID != p.PageID {
			return false
		}
		f.book(f.run, Day(n.At), p.Facts, true)
		lost := lostOf(f.run, n, f.plan.Expansions(n.Endpoint))
		f.more(&lost, p.Facts, p.FetchedAt)
		return true
	})
	sent := landing.Sent{At: p.BilledAt, PageID: p.PageID, Endpoint: p.Endpoint, IDs: len(p.Request.IDs), Members: landing.Members(p.Request), Max: p.Request.Max, Lean: p.Request.Lean}
	switch {
	case p.OK:
		sent.At = p.FetchedAt
		f.settle(sent, f.plan.Expansions(p.Endpoint), p.Facts)
	case p.TooLarge():
		lost := lostOf(f.run, sent, f.plan.Expansions(p.Endpoint))
		f.add(&lost, 1)
	}
	f.book(f.run, Day(p.BilledAt), p.Facts, false)
	if p.BilledAt.After(f.last) {
		f.last = p.BilledAt
	}
}

// rest books what was lost and not repeated yet.
func (f *folding) rest() {
	for _, n := range f.lost {
		f.assume(f.run, n, f.plan.Expansions(n.Endpoint))
	}
}
