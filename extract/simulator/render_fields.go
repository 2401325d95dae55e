package simulator

import "time"

// view is what one reader is shown of an object: the fields asked for, in the
// dialect and with the quirks of the answer.
type view struct {
	sel      selection
	q        quirk
	viewer   string // id of the user behind the token, or empty
	userAuth bool
}

func (v *view) asked(expansion string) bool { return v.sel.expansions[expansion] }

// name is a key or an expansion in the dialect of the answer.
func (v *view) name(inner string) string {
	if other, ok := postNames[inner]; ok && v.sel.post {
		return other
	}
	return inner
}

func (v *view) anyOf(expansions []string) bool {
	for _, e := range expansions {
		if v.asked(e) {
			return true
		}
	}
	return false
}

// fieldWriter writes the asked fields of one object.
type fieldWriter struct {
	view  *view
	asked set
	out   object
}

func (v *view) writer(asked set) *fieldWriter {
	return &fieldWriter{view: v, asked: asked, out: make(object, 0, len(asked)+2)}
}

// always writes a value whether or not it was asked for.
func (f *fieldWriter) always(key string, value any) { f.out.add(f.view.name(key), value) }

func (f *fieldWriter) value(key string, value any) {
	if f.asked[key] {
		f.out.add(f.view.name(key), value)
	}
}

func (f *fieldWriter) text(key string, s *string) {
	if f.asked[key] && s != nil {
		f.always(key, *s)
	}
}

func (f *fieldWriter) time(key string, t *time.Time) {
	switch {
	case !f.asked[key]:
	case t != nil:
		f.always(key, f.view.q.time(*t))
	case f.view.q.sometimes(20):
		f.always(key, "")
	}
}

func (f *fieldWriter) int(key string, n *int64) {
	if f.asked[key] && n != nil {
		f.always(key, f.view.q.int(*n))
	}
}

func (f *fieldWriter) bool(key string, b *bool) {
	if f.asked[key] && b != nil {
		f.always(key, f.view.q.bool(*b))
	}
}

// id writes an id when the field or one of the expansions was asked for.
func (f *fieldWriter) id(key string, id *string, expansions ...string) {
	if id != nil && (f.asked[key] || f.view.anyOf(expansions)) {
		f.always(key, f.view.q.id(*id))
	}
}

// ids writes a list of ids; with quirks, an absent one may come as null.
func (f *fieldWriter) ids(key string, ids []string, expansions ...string) {
	switch {
	case !f.asked[key] && !f.view.anyOf(expansions):
	case len(ids) > 0:
		f.always(key, f.view.q.ids(ids))
	case ids != nil:
		f.always(key, ids)
	case f.view.q.sometimes(30):
		f.always(key, nil)
	}
}

// part writes a nested object; an empty one is left out or null.
func (f *fieldWriter) part(key string, o object) {
	if f.asked[key] {
		f.partAlways(key, o)
	}
}

func (f *fieldWriter) partAlways(key string, o object) {
	if len(o) > 0 {
		f.always(key, o)
	} else if f.view.q.sometimes(20) {
		f.always(key, nil)
	}
}

func (f *fieldWriter) parts(key string, list []object) {
	if !f.asked[key] {
		return
	}
	if len(list) > 0 {
		f.always(key, list)
	} else if f.view.q.sometimes(20) {
		f.always(key, nil)
	}
}
