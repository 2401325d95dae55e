package extract

import (
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// EventKind says what an Event tells of.
type EventKind string

// The kinds of event.
const (
	EventWait     EventKind = "wait"      // a rate limit: the request goes out at Until
	EventRetry    EventKind = "retry"     // a temporary failure: the next try is at Until
	EventSetAside EventKind = "set-aside" // a token is no good; the others go on
	EventDropped  EventKind = "dropped"   // the server refused a field or an expansion
	EventClock    EventKind = "clock"     // our clock is off: times are corrected by the server's
	EventRequest  EventKind = "request"   // a request came to its end, with an answer or without
)

// Event tells what a fetch does, mostly instead of fetching.
type Event struct {
	Kind     EventKind
	Endpoint schemas.Endpoint
	Token    string        // wait, set-aside, request: which token, never the token itself
	Until    time.Time     // wait, retry: when it goes on
	Wait     time.Duration // wait, retry: how long that is
	Limit    LimitKind     // wait: which limit
	Tries    int           // retry: failed tries so far
	Reason   string        // one line
	Dropped  Dropped       // dropped: what was refused
	Sent     Sent          // request: what was sent and what came
}

// Dropped is a field or an expansion that the server refused. It is left out
// of every later request.
type Dropped struct {
	Param string // space.fields, expansions, …
	Value string
	// Data is the kind of data whose endpoints do without the value; empty for
	// fields, which are dropped wherever the parameter is sent.
	Data   schemas.Object
	Reason string // what the server said
}
