package schemas

import "context"

// Gate is passed by every request of a fetch. Whoever asks for a page gives it
// to whoever fetches, to count what is sent, to bound it or to end it.
type Gate interface {
	// Sending is called right before each HTTP request, in the goroutine that
	// fetches and with its context: after the wait for a rate window, with the
	// token at hand. Requests for another page's sake, which find out whose a
	// token is, pass it too: r is then not the page asked for.
	//
	// It may wait for other requests' answers, but not for a rate window, which
	// they may be waiting for. An error ends the request unsent and is returned
	// from the fetch.
	//
	// Unless it is nil, answered is called once, in the same goroutine, with the
	// HTTP status, Unanswered or Unsent, and whether the answer has become a page.
	Sending(ctx context.Context, r Request) (answered func(status int, page bool), err error)
}

// What a Gate is told where there is no status to tell.
const (
	Unanswered = 0  // no answer, or none that can be read: the server may have had the request
	Unsent     = -1 // the server never had it
)

// Laned is what a fetcher also is that knows what a request waits for. One that
// is not has one lane.
type Laned interface {
	// Lane names what r waits for: requests of one lane wait for the same rate
	// windows, those of different lanes do not wait for each other.
	Lane(r Request) string
}

// Stopper is what an error of a fetch also is that knows what it puts an end to.
// Any other error ends the run, which has failed.
type Stopper interface {
	error
	// Stop says how what has ended ends, and what that is.
	Stop() (Outcome, Scope)
}

// Scope says what an error puts an end to.
type Scope uint8

const (
	// RunScope: nothing more can be fetched. The zero Scope.
	RunScope Scope = iota
	// EndpointScope: the other endpoints go on.
	EndpointScope
	// RequestScope: the other requests go on.
	RequestScope
	// CollectionScope: the page token no longer works; the collection starts
	// again from its first page, once.
	CollectionScope
	// LaterScope: the request failed as often as one is tried at once, and no
	// other was answered meanwhile, so that it may be the server: others go first,
	// and then it is tried again.
	LaterScope
)
