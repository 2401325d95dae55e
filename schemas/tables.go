// Package schemas declares the tables once. What is asked of the API, how JSON
// becomes rows, the Arrow, Parquet and DuckDB schemas and the data dictionary
// are derived from these declarations. It also holds the plain values that the
// stages hand to each other: Request, Page, Batch and Part.
package schemas

import "slices"

// Revision counts how often the same pages came to make other rows. It is in every
// manifest, so that who compares tables knows why they differ.
const Revision = "4"

// Tables lists every table: parents before children, runs last.
var tables = finish(slices.Concat(spaceTables, userTables, tweetTables, mediaTables, runTables))

// Tables returns every table in publishing order. The tables are shared and
// must not be changed.
func Tables() []*Table { return tables }

// Lookup returns the table of that name, or nil.
func Lookup(name string) *Table {
	for _, t := range tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Lineage columns, at the end of every table.
var lineage = []Column{
	{Name: "_run_id", Type: ID, From: Envelope, Path: "run_id", Enum: true, Link: "runs", Doc: "Run that fetched the page this row comes from."},
	{Name: "_page_id", Type: ID, From: Envelope, Path: "page_id", Enum: true, Link: "api_requests", Doc: "Landed page this row comes from."},
	{Name: "_fetched_at", Type: Time, From: Envelope, Path: "fetched_at", Doc: "When that page was received, by the clock of the API where this machine's was off by more than two minutes."},
}

// seen are the columns of entities that a destination keeps over all runs.
var seen = []Column{
	{Name: "first_seen_at", Type: Time, From: Envelope, Path: "fetched_at", Merge: Least, Doc: "When the first run to see it fetched it."},
	{Name: "last_seen_at", Type: Time, From: Envelope, Path: "fetched_at", Merge: Greatest, Doc: "When it was last fetched."},
}

// Columns of entities that say what their sighting tells.
const (
	ToldColumns = "_columns"
	ToldLists   = "_lists"
)

// told are these columns. They came with revision 3, so they stand after the
// lineage.
var told = []Column{
	{Name: ToldColumns, Type: Text, From: Told, Enum: true, Doc: "Of which columns this sighting tells: a digit for each column in the table's order, 1 where its page asked for the column or sent a value, so that NULL means none, and 0 where NULL says nothing. The first digit is 0 in a row that only completes a newer one of its run. NULL in rows made before revision 3."},
	{Name: ToldLists, Type: Text, From: Told, Enum: true, Doc: "Of which lists this sighting tells, be they empty: a digit for each list of the object, in the order of the data dictionary. NULL in rows made before revision 3."},
}

// extras takes what no column of the table takes, so that nothing is lost.
var extras = Column{Name: "extras", Type: JSON, From: Extras, Doc: "Keys of the API object that no column takes, as received; NULL when there are none."}

// included maps the keys of a page's includes to the kinds of object in them.
var included = map[string]Object{
	"users": User, "topics": Topic, "tweets": Tweet, "posts": Tweet, "media": Media, "polls": Poll, "places": Place,
}

// Included maps the keys of a page's includes, in both dialects, to the kinds
// of object they hold.
func Included() map[string]Object { return included }

// Nested is a list of whole objects inside another object.
type Nested struct {
	In   Object
	Path string
	Kind Object
}

// nested: a Space may carry its topics inline, an answer of an error its causes.
var nested = []Nested{
	{In: Space, Path: "topics", Kind: Topic},
	{In: Problem, Path: "errors", Kind: Problem},
}

// NestedObjects lists the lists of whole objects inside other objects.
func NestedObjects() []Nested { return nested }

// ignored are the keys that are read and dropped on purpose: a user's own
// e-mail address is personal data that no table may hold.
var ignored = map[Object][]string{User: {Private}}

// Ignored returns the keys of an object that are dropped on purpose.
func Ignored(o Object) []string { return ignored[o] }

// EntityTable returns the table with one row per object of kind o (the latest
// sighting or the merged one), or nil.
func EntityTable(o Object) *Table {
	for _, t := range tables {
		if t.Object == o && t.Mode != Every {
			return t
		}
	}
	return nil
}

// finish appends the lineage columns and derives what every reader needs.
func finish(tables []*Table) []*Table {
	for _, t := range tables {
		if t.Object != "" && t.Mode != Every {
			t.Columns = append(t.Columns, seen...)
		}
		t.Columns = append(t.Columns, lineage...)
		if t.IsEntity() {
			t.Columns = append(t.Columns, told...)
		}
		t.Columns = append(t.Columns, t.Later...)
		t.arrow = arrowSchema(t)
		if t.IsEntity() {
			t.sightings, t.lists = sightings(t), listsOf(t, tables)
		}
		if t.Versioned {
			t.ended = ended(t)
		}
	}
	return tables
}
