package schemas

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
)

// Object is a kind of JSON object in the API's answers.
type Object string

// The kinds of object. PageObject is the answer itself, Problem one of its errors.
const (
	PageObject Object = "page"
	Space      Object = "space"
	User       Object = "user"
	Topic      Object = "topic"
	Tweet      Object = "tweet"
	Media      Object = "media"
	Poll       Object = "poll"
	Place      Object = "place"
	Problem    Object = "problem"
	RunObject  Object = "run" // the JSON of Run, written by the pipeline
)

// Mode says which sightings of an object become rows.
type Mode uint8

const (
	// Latest keeps one row per key and run: the newest sighting.
	Latest Mode = iota
	// Every keeps a row for each sighting.
	Every
	// Coalesce keeps one row per key and run, column by column: of each column
	// the newest value that is not null.
	Coalesce
)

// Table declares one table. Everything else about it is derived: what is asked
// of the API, how JSON becomes rows, the Arrow, Parquet and DuckDB schemas and
// the data dictionary.
type Table struct {
	Name string
	Doc  string
	// Grain is what one row stands for: "One row per " and this.
	Grain string
	Key   []string // column names; never null, unique together
	Mode  Mode
	// Object is the kind of JSON object each row comes from; empty for a child
	// table, whose rows come from Sources.
	Object  Object
	Sources []Source
	Columns []Column
	// Later are columns that came after the table was published: they stand after
	// all others for good, since some readers go by position.
	Later []Column
	// Versioned: a database keeps every version of a row, see Ended.
	Versioned bool

	arrow     *arrow.Schema
	ended     *Table
	sightings *Table
	lists     []List
}

// Schema is the Arrow schema of the table's batches: columns in declaration
// order, key columns not nullable.
func (t *Table) Schema() *arrow.Schema { return t.arrow }

