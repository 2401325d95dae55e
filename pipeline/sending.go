package pipeline

import (
	"context"
	"net/http"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// call is one page being paid for: what was sent for it so far, and what that
// can cost. It belongs to the goroutine that fetches the page.
type call struct {
	pipeline *Pipeline
	request  schemas.Request
	most     schemas.Money // that one answer can cost
	aside    schemas.Money // in the purse
	open     int           // requests sent whose answer is, or may be, charged
	spare    bool          // most is set aside for a request that was not sent yet
	slot     bool          // one of Pipeline.slots is taken
}

type callKey struct{}

// newCall sets aside what one answer to r can cost. After nil the caller must
// call end.
func (p *Pipeline) newCall(ctx context.Context, r schemas.Request) (*call, error) {
	most := p.purse.most(r, p.Plan.Expansions(r.Endpoint))
	if err := p.purse.reserve(ctx, r.Endpoint, most); err != nil {
		return nil, err
	}
	return &call{pipeline: p, request: r, most: most, aside: most, spare: true}, nil
}

// Sending notes that a request is about to be sent, waits until no more than
// Workers are under way, and returns what notes the answer: its HTTP status,
// and whether it has become a page. A status of 0 is no answer, or none that can
// be read; below 0 the request never arrived. A Fetcher calls it, with the
// context it was given, before each request it sends for a page, and sends
// nothing after an error. See Tells.
func (p *Pipeline) Sending(ctx context.Context, r schemas.Request) (answered func(status int, page bool), err error) {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return func(int, bool) {}, nil // of no page
	}
	if err := c.enter(ctx); err != nil {
		return nil, err
	}
	if r.ID() != c.request.ID() {
		return c.aid(r)
	}
	if err := c.begin(); err != nil {
		c.leave()
		return nil, err
	}
	note := p.note(r)
	if err := p.write(note); err != nil {
		c.leave()
		return nil, err
	}
	c.spare = false
	c.open++
	return func(status int, page bool) { c.answered(note, status, page) }, nil
}

// begin sets aside what the request can cost, if an earlier one for the page
// may be charged, too. It does not wait for others' answers: they may wait for
// this one's rate window.
func (c *call) begin() error {
	if c.spare {
		return nil
	}
	if err := c.pipeline.purse.again(c.request.Endpoint, c.most); err != nil {
		return err
	}
	c.spare, c.aside = true, c.aside+c.most
	return nil
}

// answered notes what came of a request. A page lands next.
func (c *call) answered(note sentNote, status int, page bool) {
	if page {
		return
	}
	c.leave()
	if !chargeable(status) {
		c.open--
		c.spare = true
		c.pipeline.refused(note)
	}
}

// aid notes a request that is sent for another page's sake, to find out whose a
// token is. What it brings does not land.
func (c *call) aid(r schemas.Request) (answered func(int, bool), err error) {
	note := c.pipeline.note(r)
	if err := c.pipeline.write(note); err != nil {
		c.leave()
		return nil, err
	}
	return func(status int, _ bool) {
		c.leave()
		if !chargeable(status) {
			c.pipeline.refused(note)
		}
	}, nil
}

// chargeable reports whether an answer may have been charged: X charges for
// successful ones only. A gateway that gave up does not know what the server
// behind it did, and nor does anybody without an answer.
func chargeable(status int) bool {
	switch status {
	case 0, http.StatusOK, http.StatusBadGateway, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// end books that every answer which may have been charged cost so much, at a
// time by the server's clock.
func (c *call) end(each schemas.Money, at time.Time) {
	c.pipeline.purse.book(c.aside, each*schemas.Money(c.open), at)
	c.leave()
}

// lose books that nothing came of it: what may have been charged is lost.
func (c *call) lose() { c.end(c.most, c.pipeline.purse.time()) }

// enter takes a slot, unless the call has one.
func (c *call) enter(ctx context.Context) error {
	if c.slot || c.pipeline.slots == nil {
		return nil
	}
	select {
	case c.pipeline.slots <- struct{}{}:
		c.slot = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *call) leave() {
	if c.slot {
		c.slot = false
		<-c.pipeline.slots
	}
}

func (p *Pipeline) note(r schemas.Request) sentNote {
	return sentNote{At: p.Now().UTC(), PageID: r.ID(), Endpoint: r.Endpoint, IDs: len(r.IDs)}
}

// write writes a note, or says that nothing can be sent.
func (p *Pipeline) write(n sentNote) error {
	if err := p.sent.write(p.Store.sentPath(p.Run.RunID), n); err != nil {
		return &LandingError{err}
	}
	return nil
}

// refused notes that a request was not charged. Without the note it counts as
// charged.
func (p *Pipeline) refused(n sentNote) {
	n.Failed = true
	_ = p.write(n)
}
