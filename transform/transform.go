// Package transform turns pages into record batches. It is a function of the
// pages and of a claim: no clock, no network, no files, no logger.
//
// What is read, and into which columns, is compiled from the declarations in
// schemas; there is no code for any one kind of object here. An object is
// first found as a span of bytes, then claimed by its key, and only what wins
// the claim is decoded.
package transform

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/spacesetl/spacesetl/schemas"
)

// Claims decides which sightings of an object become rows. Pages come newest
// first, so the first claim on a key is the latest sighting.
type Claims interface {
	// Begin is called after a page was parsed and before its claims, End after
	// them: a caller with several decoders puts the pages in order there.
	Begin()
	// Keep reports whether this is the first claim on the key in the table.
	// It must not retain key. Those of tables in Every mode are an object's key and
	// the page's time, eight bytes in microseconds.
	Keep(table *schemas.Table, key []byte) bool
	// Sight claims a sighting of an object. Tells are the fields, a bit for each,
	// that the sighting tells of, settles those of which none that is older can tell
	// more. It returns what the sighting tells that no newer one has settled: a
	// sighting that is not the first becomes a row only if there is any.
	Sight(table *schemas.Table, key []byte, tells, settles uint64) (left uint64, first bool)
	End()
}

// Everything is the Claims that keeps every sighting.
type Everything struct{}

// Begin does nothing.
func (Everything) Begin() {}

// Keep keeps.
func (Everything) Keep(*schemas.Table, []byte) bool { return true }

// Sight keeps.
func (Everything) Sight(_ *schemas.Table, _ []byte, tells, _ uint64) (uint64, bool) {
	return tells, true
}

// End does nothing.
func (Everything) End() {}

// Stats is what a decoder noticed while decoding.
type Stats struct {
	// Drift counts API keys that no column takes, by "object.path".
	Drift map[string]int
	// Seen lists the fields that occurred, by kind of object.
	Seen map[schemas.Object]map[string]bool
	// Repaired counts characters replaced by U+FFFD: bytes that are not UTF-8,
	// half surrogate pairs and NULs.
	Repaired int
	// Unreadable counts values that became NULL and a row of api_errors.
	Unreadable int
}

// Decoder turns pages into batches. It holds buffers, so use one for each
// goroutine; what it returns does not depend on what it read before.
type Decoder struct {
	rowWriter
	problems  int64 // rows of api_errors of the page so far
	parentKey []byte
	earlier   bool         // the page was fetched again
	firsts    firsts       // the objects of a page
	values    []span       // of an object with copies
	known     []unknownKey // of it
	merged    duplicates   // the objects of a page that are merged, and
	said      []span       // their values so far
	mergedKey []byte
}

// NewDecoder compiles the tables into a decoder.
func NewDecoder() *Decoder { return newDecoder(schemas.Tables()) }

func newDecoder(tables []*schemas.Table) *Decoder {
	plan := compile(tables)
	return &Decoder{rowWriter: rowWriter{
		pageReader: pageReader{plan: plan, params: paramTexts{}, asked: askings{}, stats: Stats{Drift: map[string]int{}}, seen: make([]bool, plan.nodes)},
		builders:   make([]*builder, len(plan.tables)),
		pool:       &pool{},
	}}
}

// Page decodes a page. Its rows wait in the decoder until Take; nothing of the
// page is kept.
//
// A value that cannot be read is NULL and a row of api_errors, and so is a
// successful answer that is no page. An error means that the page is not JSON,
// and names it; of such a page there is no row.
func (d *Decoder) Page(p *schemas.Page, claims Claims) error {
	if err := d.one(p, claims); err != nil {
		return fmt.Errorf("page %s of %s: %w", p.ID, p.Request.Endpoint, err)
	}
	return nil
}

// Earlier decodes a page that was fetched again later. What it told of objects and
// lists counts in the order of its time, though the later answer may be a refusal,
// or shorter; of the request itself the later page's row tells.
func (d *Decoder) Earlier(p *schemas.Page, claims Claims) error {
	if !p.OK() {
		claims.Begin() // its turn is passed on
		claims.End()
		return nil
	}
	d.earlier = true
	defer func() { d.earlier = false }()
	return d.Page(p, claims)
}

