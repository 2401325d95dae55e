package schemas

import (
	"slices"
	"strings"
)

// Asked reports whether a page of an endpoint that was sent with these params
// asked for a column of t. Where it did, NULL means that there is no value;
// where it did not, NULL says nothing.
//
// A field is asked for by the fields list of its kind of object, in either
// dialect, or, in the objects of the answer's data, by an expansion: that of
// pinned_post_id brings the id too, that of affiliation the whole object.
func (t *Table) Asked(c Column, e Endpoint, p Params) bool {
	if c.From != Value && c.From != Count || c.Unlisted || t.Object == "" {
		return false
	}
	for param, names := range p {
		switch {
		case FieldsObject(param) == t.Object:
			for _, path := range c.Paths() {
				if slices.Contains(names, firstKey(path)) {
					return true
				}
			}
		case param == "expansions" && e.Spec().Data == t.Object:
			for _, path := range c.Paths() {
				if slices.ContainsFunc(names, func(name string) bool { return path == name || strings.HasPrefix(path, name+".") }) {
					return true
				}
			}
		}
	}
	return false
}

// Known reports whether e is an endpoint of this version that has pages.
func (e Endpoint) Known() bool {
	return slices.ContainsFunc(specs, func(s Spec) bool { return s.Endpoint == e })
}
