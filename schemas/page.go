package schemas

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// Request names one page of the API: plain values, no secret, JSON-serialisable.
// Fields and expansions are not part of it: they follow from the dialect and
// from what the server accepts, and stand in Page.Params.
type Request struct {
	Endpoint Endpoint `json:"endpoint"`
	// IDs are Space ids, user ids or usernames, 1 to 100, in sending order;
	// one Space id for Space, Buyers and Tweets, none for Search.
	IDs   []string `json:"ids,omitempty"`
	Query string   `json:"query,omitempty"` // Search; of Usage the number of days
	State string   `json:"state,omitempty"` // Search only: live, scheduled, all
	Token string   `json:"token,omitempty"` // pagination_token, opaque
	// Max is max_results of Search, Buyers and Tweets; 0 asks for MaxResults.
	Max int `json:"max,omitempty"`
	// Lean asks without the expansions that bring in users, which X may bill.
	Lean bool `json:"lean,omitempty"`
	// Offset counts the items on the pages before this one, so that rows of a
	// paged collection keep their position.
	Offset int `json:"offset,omitempty"`
	// Look is when a page that is asked for again and again in one run was due, in
	// seconds since 1970; 0 of what is asked for once.
	Look int64 `json:"look,omitempty"`
	// Creator is the user id of the Space's creator, where it is known: whose
	// token can ask for its buyers. It is a hint, not part of the request: it
	// does not count for ID and is not written.
	Creator string `json:"-"`
}

// ID is a stable hash of the request, 26 characters of lower-case base32:
// equal requests have equal ids in every run and on every machine.
func (r Request) ID() string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and an int always marshal
	}
	sum := sha256.Sum256(text)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}

// Page is one answer of the API as received, with what is needed to read it
// again without the API: a successful page, or a refusal that is an answer
// about what was asked for (Status 4xx and the problem as Body).
type Page struct {
	RunID     string    `json:"run_id"`
	ID        string    `json:"page_id"` // Request.ID()
	Request   Request   `json:"request"`
	Params    Params    `json:"params"`     // fields and expansions as sent
	FetchedAt time.Time `json:"fetched_at"` // UTC, microseconds
	Status    int       `json:"status"`     // HTTP; NotTaken where the answer is not the Body
	Headers   Headers   `json:"headers"`
	Attempts  int       `json:"attempts"`          // 1 when the first try succeeded
	Account   string    `json:"account,omitempty"` // name of the token that asked, never the token
	WaitedMS  int64     `json:"waited_ms"`         // backoff and rate windows, all attempts
	Text      string    `json:"text,omitempty"`    // first 4 KiB of a refusal that was not JSON
	// NextToken is meta.next_token of the body; empty on a last page.
	NextToken string `json:"next_token,omitempty"`
	// Removed is how many members were taken out of the body, see WithoutPrivate:
	// all else, and every checksum, is of what was kept.
	Removed int             `json:"removed,omitempty"`
	Body    json.RawMessage `json:"body"` // JSON as received; null when Text is set
}

// NotTaken is the Status of a page whose answer was too large to be taken; its
// Body is the problem that NewProblem made.
const NotTaken = 0

// NewProblem is the body of a refusal that is ours, in the form that the API's own
// have: a kind, such as TooLarge, and what it says.
func NewProblem(kind, detail string) json.RawMessage {
	text, err := json.Marshal(map[string]string{"type": "spacesetl/" + kind, "title": kind, "detail": detail})
	if err != nil {
		panic(err) // strings always marshal
	}
	return text
}

// TooLarge is the kind of problem of an answer over the limit of a page.
const TooLarge = "too-large"

// OK reports whether the page holds data, not a refusal.
func (p *Page) OK() bool { return p.Status == 200 }

// Headers are the response headers kept with a page: limit, remaining requests
// and reset (epoch seconds) of the rate window, and the server's Date as sent.
type Headers struct {
	Limit     string `json:"x-rate-limit-limit,omitempty"`
	Remaining string `json:"x-rate-limit-remaining,omitempty"`
	Reset     string `json:"x-rate-limit-reset,omitempty"`
	Date      string `json:"date,omitempty"`
}

// Batch holds rows of one table. The receiver releases Record.
type Batch struct {
	Table  *Table
	Record arrow.Record
}

// Part is one finished file of a table.
type Part struct {
	Table  string `json:"table"`
	Path   string `json:"path"` // relative to the folder of the destination, with slashes
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Load is what a destination takes in at a time: the rows of one run.
type Load struct {
	RunID string
	// Content is the checksum of the pages that the rows were made of: what was
	// loaded once with the same content is loaded.
	Content string
	Parts   []Part
	Only    bool // of the files, which can have those of others, only the rows of RunID
}
