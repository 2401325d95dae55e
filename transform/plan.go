package transform

import (
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// plan is everything needed to read pages, compiled once from the table
// declarations.
type plan struct {
	tables   []*schemas.Table
	entities map[schemas.Object]*program
	// relations make the rows that tie the data of an endpoint to the Space
	// asked about; their element is the key of the object in data.
	relations map[schemas.Endpoint]*program
	// missing make the rows of the ids that were asked for and are not known.
	missing  map[schemas.Endpoint]*program
	envelope *program // slots of the page envelope, shared by all tables
	// stamps are the columns of each table whose value all rows of a page share.
	stamps [][]*column
	nodes  int // number of nodes with a seen flag
	// Where objects stand on a page: one finder for each key of includes, for
	// data and for errors, in the order in which they are claimed.
	finders []*finder
	data    *finder
	errors  *finder
}

// finder collects the objects of one list of the page.
type finder struct {
	path   string // on the page
	slot   int    // of the page's program
	object schemas.Object
	prog   *program
	kind   string // of a problem
	found  []sighting
	count  int64 // elements, nulls left out
}

// program reads one kind of JSON object (or list element) into rows. A walk
// over the object puts the values it meets into slots; rows and lists are then
// made from the slots.
type program struct {
	object schemas.Object // empty for list elements
	root   *node
	slots  []string // path of each slot
	values []span   // what the last walk found, by slot
	// marks says what of the values has to be looked at: a bit for each of lists,
	// then one for each list of the table, and spelt.
	marks  uint64
	self   int     // slot of the element itself where it is not an object, or -1
	key    string  // JSON key of the entity's key; empty where rows are not claimed
	latest *rows   // rows of which only a claimed object gets one
	every  []*rows // rows that each sighting gets
	lists  []*list
	extras bool // a table keeps unknown keys
	merged bool // its rows are sightings that a Coalescer merges
	id     int  // of those: slot of their key
	telling
	nodes     []*node // of each slot
	spellings [][]int // slots that are spellings of one key, the one that counts first
	arrays    []spread
}

// spread is a slot with an array whose elements have columns.
type spread struct{ slot, columns int }

// rows says how slots become one row of a table.
type rows struct {
	table    int       // index into plan.tables
	fields   []field   // of the columns that can differ between rows of a page
	keys     []*column // that have to be there; none where claiming saw to that
	distinct bool      // the key has no ordinal, so a list may repeat it
	// Where the row says what its sighting tells; -1 where it does not.
	toldColumns, toldLists int
}

// field is what the loop over the columns of a row looks at first.
type field struct {
	from    source
	several bool  // slots, or an element of the list in one
	index   int32 // of the column in the table
	slot    int32
	user    bool // the id of a user, who may have to be asked for
	column  *column
}

// source is where a field's value comes from: schemas.From, and of values the
// commonest kinds apart.
type source uint8

const (
	fromText source = iota // text as it stands
	fromID                 // the same; none is empty
	fromInt
	fromBool
	fromTime
	fromValue     // of another type
	fromElsewhere // no value of the object
)

// column says where one value of a row comes from.
type column struct {
	*schemas.Column
	index    int       // in the table
	path     string    // the first alternative, for reports
	finders  []*finder // of a counted list, in each spelling, whose objects were found before
	slots    []int     // alternatives; the first present one counts
	element  int       // index into the array in the slot, or -1
	deep     bool      // an object in a slot has its value inside, in another slot
	constant []byte
	isKey    bool
	absent   absence // of a counted list
	askedBy  string  // the field that asks for the counted list
}

// absence says what a counted list that is not there means.
type absence uint8

const (
	unknown     absence = iota // NULL
	zero                       // none
	zeroIfAsked                // none, when the request asked for it
)

// list is a list inside an object: child rows, whole objects, or both.
type list struct {
	path    string // from the object that holds it, lists between included
	prefix  string // the same, with a dot
	field   uint64 // of the object that holds the list
	inner   uint64 // bit of its own, see innerList
	slots   []int
	element *program
	entity  schemas.Object // the elements are whole objects of this kind
	bare    bool           // its rows keep no keys that no column takes
}

func newProgram(o schemas.Object) *program {
	return &program{object: o, root: &node{slot: -1, seen: -1}, self: -1}
}

// reset forgets the values of the last object.
func (prog *program) reset() {
	if prog.values == nil {
		prog.values = make([]span, len(prog.slots))
	}
	clear(prog.values)
	prog.marks = 0
}

const (
	toldMark = maxLists
	spelt    = 1 << 63 // a spelling that is not the first has a value
)

// addRows makes prog produce rows of a table, with the constants of a source.
func (p *plan) addRows(prog *program, table int, s *schemas.Source) {
	t := p.tables[table]
	r := &rows{table: table, distinct: s != nil, toldColumns: t.Column(schemas.ToldColumns), toldLists: t.Column(schemas.ToldLists)}
	for i := range t.Columns {
		from := t.Columns[i].From
		if from == schemas.Envelope || from == schemas.Nowhere || from == schemas.Told {
			continue
		}
		c := p.column(prog, t, i)
		if s != nil && from == schemas.Const {
			c.constant = []byte(s.Set[c.Name])
		}
		if c.isKey && (from == schemas.Ordinal || from == schemas.ParentOrdinal) {
			r.distinct = false
		}
		if c.isKey && (from == schemas.Value || from == schemas.Const) {
			r.keys = append(r.keys, c)
		}
		prog.extras = prog.extras || from == schemas.Extras
		r.fields = append(r.fields, c.field())
	}
	switch {
	case s != nil || t.Mode != schemas.Latest:
		prog.every = append(prog.every, r)
	default:
		prog.latest = r
		prog.key = t.Columns[t.Column(t.Key[0])].Paths()[0]
	}
}

// field sorts the column by what it takes to get its value.
func (c *column) field() field {
	x := field{from: fromElsewhere, index: int32(c.index), column: c}
	if c.From == schemas.Value {
		x.slot, x.user = int32(c.slots[0]), c.Ref == "users"
		x.several = len(c.slots) > 1 || c.element >= 0
		switch {
		case c.Type == schemas.Text:
			x.from = fromText
		case c.Type == schemas.ID:
			x.from = fromID
		case c.Type == schemas.Int:
			x.from = fromInt
		case c.Type == schemas.Bool:
			x.from = fromBool
		case c.Type == schemas.Time:
			x.from = fromTime
		default:
			x.from = fromValue
		}
	}
	return x
}

func (p *plan) column(prog *program, t *schemas.Table, index int) *column {
	declared := &t.Columns[index]
	c := &column{Column: declared, index: index, path: declared.Paths()[0], element: -1, isKey: t.IsKey(declared.Name)}
	switch c.From {
	case schemas.Envelope:
		c.slots = []int{p.envelope.slot(c.path)}
	case schemas.Value, schemas.Count:
		for _, path := range declared.Paths() {
			path, c.element = cutIndex(path)
			c.slots = append(c.slots, prog.slot(path))
		}
		if c.From == schemas.Value && c.Type == schemas.JSON {
			for _, path := range declared.Paths() {
				prog.at(path).covered = true
			}
		}
	}
	if c.From == schemas.Count {
		c.absent, c.askedBy = absentList(t, declared)
	}
	return c
}

// absentList finds what the absence of a counted list means: the declaration
// of the child rows made of it says so.
func absentList(t *schemas.Table, c *schemas.Column) (absence, string) {
	if t.Object == schemas.PageObject {
		return zero, ""
	}
	for _, child := range schemas.Tables() {
		for _, s := range child.Sources {
			if s.Object == t.Object && s.Path == c.Path && s.Absent.Empty {
				return zeroIfAsked, s.Path
			}
		}
	}
	return unknown, ""
}

// addSource makes the elements of a list, which may lie inside the elements
// of another, produce rows of a table.
func (p *plan) addSource(prog *program, table int, s schemas.Source, paths []string, within string) {
	outer, inner := make([]string, len(paths)), make([]string, len(paths))
	for i, path := range paths {
		outer[i], inner[i], _ = strings.Cut(path, "[].")
	}
	l := p.list(prog, outer, within)
	if inner[0] != "" {
		p.addSource(l.element, table, s, inner[:1], l.prefix)
		return
	}
	p.addRows(l.element, table, &s)
}

// list returns prog's list at these paths, made if need be; within is the path
// of the list that holds prog's objects.
func (p *plan) list(prog *program, paths []string, within string) *list {
	slots := make([]int, len(paths))
	for i, path := range paths {
		slots[i] = prog.slot(path)
	}
	for _, l := range prog.lists {
		if l.slots[0] == slots[0] {
			return l
		}
	}
	l := &list{path: within + paths[0], prefix: within + paths[0] + ".", slots: slots, element: newProgram("")}
	prog.lists = append(prog.lists, l)
	return l
}
