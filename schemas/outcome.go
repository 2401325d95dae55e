package schemas

// Outcome says how a run ended.
type Outcome string

// The outcomes of a run.
const (
	Done         Outcome = "done"           // all that was asked for came
	DoneWithGaps Outcome = "done_with_gaps" // all was asked for; what did not come is listed
	Failed       Outcome = "failed"
	Capped       Outcome = "capped"       // usage cap, spend cap or credits used up
	Unauthorised Outcome = "unauthorised" // a token was refused
	Waiting      Outcome = "waiting"      // deadline or rate window not waited for
	Interrupted  Outcome = "interrupted"  // by a signal, after a clean checkpoint
)

// Complete reports whether a run has asked for all it was to ask for.
func (o Outcome) Complete() bool { return o == Done || o == DoneWithGaps }

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
