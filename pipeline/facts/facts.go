// Package facts says what a landed page leads to and what it held: what the walk
// goes on with, and what everything that is derived from pages is made of.
package facts

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// Facts are what one landed page leads to and what it held.
type Facts struct {
	Request  schemas.Request
	OK       bool             // the page holds data, not a refusal
	BilledAt time.Time        // by the server's clock, to the second, if the answer says, else by ours
	Next     *schemas.Request // the collection's next page
	Rows     int              // objects in data
	Spaces   []Space
	Users    []string // ids of the users on the page
	Resolved []string // ids of the users in data
	Referred []string // ids of users the page refers to
	// Mentioned are the ids of users whom tweets in data mention: expansions
	// bring them in, else they have to be looked up.
	Mentioned []string
	// Missing are the ids of Spaces that were asked for and that the answer says
	// are not known.
	Missing []string
	// DataDigest is that of the value of data alone; of nothing where there is
	// none. Pages of a collection that repeats itself may differ in the rest.
	DataDigest [sha256.Size]byte

	// Refused is what the page says, where it is not OK.
	Refused *Refusal
	// Unreadable: a successful answer that is no page.
	Unreadable bool
	// Unaskable are the ids of Spaces and users on the page that are none that
	// the API could be asked for.
	Unaskable []string
	// What became of the ids and names of a lookup that did not come, in the order
	// of the request: the answer says that it does not know them (NotFound), names
	// them for another reason (Withheld), or says nothing of them (Absent; of an
	// Unreadable page there are none). Creators are asked for their Spaces: they
	// are never Absent.
	NotFound, Withheld, Absent []string

	present  int                         // people in Spaces, one in two of them twice
	mentions [][2]string                 // of tweets and users
	names    []string                    // of the users on the page
	partial  []transform.Problem         // beside data
	objects  map[schemas.Object][]string // ids of what can have a price, data before includes
	data     int                         // of the objects, how many of the kind in data are in it
}

// Space is a Space seen on a page.
type Space struct {
	ID, CreatorID, State string
	Ticketed             bool
	Title                string
	Planned, Started     time.Time // zero where the page does not say
	People               int64     // in the room, 0 where it does not say
}

// Data returns the ids of the objects in data, and of which kind they are.
func (f *Facts) Data() (schemas.Object, []string) {
	kind := f.Request.Endpoint.Spec().Data
	ids := f.objects[kind]
	return kind, ids[:min(len(ids), f.data)]
}

// Nameless is how many things in data have no id, such as a Space whose id is an
// empty text: they can be billed like others.
func (f *Facts) Nameless() int { return max(f.Rows-f.data, 0) }

// Included returns the ids of the objects of a kind that expansions brought in.
func (f *Facts) Included(kind schemas.Object) []string {
	ids := f.objects[kind]
	if kind == f.Request.Endpoint.Spec().Data {
		return ids[min(len(ids), f.data):]
	}
	return ids
}

// Cost is what the page costs if X bills whatever it holds.
func (f *Facts) Cost(prices schemas.Prices) schemas.Money {
	n := schemas.ByKind{}
	for kind, ids := range f.objects {
		n[kind] = int64(len(ids))
	}
	n[f.Request.Endpoint.Spec().Data] += int64(f.Nameless())
	return prices.Cost(n)
}

// Ended is the state of a Space that is over.
const Ended = "ended"

// Turn is when a Space of a state has its turn: a live one is over next, and
// what can be asked of it then is not certain.
func Turn(state string) int {
	switch state {
	case "live":
		return 0
	case "scheduled":
		return 1
	case Ended:
		return 3
	}
	return 2
}

// decoders are reused: a decoder holds buffers as large as a page's rows.
var decoders = sync.Pool{New: func() any { return transform.NewDecoder() }}

