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
// pinned_post_id brings the id too, that of affiliation the whole object. What no
// column takes is asked for with any field.
func (t *Table) Asked(c Column, p Params, inData bool) bool {
	if c.From == Extras {
		return hasFields(t.Object, p)
	}
	return c.From == Value && !c.Unlisted && t.Object != "" && asked(t.Object, c.Paths(), p, inData)
}

// Asked reports whether such a page asked for the list.
func (s Source) Asked(p Params, inData bool) bool {
	return !s.Unlisted && asked(s.Object, s.Outer(), p, inData)
}

func asked(o Object, paths []string, p Params, inData bool) bool {
	for param, names := range p {
		for _, path := range paths {
			switch {
			case FieldsObject(param) == o && slices.Contains(names, firstKey(path)):
				return true
			case param == "expansions" && inData && slices.ContainsFunc(names, func(name string) bool { return path == name || strings.HasPrefix(path, name+".") }):
				return true
			}
		}
	}
	return false
}

// Known reports whether e is an endpoint of this version that has pages.
func (e Endpoint) Known() bool {
	return slices.ContainsFunc(specs, func(s Spec) bool { return s.Endpoint == e })
}

// hasFields reports whether any field of a kind of object was asked for.
func hasFields(o Object, p Params) bool {
	for param := range p {
		if FieldsObject(param) == o {
			return true
		}
	}
	return false
}
