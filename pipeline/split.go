package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/schemas"
)

// EndpointError is an endpoint that refuses whatever it is asked, in the same
// words, which do not say that it is for the sake of what was asked for. The others go
// on, and the next run asks it again.
type EndpointError struct {
	Endpoint schemas.Endpoint
	Says     string
}

func (e *EndpointError) Error() string {
	return fmt.Sprintf("%s: the API refuses every request, whatever it asks for (%s): see what the app and its token may do, then run again", e.Endpoint, e.Says)
}

// Stop ends the endpoint.
func (e *EndpointError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Failed, schemas.EndpointScope
}

// batch asks for what a request asks for: in one answer, in smaller ones where
// the budget does not allow that, and where the API refuses the whole, without
// the members for whose sake it does. What was asked in parts before a crash stays
// so: the parts have landed.
func (c *crawl) batch(ctx context.Context, r schemas.Request) error {
	refused, err := c.ask(ctx, r)
	if err != nil || refused == nil {
		return err
	}
	return c.split(ctx, r, refused)
}

// ask is batch, but returns the refusal of a batch instead of splitting it.
func (c *crawl) ask(ctx context.Context, r schemas.Request) (*facts.Refusal, error) {
	parts := c.smaller(r)
	if len(parts) > 0 && c.resumed && !c.p.pages.Has(r.ID()) && c.reduced(r) {
		return nil, c.each(ctx, parts)
	}
	refused, err := c.collection(ctx, r)
	var over *money.BudgetError
	_, scope := verdict(ctx, err)
	switch {
	case err == nil && refused != nil && refused.Kind == schemas.GapTooLarge && len(parts) > 0:
		return nil, c.each(ctx, parts)
	case err == nil || len(parts) == 0:
		return refused, err
	case errors.As(err, &over):
		return nil, c.each(ctx, parts)
	case scope == schemas.RequestScope && len(r.IDs) > 1 && ctx.Err() == nil:
		return nil, c.each(ctx, parts) // one of them can be what the server fails at
	}
	return refused, err
}

// each asks for parts of a request, one after the other. What ends one of them
// only does not keep the others.
func (c *crawl) each(ctx context.Context, parts []schemas.Request) (later error) {
	for _, part := range parts {
		refused, err := c.part(ctx, part)
		if err == nil && refused != nil {
			err = c.split(ctx, part, refused)
		}
		if ends(ctx, err) {
			return err
		}
		later = cmp.Or(later, err)
	}
	return later
}

// fewIDs are so few that asking for each alone takes no more requests than finding
// out that it is all of them.
const fewIDs = 4

// split asks for the members of a refused batch without those for whose sake it
// was refused. Those that the answer names are asked for alone; where it names
// none the batch is halved. It is a function of the refusal, which has landed.
func (c *crawl) split(ctx context.Context, r schemas.Request, refused *facts.Refusal) error {
	if len(refused.Named) > 0 {
		rest := r
		rest.IDs = slices.DeleteFunc(slices.Clone(r.IDs), func(id string) bool { return slices.Contains(refused.Named, id) })
		var parts []schemas.Request
		for _, id := range refused.Named {
			parts = append(parts, only(r, id))
		}
		return c.each(ctx, append(parts, rest))
	}
	first, second := halves(r)
	a, later := c.part(ctx, first)
	if ends(ctx, later) {
		return later
	}
	b, err := c.part(ctx, second)
	if ends(ctx, err) {
		return err
	}
	later = cmp.Or(later, err)
	same := a != nil && b != nil && a.Words == b.Words && len(a.Named)+len(b.Named) == 0
	if same && !a.OfMembers && len(r.IDs) > fewIDs && !c.walk.works(r.Endpoint) {
		if err := c.probe(ctx, a, first, second); err != nil {
			return err
		}
	}
	if a != nil {
		if err = c.split(ctx, first, a); ends(ctx, err) {
			return err
		}
		later = cmp.Or(later, err)
	}
	if b != nil {
		later = cmp.Or(c.split(ctx, second, b), later)
	}
	return later
}

// probes are the members that are asked for alone in each half of a batch. Two, as
// one member that is refused can be in each half, and one alone would stand for all.
const probes = 2

