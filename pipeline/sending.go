package pipeline

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/money"
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
	note.Covered = p.open == 0 && p.crawl.purse.Lent(note.PageID)
	if err := p.write(note); err != nil {
		p.leave()
		return nil, err
	}
	p.spare = false
	p.open++
	return func(status int, page bool) { p.answered(note, status, page) }, nil
}

// begin sets aside what the request can cost, unless that is done. It does not wait
// for others' answers: they may wait for this one's. One that does not fit beside
// them, and may have cost nothing so far, goes behind them.
func (p *payment) begin() error {
	if p.spare {
		return nil
	}
	if err := p.crawl.purse.Repeat(p.request.Endpoint, p.most); err != nil {
		var over *money.BudgetError
		_, aside := p.crawl.purse.Booked()
		if p.open == 0 && aside > 0 && errors.As(err, &over) && !over.Never() {
			return &behindError{err.Error()}
		}
		return err
	}
	p.spare, p.aside = true, p.aside+p.most
	return nil
}

// behindError is a request that does not fit into the budget as long as others'
// answers are out.
type behindError struct{ says string }

func (e *behindError) Error() string { return e.says }

// Stop puts the request behind the others.
func (e *behindError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Capped, schemas.LaterScope
}

// answered notes what came of a request. A page lands next.
func (p *payment) answered(note landing.Sent, status int, page bool) {
	if page {
		return
	}
	p.leave()
	if !chargeable(status) {
		p.open--
		p.refused(note)
		if p.spare = p.open > 0; !p.spare { // it may wait for long now: others may spend what it does not
			p.crawl.purse.Book(money.Charge{Want: p.want(), Aside: p.aside})
			p.aside = 0
		}
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

// end books what every answer cost that may have been charged.
func (p *payment) end(c money.Charge) {
	c.Want, c.Aside, c.Answers = p.want(), p.aside, p.open
	p.crawl.purse.Book(c)
	p.leave()
}

func (p *payment) want() money.Want {
	r := p.request
	return money.Want{Endpoint: r.Endpoint, PageID: r.ID(), IDs: landing.Members(r), Most: p.most}
}

// lose books that nothing came of it, at a time by the server's clock: what may
// have been charged is lost.
func (p *payment) lose(at time.Time) { p.end(money.Charge{Each: p.most, At: at, Lost: true}) }

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

func (p *payment) note(r schemas.Request) landing.Sent {
	return landing.Sent{At: p.crawl.p.Now().UTC(), PageID: r.ID(), Endpoint: r.Endpoint, IDs: len(r.IDs), Members: landing.Members(r), Max: r.Max, Lean: r.Lean}
}

// write writes a note, or says that nothing can be sent.
func (p *payment) write(n landing.Sent) error {
	if err := p.crawl.sent.Write(n); err != nil {
		return &LandingError{err}
	}
	return nil
}

// refused notes that a request was not charged. Without the note it counts as
// charged.
func (p *payment) refused(n landing.Sent) {
	n.Failed = true
	_ = p.write(n)
}
