package pipeline

import (
	"context"
	"net/http"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// payment is one page being paid for: what was sent for it so far, and what that
// can cost. It is the gate that the requests for the page pass, and belongs to
// the goroutine that fetches the page.
type payment struct {
	crawl   *crawl
	request schemas.Request
	most    schemas.Money // that one answer can cost
	aside   schemas.Money // in the purse
	open    int           // requests sent whose answer is, or may be, charged
	spare   bool          // most is set aside for a request that was not sent yet
	slot    bool          // one of crawl.slots is taken
}

var _ schemas.Gate = (*payment)(nil)

// Sending notes that a request is about to be sent and waits until no more than
// Workers are under way.
func (p *payment) Sending(ctx context.Context, r schemas.Request) (answered func(status int, page bool), err error) {
	if err := p.enter(ctx); err != nil {
		return nil, err
	}
	if r.ID() != p.request.ID() {
		return p.aid(r)
	}
	if err := p.begin(); err != nil {
		p.leave()
		return nil, err
	}
	note := p.note(r)
	if err := p.write(note); err != nil {
		p.leave()
		return nil, err
	}
	p.spare = false
	p.open++
	return func(status int, page bool) { p.answered(note, status, page) }, nil
}

// begin sets aside what the request can cost, if an earlier one for the page
// may be charged, too. It does not wait for others' answers: they may wait for
// this one's rate window.
func (p *payment) begin() error {
	if p.spare {
		return nil
	}
	if err := p.crawl.purse.Repeat(p.request.Endpoint, p.most); err != nil {
		return err
	}
	p.spare, p.aside = true, p.aside+p.most
	return nil
}

// answered notes what came of a request. A page lands next.
func (p *payment) answered(note store.Sent, status int, page bool) {
	if page {
		return
	}
	p.leave()
	if !chargeable(status) {
		p.open--
		p.spare = true
		p.refused(note)
	}
}

// aid notes a request that is sent for another page's sake, to find out whose a
// token is. What it brings does not land.
func (p *payment) aid(r schemas.Request) (answered func(int, bool), err error) {
	note := p.note(r)
	if err := p.write(note); err != nil {
		p.leave()
		return nil, err
	}
	return func(status int, _ bool) {
		p.leave()
		if !chargeable(status) {
			p.refused(note)
		}
	}, nil
}

// chargeable reports whether an answer may have been charged: X charges for
// successful ones only. A gateway that gave up does not know what the server
// behind it did, and nor does anybody without an answer.
func chargeable(status int) bool {
	switch status {
	case schemas.Unanswered, http.StatusOK, http.StatusBadGateway, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// end books that every answer which may have been charged cost so much, at a
// time by the server's clock.
func (p *payment) end(each schemas.Money, at time.Time) {
	p.crawl.purse.Book(p.aside, each*schemas.Money(p.open), at)
	p.leave()
}

// lose books that nothing came of it: what may have been charged is lost.
func (p *payment) lose() { p.end(p.most, p.crawl.purse.Time()) }

// enter takes a slot, unless the payment has one.
func (p *payment) enter(ctx context.Context) error {
	if p.slot {
		return nil
	}
	select {
	case p.crawl.slots <- struct{}{}:
		p.slot = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *payment) leave() {
	if p.slot {
		p.slot = false
		<-p.crawl.slots
	}
}

func (p *payment) note(r schemas.Request) store.Sent {
	return store.Sent{At: p.crawl.p.Now().UTC(), PageID: r.ID(), Endpoint: r.Endpoint, IDs: len(r.IDs)}
}

// write writes a note, or says that nothing can be sent.
func (p *payment) write(n store.Sent) error {
	if err := p.crawl.sent.Write(n); err != nil {
		return &LandingError{err}
	}
	return nil
}

// refused notes that a request was not charged. Without the note it counts as
// charged.
func (p *payment) refused(n store.Sent) {
	n.Failed = true
	_ = p.write(n)
}
