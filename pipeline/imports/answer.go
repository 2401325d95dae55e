package imports

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/spacesetl/spacesetl/schemas"
)

// answers makes pages of the answers that are found.
type answers struct{ *reader }

// answer is one found in a file, and what its record says of it.
type answer struct {
	what   string // line or entry
	n      int
	status int
	body   []byte
	// members are those of the body, where somebody has looked.
	members map[string]json.RawMessage
	// address is what was asked, as recorded; request and params the same of a page that
	// a store landed. Without either nobody knows which fields were asked for: then what
	// is not there says nothing.
	address string
	request *schemas.Request
	params  schemas.Params
	time    string // as recorded
}

// ahead is how far clocks may be apart.
const ahead = 2 * time.Minute

// oldest is before any answer of the API.
var oldest = time.Date(2006, 3, 21, 0, 0, 0, 0, time.UTC)

// answer makes a page of an answer and hands it over, unless it was there before.
func (r answers) answer(a answer) error {
	if a.status != 200 && a.status != 404 {
		r.found.Passed["answers with status "+strconv.Itoa(a.status)]++
		return nil
	}
	members := a.members
	switch {
	case len(a.body) > maxAnswer:
		r.unread(a.what, a.n, "%v", errLarge)
		return nil
	case a.request == nil && !utf8.Valid(a.body): // a store's pages are as they came
		r.unread(a.what, a.n, "%s", "the answer is in no UTF-8"+asUTF8)
		return nil
	case members == nil && json.Unmarshal(a.body, &members) != nil || members == nil:
		r.unread(a.what, a.n, "the answer is no JSON object")
		return nil
	case a.status == 200 && !isAnswer(members):
		r.unread(a.what, a.n, "the answer has neither data nor errors nor meta")
		return nil
	}
	at, why := r.when(a)
	if why != "" {
		r.unread(a.what, a.n, "%s", why)
		return nil
	}
	request, params, why := r.asked(a, members["data"])
	if why != "" {
		r.unread(a.what, a.n, "%s", why)
		return nil
	}
	p := schemas.Page{Request: request, Params: params, FetchedAt: at, Status: a.status, Body: bytes.Clone(a.body)}
	var meta struct {
		NextToken string `json:"next_token"`
	}
	if json.Unmarshal(members["meta"], &meta) == nil && request.Endpoint.Spec().Paged {
		p.NextToken = meta.NextToken
	}
	r.place(&p, members["data"])
	return r.page(p)
}

// when is the time of an answer: as recorded, as given, or the file's. The answers of a
// file without their own are in its order, a microsecond apart.
func (r answers) when(a answer) (at time.Time, why string) {
	switch {
	case a.time != "":
		recorded, ok := parseTime(a.time)
		if !ok {
			return at, "its time cannot be read: " + strconv.Quote(a.time[:min(len(a.time), 60)])
		}
		at = recorded
	default:
		if at = r.cfg.FetchedAt; at.IsZero() {
			at = r.time
		}
		at = at.Add(time.Duration(r.nth) * time.Microsecond)
		r.nth++
	}
	at = at.UTC().Truncate(time.Microsecond)
	if at.After(r.cfg.Now.Add(ahead)) || at.Before(oldest) {
		if why = "it cannot be of " + at.Format(time.RFC3339); a.time == "" && r.cfg.FetchedAt.IsZero() {
			why += ", the time of the file: say with --fetched-at of when it is"
		}
	}
	return at, why
}

// place counts what stood on the pages before one of a collection, as far as these were
// read before it.
func (r answers) place(p *schemas.Page, data json.RawMessage) {
	if !p.Request.Endpoint.Spec().Paged {
		return
	}
	of := func(token string) string { return string(p.Request.Endpoint) + " " + p.Request.IDs[0] + " " + token }
	if p.Request.Offset == 0 && p.Request.Token != "" {
		p.Request.Offset = r.offsets[of(p.Request.Token)]
	}
	var items []json.RawMessage
	if p.NextToken != "" && json.Unmarshal(data, &items) == nil {
		r.offsets[of(p.NextToken)] = p.Request.Offset + len(items)
	}
}

// page hands over a page that was not there before.
func (r answers) page(p schemas.Page) error {
	of, err := json.Marshal(p.Params)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(slices.Concat([]byte(strconv.Itoa(p.Status)), of, p.Body))
	one := digest(sum[:])
	// Others can have answered the same request in the same second.
	for p.Request.Look = p.FetchedAt.Unix(); ; p.Request.Look++ {
		p.ID = p.Request.ID()
		other, taken := r.found.pages[p.ID]
		if taken && other == one {
			r.found.Repeated++
			return nil
		}
		if !taken {
			break
		}
	}
	f := r.found
	f.pages[p.ID] = one
	f.Answers[p.Request.Endpoint]++
	if f.First.IsZero() || p.FetchedAt.Before(f.First) {
		f.First = p.FetchedAt
	}
	if p.FetchedAt.After(f.Last) {
		f.Last = p.FetchedAt
	}
	name := sha256.Sum256([]byte(p.ID + " " + p.FetchedAt.Format(time.RFC3339Nano) + " " + string(one[:])))
	for i := range f.sum { // in whatever order the files come
		f.sum[i] ^= name[i]
	}
	return r.take(p)
}
