package schemas

// Outcome says how a run ended. All but Done can be resumed.
type Outcome string

// The outcomes of a run.
const (
	Done         Outcome = "done"
	Failed       Outcome = "failed"
	Capped       Outcome = "capped"       // usage cap, spend cap or credits used up
	Unauthorised Outcome = "unauthorised" // a token was refused
	Waiting      Outcome = "waiting"      // deadline or rate window not waited for
	Interrupted  Outcome = "interrupted"  // by a signal, after a clean checkpoint
)

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
)