// probe asks for some members of each half alone, since a batch does not tell whether
// some of its members are refused or all. Which ones depends on the run, so that
// members that are refused cannot stand for the others in every run. One that is refused
// for another reason stands for none. Where it is all, it was not for their own sake:
// they are asked for again, as the others are.
func (c *crawl) probe(ctx context.Context, refused *facts.Refusal, halves ...schemas.Request) error {
	var probed []string
	for i := range probes {
		for _, half := range halves {
			pick := int(crc32.ChecksumIEEE([]byte(c.p.Run.RunID+half.ID()))%uint32(len(half.IDs))) + i
			one := only(half, half.IDs[pick%len(half.IDs)])
			probed = append(probed, one.IDs...)
			if _, err := c.part(ctx, one); err != nil || c.walk.works(one.Endpoint) {
				return err
			}
			if f, err := c.extract(ctx, one, false); err != nil || f.Refused != nil && f.Refused.Words != refused.Words {
				return err
			}
		}
	}
	err := &EndpointError{halves[0].Endpoint, refused.Says}
	c.walk.lack(halves[0], probed, schemas.GapTemporary, err.Error())
	return err
}

// ends reports whether an error ends more than one request.
func ends(ctx context.Context, err error) bool {
	_, scope := verdict(ctx, err)
	return err != nil && scope != schemas.LaterScope
}

// part is ask for a part of a batch: what ends only that is noted here.
func (c *crawl) part(ctx context.Context, r schemas.Request) (*facts.Refusal, error) {
	refused, err := c.ask(ctx, r)
	if _, scope := verdict(ctx, err); err != nil && (scope == schemas.RequestScope || scope == schemas.CollectionScope) {
		c.end(ctx, r, err)
		return nil, nil
	}
	return refused, err
}

// only asks for one member of a batch.
func only(r schemas.Request, id string) schemas.Request {
	r.IDs = []string{id}
	return r
}

func halves(r schemas.Request) (first, second schemas.Request) {
	first, second = r, r
	middle := (len(r.IDs) + 1) / 2
	first.IDs, second.IDs = r.IDs[:middle], r.IDs[middle:]
	return first, second
}

// smaller are requests that ask for the same and can each cost less: half the
// ids, fewer results on each page of a collection, or the same without people,
// who are then looked up. Of a search, which has one page, fewer results are the
// last resort, and so are pages of a few results of a collection. None if there is
// none.
func (c *crawl) smaller(r schemas.Request) []schemas.Request {
	spec := r.Endpoint.Spec()
	fewer, hasFewer := c.fewer(r)
	lean, hasLean := c.lean(r)
	switch {
	case len(r.IDs) > 1 && spec.IDParam != "":
		first, second := halves(r)
		return []schemas.Request{first, second}
	case r.Token != "": // it goes on as it began
	case hasFewer && !(hasLean && (r.Endpoint == schemas.Search || fewer.Max < fewResults)):
		return []schemas.Request{fewer}
	case hasLean:
		return []schemas.Request{lean}
	}
	return nil
}

// fewResults are so few on a page that doing without people comes first.
const fewResults = 12

// fewer asks for fewer results on a page, if it can be fewer.
func (c *crawl) fewer(r schemas.Request) (schemas.Request, bool) {
	r.Max = cmp.Or(r.Max, schemas.MaxResults) / 2
	return r, (r.Endpoint == schemas.Search || r.Endpoint.Spec().Paged) && r.Max >= schemas.LeastResults(r.Endpoint)
}

// lean asks for the same without the people that expansions bring in, if they do.
func (c *crawl) lean(r schemas.Request) (schemas.Request, bool) {
	can := !r.Lean && !c.p.Plan.NoExpand && slices.ContainsFunc(c.p.Plan.Expansions(r.Endpoint), schemas.ExpandsUsers)
	r.Lean = true
	return r, can
}

// reduced reports whether a smaller part of the request has landed.
func (c *crawl) reduced(r schemas.Request) bool {
	return slices.ContainsFunc(c.smaller(r), func(part schemas.Request) bool { return c.p.pages.Has(part.ID()) || c.reduced(part) })
}
