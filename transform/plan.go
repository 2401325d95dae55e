package transform

import (
	"strconv"
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
	// missing make the rows of the ids that were asked for and did not come.
	missing  map[schemas.Endpoint]*program
	envelope *program // slots of the page envelope, shared by all tables
	nodes    int      // number of nodes with a seen flag
}

// program reads one kind of JSON object (or list element) into rows. A walk
// over the object puts the values it meets into slots; rows and lists are then
// made from the slots.
type program struct {
	object schemas.Object // empty for list elements
	root   *node
	slots  []string // path of each slot
	values []span   // what the last walk found, by slot
	self   int      // slot of the element itself where it is not an object, or -1
	key    string   // JSON key of the entity's key; empty where rows are not claimed
	latest *rows    // rows of which only a claimed object gets one
	every  []*rows  // rows that each sighting gets
	lists  []*list
	extras bool // a table keeps unknown keys
}

// rows says how slots become one row of a table.
type rows struct {
	table    int // index into plan.tables
	columns  []column
	distinct bool // the key has no ordinal, so a list may repeat it
}

// column says where one value of a row comes from.
type column struct {
	*schemas.Column
	slots    []int // alternatives; the first present one counts
	element  int   // index into the array in the slot, or -1
	constant string
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
	path    string // as the tweet dialect has it
	slots   []int
	element *program
	entity  schemas.Object // the elements are whole objects of this kind
}

// node is one key of an object.
type node struct {
	name     string
	path     string // from the root of its program
	slot     int    // -1 when only its children matter
	covered  bool   // a column takes the whole value, unknown keys inside included
	seen     int    // index of its seen flag; -1 below the top level
	children map[string]*node
}

func compile(tables []*schemas.Table) *plan {
	p := &plan{
		tables: tables, entities: map[schemas.Object]*program{},
		relations: map[schemas.Endpoint]*program{}, missing: map[schemas.Endpoint]*program{}, envelope: newProgram(""),
	}
	for _, o := range []schemas.Object{schemas.PageObject, schemas.RunObject, schemas.Space, schemas.User, schemas.Topic,
		schemas.Tweet, schemas.Media, schemas.Poll, schemas.Place, schemas.Problem} {
		p.entities[o] = newProgram(o)
	}
	for i, t := range tables {
		if t.Object != "" {
			p.addRows(p.entities[t.Object], i, nil)
		}
		for _, s := range t.Sources {
			if s.Object != schemas.PageObject {
				p.addSource(p.entities[s.Object], i, s, s.Paths())
				continue
			}
			ties := p.relations
			if s.Missing {
				ties = p.missing
			}
			if ties[s.Endpoint] == nil {
				ties[s.Endpoint] = newProgram("")
			}
			p.addRows(ties[s.Endpoint], i, &s)
		}
	}
	for _, n := range schemas.NestedObjects() {
		p.list(p.entities[n.In], []string{n.Path}).entity = n.Kind
	}
	page := p.entities[schemas.PageObject]
	for key := range schemas.Included() {
		page.slot("includes." + key)
	}
	for o, program := range p.entities {
		for _, key := range schemas.Ignored(o) {
			program.at(key)
		}
		p.number(program)
	}
	return p
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
}

// value returns what was found at a path.
func (prog *program) value(path string) span { return prog.values[prog.slot(path)] }

// rows returns the rows each sighting gets; a nil program has none.
func (prog *program) rows() []*rows {
	if prog == nil {
		return nil
	}
	return prog.every
}

// number gives the top-level keys of an entity their seen flags.
func (p *plan) number(prog *program) {
	for _, n := range prog.root.children {
		n.seen = p.nodes
		p.nodes++
	}
}

// addRows makes prog produce rows of a table, with the constants of a source.
func (p *plan) addRows(prog *program, table int, s *schemas.Source) {
	t := p.tables[table]
	r := &rows{table: table, distinct: s != nil}
	for i := range t.Columns {
		c := p.column(prog, t, &t.Columns[i])
		if s != nil && c.From == schemas.Const {
			c.constant = s.Set[c.Name]
		}
		if c.isKey && (c.From == schemas.Ordinal || c.From == schemas.ParentOrdinal) {
			r.distinct = false
		}
		prog.extras = prog.extras || c.From == schemas.Extras
		r.columns = append(r.columns, c)
	}
	switch {
	case s != nil || t.Mode != schemas.Latest:
		prog.every = append(prog.every, r)
	default:
		prog.latest = r
		prog.key = r.columns[t.Column(t.Key[0])].Paths()[0]
	}
}

func (p *plan) column(prog *program, t *schemas.Table, declared *schemas.Column) column {
	c := column{Column: declared, element: -1, isKey: t.IsKey(declared.Name)}
	switch c.From {
	case schemas.Envelope:
		c.slots = []int{p.envelope.slot(c.Paths()[0])}
	case schemas.Value, schemas.Count:
		for _, path := range c.Paths() {
			path, c.element = cutIndex(path)
			c.slots = append(c.slots, prog.slot(path))
		}
		if c.From == schemas.Value && c.Type == schemas.JSON {
			for _, path := range c.Paths() {
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
			if s.Object == t.Object && s.Path == c.Path && s.AbsentIsEmpty {
				return zeroIfAsked, s.Path
			}
		}
	}
	return unknown, ""
}

// addSource makes the elements of a list, which may lie inside the elements
// of another, produce rows of a table.
func (p *plan) addSource(prog *program, table int, s schemas.Source, paths []string) {
	outer, inner := make([]string, len(paths)), make([]string, len(paths))
	for i, path := range paths {
		outer[i], inner[i], _ = strings.Cut(path, "[].")
	}
	element := p.list(prog, outer).element
	if inner[0] != "" {
		p.addSource(element, table, s, inner[:1])
		return
	}
	p.addRows(element, table, &s)
}

// list returns prog's list at these paths, made if need be.
func (p *plan) list(prog *program, paths []string) *list {
	slots := make([]int, len(paths))
	for i, path := range paths {
		slots[i] = prog.slot(path)
	}
	for _, l := range prog.lists {
		if l.slots[0] == slots[0] {
			return l
		}
	}
	l := &list{path: paths[0], slots: slots, element: newProgram("")}
	prog.lists = append(prog.lists, l)
	return l
}

// slot returns the slot of a path, made if need be.
func (prog *program) slot(path string) int {
	if path == "$" {
		if prog.self < 0 {
			prog.self = len(prog.slots)
			prog.slots = append(prog.slots, path)
		}
		return prog.self
	}
	n := prog.at(path)
	if n.slot < 0 {
		n.slot = len(prog.slots)
		prog.slots = append(prog.slots, path)
	}
	return n.slot
}

// at returns the node of a path, made if need be.
func (prog *program) at(path string) *node {
	path, _ = cutIndex(path)
	n := prog.root
	for name := range strings.SplitSeq(path, ".") {
		child := n.children[name]
		if child == nil {
			child = &node{name: name, path: strings.TrimPrefix(n.path+"."+name, "."), slot: -1, seen: -1}
			if n.children == nil {
				n.children = map[string]*node{}
			}
			n.children[name] = child
		}
		n = child
	}
	return n
}

// cutIndex splits "a.b[1]" into "a.b" and 1; without an index it returns -1.
func cutIndex(path string) (string, int) {
	name, index, ok := strings.Cut(path, "[")
	if !ok {
		return path, -1
	}
	i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
	if err != nil {
		panic("transform: path " + path) // a bug in our own tables
	}
	return name, i
}
