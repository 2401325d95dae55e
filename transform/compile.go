package transform

import (
	"maps"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

func compile(tables []*schemas.Table) *plan {
	p := &plan{
		tables: tables, entities: map[schemas.Object]*program{}, stamps: make([][]*column, len(tables)),
		relations: map[schemas.Endpoint]*program{}, missing: map[schemas.Endpoint]*program{}, envelope: newProgram(""),
	}
	for _, o := range []schemas.Object{schemas.PageObject, schemas.RunObject, schemas.Space, schemas.User, schemas.Topic,
		schemas.Tweet, schemas.Media, schemas.Poll, schemas.Place, schemas.Problem} {
		p.entities[o] = newProgram(o)
	}
	for i, t := range tables {
		p.addStamps(i)
		if t.Object != "" {
			p.addRows(p.entities[t.Object], i, nil)
		}
		for _, s := range t.Sources {
			if s.Object != schemas.PageObject {
				p.addSource(p.entities[s.Object], i, s, s.Paths(), "")
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
		p.list(p.entities[n.In], []string{n.Path}, "").entity = n.Kind
	}
	p.addFinders()
	for o, prog := range p.entities {
		for _, key := range schemas.Ignored(o) {
			prog.at(key)
		}
		p.number(prog)
		spell(prog)
		if prog.key != "" {
			prog.claimed()
		}
		if t := schemas.EntityTable(o); slices.Contains(tables, t) {
			tells(prog, t)
			if prog.merged = t.Mode == schemas.Coalesce; prog.merged {
				prog.id = prog.slot(t.Columns[t.Column(t.Key[0])].Paths()[0])
			}
		}
	}
	p.envelope.reset()
	return p
}

// addFinders finds objects on the page, in the order in which they are claimed.
// What is merged comes first, so that of one page the included object counts
// before the one inside another. Then data: it is what was asked for.
func (p *plan) addFinders() {
	kinds := schemas.Included()
	var merged, claimed []*finder
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		f := p.finder("includes."+name, kinds[name], "")
		if f.prog.key == "" {
			merged = append(merged, f)
		} else {
			claimed = append(claimed, f)
		}
	}
	p.data = p.finder("data", "", "") // its kind depends on the endpoint
	p.errors = p.finder("errors", schemas.Problem, "partial")
	p.finders = append(append(append(merged, p.data), claimed...), p.errors)
}

func (p *plan) finder(path string, o schemas.Object, kind string) *finder {
	page := p.entities[schemas.PageObject]
	f := &finder{path: path, slot: page.slot(path), object: o, prog: p.entities[o], kind: kind}
	page.at(path).find = f
	for _, r := range page.every {
		for _, x := range r.fields {
			if c := x.column; c.From == schemas.Count && slices.Contains(c.Paths(), path) {
				c.finders = append(c.finders, f)
			}
		}
	}
	return f
}

// addStamps lists the columns of a table that hold values of the page's
// envelope.
func (p *plan) addStamps(table int) {
	t := p.tables[table]
	for i := range t.Columns {
		if t.Columns[i].From == schemas.Envelope {
			p.stamps[table] = append(p.stamps[table], p.column(p.envelope, t, i))
		}
	}
}

// claimed drops the checks that claiming has made: the object has its key.
func (prog *program) claimed() {
	for _, r := range prog.every {
		r.keys = nil
	}
	prog.latest.keys = nil
}

// number gives the top-level keys of an entity their seen flags.
func (p *plan) number(prog *program) {
	for _, n := range prog.root.children {
		n.seen = p.nodes
		p.nodes++
	}
}