// Column returns the position of a column, or -1.
func (t *Table) Column(name string) int {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// IsKey reports whether the column is part of the key.
func (t *Table) IsKey(name string) bool {
	for _, k := range t.Key {
		if k == name {
			return true
		}
	}
	return false
}

// ExtrasColumn returns the position of the extras column, or -1.
func (t *Table) ExtrasColumn() int { return t.Column(extras.Name) }

// IsEntity reports whether the rows are objects that are seen again and again.
func (t *Table) IsEntity() bool { return t.Object != "" && t.Mode != Every }

// Content names the columns that make a version: all but those that tell when
// and where the row was seen, and those that are filled in afterwards. Of a row of a
// list it is that it is there.
func (t *Table) Content() []string {
	if !t.IsEntity() {
		return t.Key
	}
	var names []string
	for _, c := range t.Columns {
		if !c.IsLineage() && c.Merge == Newest && c.From != Nowhere && c.From != Told {
			names = append(names, c.Name)
		}
	}
	return names
}

// Ended is the table of those versions of rows of t that are over, or nil. Only a
// database has it: it comes of merging runs, and no run's files hold it. Read the view
// History, which has the current ones, too.
func (t *Table) Ended() *Table { return t.ended }

// Sightings is the table of those sightings that rows of t are made of, where it
// takes several to make one, or nil. Only a database has it.
func (t *Table) Sightings() *Table { return t.sightings }

// Lists are the lists of the objects that t has rows of, in the order of the
// digits of ToldLists. New ones come last.
func (t *Table) Lists() []List { return t.lists }

// ListColumns name the columns that tell the lists of a child table apart: the
// object that holds the list, and which of its lists. Empty for tables whose rows
// are all claimed by key.
func (t *Table) ListColumns() []string {
	if !slices.ContainsFunc(t.Sources, func(s Source) bool { return s.Object != PageObject }) {
		return nil
	}
	var columns []string
	for _, c := range t.Columns {
		if c.From == ParentKey || c.From == Const {
			columns = append(columns, c.Name)
		}
	}
	return columns
}

// Source is one place child rows come from: the elements of a list inside an
// object, or of a page's data.
type Source struct {
	// Object is the kind of object that holds the list. With PageObject the
	// list is the page's data, the endpoint must match, and rows are claimed
	// by key across pages.
	Object   Object
	Endpoint Endpoint
	// Missing: the rows are the ids that were asked for and that the answer says
	// are not known. What it only leaves out is none.
	Missing bool
	// Path is the JSON path of the list, alternatives separated by "|";
	// "a.b[].c" is the list c in each element of a.b. A single value counts as
	// a list of one.
	Path string
	Set  map[string]string // constant columns of these rows
	// Absent says what it means that a page asked for the list and it is not there.
	// [] always is an empty list, and null is as if it were not there.
	Absent Absence
	Listing
}

// Absence is what a list means that was asked for and is not there.
type Absence struct {
	// Empty: there are none. Otherwise the answer says nothing, and what an earlier
	// one told stays.
	Empty bool
	// Why it is so: what the API's documentation says.
	Why string
}

// Listing says how a column or list is asked for.
type Listing struct {
	// Private needs the owner's token (or is noisy without): not asked for
	// unless the job says so.
	Private bool
	// Skip is public but not asked for by default.
	Skip bool
	// Only names the one dialect whose fields list has this field; in the
	// other it comes by expansion or not at all.
	Only Dialect
	// Unlisted comes without being asked for and stands in no fields list.
	Unlisted bool
}

// Type is the type of a column, the same in every destination.
type Type uint8

// The column types.
const (
	Text   Type = iota // UTF-8 without NUL
	ID                 // text; a JSON number is taken digit by digit
	Int                // 64-bit signed
	Float              // 64-bit
	Bool               //
	Time               // microseconds since 1970 UTC
	JSON               // text holding the JSON as received
	Suffix             // text: the last path segment of a URI
)

// From says where a column's value comes from.
type From uint8

const (
	// Value: the JSON value at Path in the row's own object. The zero From.
	Value From = iota
	// ParentKey: the key of the object that holds the list.
	ParentKey
	// Ordinal: position in the list, from 0.
	Ordinal
	// ParentOrdinal: position of the element that holds the list.
	ParentOrdinal
	// Const: Source.Set.
	Const
	// Count: number of elements of the list at Path.
	Count
	// Extras: the object's keys that no column takes, as a JSON object.
	Extras
	// Envelope: the value at Path in the page's envelope, which is the JSON of
	// Page without its body, plus "bytes", the length of the body.
	Envelope
	// Nowhere: always NULL in a run's own files; a destination that merges
	// runs fills it in.
	Nowhere
	// Told: of which columns, or lists, the sighting tells, a digit for each.
	Told
)

// Merge says what becomes of a column when a newer row meets the stored one.
type Merge uint8

const (
	// Newest takes the newer row's value; the zero Merge.
	Newest Merge = iota
	// Least and Greatest keep the smaller and the larger of both.
	Least
	Greatest
)

// Column declares one column.
type Column struct {
	Name string
	Type Type
	Doc  string // meaning and unit
	From From
	// Path is where the value stands in the row's JSON object, "" for Name.
	// "a.b" is nested, "a[1]" an element, "$" the element itself where it is
	// not an object; "x|y" are alternatives, the tweet dialect's name first.
	Path string
	// Enum marks a column of few distinct values.
	Enum bool
	Listing
	// Ref names the table this column's value is a key of. Users referred to
	// and not included in any answer are looked up once a run.
	Ref string
	// Link is Ref without the looking up: the value may be a key of that table.
	Link  string
	Merge Merge
}

// History is the name of the view of every version of the rows of t.
func (t *Table) History() string { return t.Name + "_history" }

// OwnerColumn names the column with the key of the object that a row of t is, or is of.
func (t *Table) OwnerColumn() string {
	if t.IsEntity() {
		return t.Key[0]
	}
	return t.ListColumns()[0]
}

// Owner is the table of the objects that rows of t are, or are of.
func (t *Table) Owner() *Table {
	if t.IsEntity() {
		return t
	}
	return Lookup(t.Columns[t.Column(t.OwnerColumn())].Ref)
}

// IsLineage reports whether the column is one of those that every table has.
func (c Column) IsLineage() bool {
	return slices.ContainsFunc(lineage, func(l Column) bool { return l.Name == c.Name })
}
