package pipeline

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// Extracted is what one landed page leads to.
type Extracted struct {
	Request  schemas.Request
	Next     *schemas.Request // the collection's next page
	Rows     int              // objects in data
	Spaces   []FoundSpace
	Users    []string // ids of the users on the page
	Resolved []string // ids of the users in data
	Referred []string // ids of users the page refers to
	// Mentioned are the ids of users whom tweets in data mention: expansions
	// bring them in, else they have to be looked up.
	Mentioned []string
	Missing   []string                    // ids of Spaces that were asked for and did not come
	present   int                         // people in Spaces, one in two of them twice
	mentions  [][2]string                 // of tweets and users
	objects   map[schemas.Object][]string // ids of what can have a price, data before includes
	digest    []byte                      // of the body
}

// data returns the ids of the objects in data, and of which kind they are.
func (e *Extracted) data() (schemas.Object, []string) {
	kind := e.Request.Endpoint.Spec().Data
	ids := e.objects[kind]
	return kind, ids[:min(len(ids), e.Rows)]
}

// included returns the ids of the objects of a kind that expansions brought in.
func (e *Extracted) included(kind schemas.Object) []string {
	ids := e.objects[kind]
	if kind == e.Request.Endpoint.Spec().Data {
		return ids[min(len(ids), e.Rows):]
	}
	return ids
}

// FoundSpace is a Space seen on a page.
type FoundSpace struct {
	ID, CreatorID, State string
	Ticketed             bool
}

// decoders are reused: a decoder holds buffers as large as a page's rows.
var decoders = sync.Pool{New: func() any { return transform.NewDecoder() }}

// examine decodes a page for what it leads to, by the same decoder that will
// make its rows.
func examine(page schemas.Page) (Extracted, error) {
	digest := sha256.Sum256(page.Body)
	e := Extracted{Request: page.Request, digest: digest[:], objects: map[schemas.Object][]string{}}
	d := decoders.Get().(*transform.Decoder)
	defer decoders.Put(d)
	batches, err := d.Pages([]schemas.Page{page}, transform.Everything{})
	if err != nil {
		return e, err
	}
	for _, b := range batches {
		e.read(b)
		b.Record.Release()
	}
	if page.Request.Endpoint.Spec().Data == schemas.User {
		e.Resolved = e.Users[:min(len(e.Users), e.Rows)] // data comes before includes
	}
	if kind, tweets := e.data(); kind == schemas.Tweet {
		e.mentioned(tweets)
	}
	if page.NextToken != "" {
		next := page.Request
		next.Token, next.Offset = page.NextToken, page.Request.Offset+e.Rows
		e.Next = &next
	}
	return e, nil
}

// read takes from one table what matters to the walk.
func (e *Extracted) read(b schemas.Batch) {
	switch b.Table.Object {
	case schemas.PageObject:
		if n := b.Record.Column(b.Table.Column("data_count")).(*array.Int64); n.IsValid(0) {
			e.Rows = int(n.Value(0))
		}
	case schemas.Space:
		if b.Table.Mode == schemas.Latest {
			e.spaces(b)
		}
	case schemas.User:
		e.Users = texts(b, "user_id")
	}
	if slices.Contains(schemas.Priced(), b.Table.Object) && b.Table.Mode == schemas.Latest {
		e.objects[b.Table.Object] = texts(b, b.Table.Key[0])
	}
	switch b.Table.Name {
	case "space_users":
		e.present = distinct(pairs(b, "space_id", "user_id"))
	case "tweet_entities":
		e.mentions = pairs(b, "tweet_id", "mentioned_user_id")
	}
	if slices.ContainsFunc(b.Table.Sources, func(s schemas.Source) bool { return s.Missing }) {
		e.Missing = texts(b, "space_id")
	}
	for _, c := range b.Table.Columns {
		if c.Ref == "users" {
			e.Referred = append(e.Referred, texts(b, c.Name)...)
		}
	}
}

func (e *Extracted) spaces(b schemas.Batch) {
	ticketed := b.Record.Column(b.Table.Column("is_ticketed")).(*array.Boolean)
	creators := b.Record.Column(b.Table.Column("creator_id")).(*array.String)
	states := b.Record.Column(b.Table.Column("state")).(*array.String)
	for i, id := range texts(b, "space_id") {
		s := FoundSpace{ID: id, Ticketed: ticketed.IsValid(i) && ticketed.Value(i)}
		if creators.IsValid(i) {
			s.CreatorID = strings.Clone(creators.Value(i))
		}
		if states.IsValid(i) {
			s.State = strings.Clone(states.Value(i))
		}
		e.Spaces = append(e.Spaces, s)
	}
}

// mentioned keeps the mentions in some of the tweets.
func (e *Extracted) mentioned(tweets []string) {
	wanted := map[string]bool{}
	for _, id := range tweets {
		wanted[id] = true
	}
	for _, m := range e.mentions {
		if wanted[m[0]] {
			e.Mentioned = append(e.Mentioned, m[1])
		}
	}
	e.mentions = nil
}

// pairs returns the values of two text columns, of rows that have both.
func pairs(b schemas.Batch, first, second string) (all [][2]string) {
	x := b.Record.Column(b.Table.Column(first)).(*array.String)
	y := b.Record.Column(b.Table.Column(second)).(*array.String)
	for i := range x.Len() {
		if x.IsValid(i) && y.IsValid(i) {
			all = append(all, [2]string{strings.Clone(x.Value(i)), strings.Clone(y.Value(i))})
		}
	}
	return all
}

func distinct(all [][2]string) int {
	seen := make(map[[2]string]struct{}, len(all))
	for _, pair := range all {
		seen[pair] = struct{}{}
	}
	return len(seen)
}

// texts returns the values of a text column that are not null.
func texts(b schemas.Batch, name string) []string {
	column := b.Record.Column(b.Table.Column(name)).(*array.String)
	values := make([]string, 0, column.Len())
	for i := range column.Len() {
		if column.IsValid(i) {
			values = append(values, strings.Clone(column.Value(i)))
		}
	}
	return slices.Clip(values)
}