// Examine decodes a page for what it leads to, by the same decoder that will
// make its rows. Beside an error the facts are those that need no decoding. Of a
// page of usual size they are had though ctx has ended.
func Examine(ctx context.Context, page schemas.Page) (*Facts, error) {
	f := &Facts{
		Request: page.Request, OK: page.OK(), BilledAt: BilledAt(page),
		objects: map[schemas.Object][]string{},
	}
	if !f.OK {
		f.Refused = refusalOf(&page)
	}
	d := decoders.Get().(*transform.Decoder)
	defer decoders.Put(d)
	d.Bare, d.Ended = true, ctx.Err
	batches, err := d.Pages([]schemas.Page{page}, transform.Everything{})
	if err != nil {
		return f, err
	}
	for _, b := range batches {
		f.read(b)
		b.Record.Release()
	}
	data, objects := d.Data()
	f.DataDigest, f.data = sha256.Sum256(data), objects
	for _, kind := range schemas.Priced() {
		if ids := d.Objects(kind); len(ids) > 0 {
			f.objects[kind] = ids
		}
	}
	f.account()
	if page.Request.Endpoint.Spec().Data == schemas.User {
		_, f.Resolved = f.Data()
	}
	if kind, tweets := f.Data(); kind == schemas.Tweet {
		f.mentioned(tweets)
	}
	f.mentions, f.names, f.partial = nil, nil, nil // facts are kept
	if page.NextToken != "" {
		next := page.Request
		next.Token, next.Offset = page.NextToken, page.Request.Offset+f.Rows
		f.Next = &next
	}
	return f, nil
}

// BilledAt is when a page was billed: by the server's clock, to the second, if
// the answer says, else by ours.
func BilledAt(p schemas.Page) time.Time {
	at, err := time.Parse("Mon, 02 Jan 2006 15:04:05 MST", p.Headers.Date) // GMT and, seen too, UTC
	if err != nil {
		return p.FetchedAt
	}
	return at.UTC()
}

// read takes from one table what matters to the walk.
func (f *Facts) read(b schemas.Batch) {
	switch b.Table.Object {
	case schemas.PageObject:
		if n := b.Record.Column(b.Table.Column("data_count")).(*array.Int64); n.IsValid(0) {
			f.Rows = int(n.Value(0))
		}
	case schemas.Space:
		if b.Table.Mode == schemas.Latest {
			f.spaces(b)
		}
	case schemas.User:
		f.Users, f.names = texts(b, "user_id"), texts(b, "username")
	case schemas.Problem:
		f.errors(b)
	}
	switch b.Table.Name {
	case "space_users":
		f.present = distinctPairs(b, "space_id", "user_id")
	case "tweet_entities":
		f.mentions = pairs(b, "tweet_id", "mentioned_user_id")
	}
	if slices.ContainsFunc(b.Table.Sources, func(s schemas.Source) bool { return s.Missing }) {
		f.Missing = texts(b, "space_id")
	}
	for _, c := range b.Table.Columns {
		if c.Ref == "users" {
			f.Referred = append(f.Referred, texts(b, c.Name)...)
		}
	}
}

func (f *Facts) spaces(b schemas.Batch) {
	ticketed := b.Record.Column(b.Table.Column("is_ticketed")).(*array.Boolean)
	creators := b.Record.Column(b.Table.Column("creator_id")).(*array.String)
	states := b.Record.Column(b.Table.Column("state")).(*array.String)
	titles := b.Record.Column(b.Table.Column("title")).(*array.String)
	people := b.Record.Column(b.Table.Column("participant_count")).(*array.Int64)
	planned, started := moments(b, "scheduled_start"), moments(b, "started_at")
	for i, id := range texts(b, "space_id") {
		s := Space{ID: id, Ticketed: ticketed.IsValid(i) && ticketed.Value(i), Planned: planned(i), Started: started(i)}
		if titles.IsValid(i) {
			s.Title = strings.Clone(titles.Value(i))
		}
		if people.IsValid(i) {
			s.People = people.Value(i)
		}
		if creators.IsValid(i) {
			s.CreatorID = strings.Clone(creators.Value(i))
		}
		if states.IsValid(i) {
			s.State = strings.Clone(states.Value(i))
		}
		f.Spaces = append(f.Spaces, s)
	}
}

// mentioned keeps the mentions in some of the tweets.
func (f *Facts) mentioned(tweets []string) {
	wanted := map[string]bool{}
	for _, id := range tweets {
		wanted[id] = true
	}
	for _, m := range f.mentions {
		if wanted[m[0]] {
			f.Mentioned = append(f.Mentioned, m[1])
		}
	}
}