// Size is how many bytes the rows take that wait for Take, about.
func (d *Decoder) Size() int {
	n := 0
	for _, b := range d.builders {
		if b != nil {
			n += b.size()
		}
	}
	return n
}

// Take returns the rows of the pages so far, newest page first, as at most one
// batch for each table, in the order of schemas.Tables; the caller releases
// them. A table without rows has none. Rows of tables in Coalesce mode are
// sightings that a Coalescer merges.
func (d *Decoder) Take() []schemas.Batch {
	var batches []schemas.Batch
	for _, b := range d.builders {
		if b != nil && b.rows > 0 {
			batches = append(batches, b.take())
		}
	}
	return batches
}

// Pages decodes pages, newest first, and takes their rows. After an error there
// are none.
func (d *Decoder) Pages(pages []schemas.Page, claims Claims) ([]schemas.Batch, error) {
	for i := range pages {
		if err := d.Page(&pages[i], claims); err != nil {
			release(d.Take())
			return nil, err
		}
	}
	return d.Take(), nil
}

func (d *Decoder) one(p *schemas.Page, claims Claims) error {
	d.start()
	err := cmp.Or(d.parse(p), d.stopped)
	if err == nil {
		gather(d)
	}
	claims.Begin()
	if err == nil {
		d.claim(claims)
	}
	claims.End()
	if err == nil {
		d.rows()
	}
	return cmp.Or(d.stopped, err)
}

// start forgets the page before.
func (d *Decoder) start() {
	d.problems, d.steps, d.stopped = 0, 0, nil
	d.dup.reset()
	d.merged.reset()
	d.said = d.said[:0]
}

// Run makes the row of runs.
func (d *Decoder) Run(r schemas.Run) (schemas.Batch, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return schemas.Batch{}, err
	}
	p := &schemas.Page{RunID: r.RunID, FetchedAt: r.EndedAt, Status: 200, Body: body}
	d.start()
	if err := d.begin(p); err != nil {
		return schemas.Batch{}, err
	}
	prog := d.plan.entities[schemas.RunObject]
	d.b = body
	if err := d.read(prog, at(0, len(body)), nil); err != nil {
		return schemas.Batch{}, err
	}
	d.emit(prog, prog.every, &frame{})
	d.stampRows()
	return d.Take()[0], nil
}

// Lossless decodes a page and looks for every value of its body among the
// cells of the rows of the same object: in a column, in a child row, in extras,
// or as an unreadable value in api_errors. Null and empty text are no values,
// and what is dropped on purpose is not looked for.
func (d *Decoder) Lossless(p schemas.Page) (Leaves, error) {
	p.Body, _ = schemas.WithoutPrivate(p.Body)
	batches, err := d.Pages([]schemas.Page{p}, Everything{})
	if err != nil {
		return Leaves{}, err
	}
	defer release(batches)
	return leavesOf(p, batches)
}

// Data is the value of data on the page decoded last, as it stands there, or
// nothing, and how many objects with a key are in it. The value is part of the
// page's body.
func (d *Decoder) Data() (value []byte, objects int) {
	if d.page == nil || !d.page.OK() {
		return nil, 0
	}
	v := d.plan.entities[schemas.PageObject].values[d.plan.data.slot]
	return v.of(d.page.Body), len(d.plan.data.found)
}

// Objects returns the ids of the objects of a kind on the page decoded last, as
// often as they stand there: those in data, then those in includes.
func (d *Decoder) Objects(kind schemas.Object) (ids []string) {
	for i := range d.sightings {
		if s := &d.sightings[i]; s.prog.object == kind && s.prog.key != "" {
			ids = append(ids, string(s.key.of(d.keys)))
		}
	}
	return ids
}

// Stats returns what was noticed since the decoder was made.
func (d *Decoder) Stats() Stats {
	d.stats.Seen = map[schemas.Object]map[string]bool{}
	for o, prog := range d.plan.entities {
		d.stats.Seen[o] = map[string]bool{}
		for name, n := range prog.root.children {
			if d.seen[n.seen] {
				d.stats.Seen[o][name] = true
			}
		}
	}
	return d.stats
}

func release(batches []schemas.Batch) {
	for _, b := range batches {
		b.Record.Release()
	}
}
