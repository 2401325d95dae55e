package transform

import (
	"bytes"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// sighting is one object on the page, found but not yet decoded.
type sighting struct {
	prog      *program
	at        span
	keyAt     span   // the key as it stands on the page
	key       span   // its text, in pageReader.keys
	ends      span   // of its values, in pageReader.ends
	won       bool   // claimed: its row and its children are made
	inData    bool   // not in includes
	copied    bool   // the page has the object before
	next      int    // index of the object's next copy on the page, or -1
	last      int    // of the first: index of the latest copy
	more      bool   // its row only completes that of a newer sighting
	present   uint64 // fields that have a value, and inner lists
	asking    *asking
	tells     uint64 // fields that it tells of
	settles   uint64 // those of which older sightings tell nothing
	left      uint64 // fields that it tells of and no newer sighting
	every     bool   // claimed for the tables that take every sighting
	relations uint64 // claimed: a bit for each of the rows that tie it to a Space
	ordinal   int64
	kind      string // of a problem
}

// find collects the objects of the list at i, or the one object that stands
// there, and returns the index after it, or -1.
func (r *pageReader) find(f *finder, i int) int {
	f.found, f.count = f.found[:0], 0 // of a repeated key the last value counts
	switch r.b[i] {
	case '{':
		return r.sight(f, i, 0)
	case '[':
	default:
		end := skipValue(r.b, i)
		if end > 0 && f != r.plan.data { // of data there is more to say
			r.unreadable(string(f.object), nil, f.path, "not a list of objects", r.b[i:end])
		}
		return end
	}
	next := skipSpace(r.b, i+1)
	if next < len(r.b) && r.b[next] == ']' {
		return next + 1
	}
	rest := -1 // where those begin that get no rows
	for n := int64(0); next < len(r.b) && !r.over(); n++ {
		if f == r.plan.errors && n == maxProblems {
			rest = next
		}
		end := r.sightOr(rest >= 0, f, next, n)
		if end < 0 {
			break
		}
		if end = skipSpace(r.b, end); end >= len(r.b) {
			break
		}
		if r.b[end] == ']' {
			if rest >= 0 {
				r.bad = append(r.bad, further(int(f.count)-len(f.found), "errors of the answer", "["+string(r.b[rest:end+1])))
			}
			return end + 1
		}
		if r.b[end] != ',' {
			break
		}
		next = skipSpace(r.b, end+1)
	}
	end := skipValue(r.b, i)
	if end > 0 {
		r.unreadable(string(f.object), nil, "", "broken list", r.b[i:end])
	}
	return end
}

// sightOr is sight, or only counts the value at i.
func (r *pageReader) sightOr(counts bool, f *finder, i int, ordinal int64) int {
	if !counts {
		return r.sight(f, i, ordinal)
	}
	end := skipValue(r.b, i)
	if end > 0 && !isNull(r.b[i:end]) {
		f.count++
	}
	return end
}

// sight notes the object at i and returns the index after it, or -1.
func (r *pageReader) sight(f *finder, i int, ordinal int64) int {
	if r.b[i] != '{' {
		end := skipValue(r.b, i)
		if end > 0 && !isNull(r.b[i:end]) {
			f.count++
			r.unreadable(string(f.object), nil, "", "not an object", r.b[i:end])
		}
		return end
	}
	s := sighting{prog: f.prog, ordinal: ordinal, kind: f.kind, inData: f == r.plan.data}
	end := -1
	if f.prog.key != "" {
		ends := len(r.ends)
		end, s.keyAt, s.present = r.member(f.prog.root, i, f.prog.key)
		s.ends = at(ends, len(r.ends))
	}
	if end < 0 {
		s.keyAt, s.ends = span{}, span{}
		if end = skipContainer(r.b, i); end < 0 {
			return -1
		}
	}
	f.count++
	s.at = at(i, end)
	if f.prog.key != "" {
		s.key = r.keep(r.scalar(s.keyAt))
		if s.key.start < s.key.end && !isID(s.keyAt.of(r.b)) {
			r.bad = append(r.bad, unaskable(f.object, s.key.of(r.keys), s.keyAt.of(r.b), s.at.of(r.b)))
			return end
		}
		if s.key.start == s.key.end {
			r.unreadable(string(f.object), nil, f.prog.key, "object without "+f.prog.key, s.at.of(r.b))
			return end
		}
		r.checkID(f.object, s.key.of(r.keys))
	}
	if f == r.plan.data {
		s.ordinal += int64(r.page.Request.Offset)
		if relation := r.plan.relations[r.page.Request.Endpoint]; relation != nil {
			s.relations = 1<<len(relation.every) - 1
		}
	}
	f.found = append(f.found, s)
	return end
}

// forms says in words what schemas.IsSpaceID and IsUserID ask.
var forms = map[schemas.Object]string{
	schemas.Space: "the id of a Space is 1 to 13 letters and digits",
	schemas.User:  "the id of a user is 1 to 19 digits",
}

// checkID notes a Space or a user that cannot be asked for by its id, once for
// each page.
func (r *pageReader) checkID(kind schemas.Object, key []byte) {
	var ok bool
	switch kind {
	case schemas.Space:
		ok = schemas.IsSpaceID(string(key))
	case schemas.User:
		ok = schemas.IsUserID(string(key))
	default:
		return
	}
	if ok || r.unaskable[string(kind)+string(key)] {
		return
	}
	if r.unaskable == nil {
		r.unaskable = map[string]bool{}
	}
	r.unaskable[string(kind)+string(key)] = true
	r.bad = append(r.bad, unaskable(kind, key, nil, nil))
}

// isID reports whether a value can be an id: a string, or a number of digits only.
// 7.5, 1e3 and true are none.
func isID(raw []byte) bool {
	return raw[0] == '"' || !slices.ContainsFunc(raw, func(c byte) bool { return c < '0' || c > '9' })
}

// checkUser notes what stands for the id of a user and is none, once for each page: it
// cannot be asked for. Raw is a scalar, or what was reported to be none.
func (r *pageReader) checkUser(path string, raw []byte) {
	id := raw
	if raw[0] == '"' {
		if id = raw[1 : len(raw)-1]; bytes.IndexByte(id, '\\') >= 0 {
			id, _, _ = unquote(raw, nil)
		}
	}
	if len(id) == 0 || raw[0] == '{' || raw[0] == '[' || schemas.IsUserID(string(id)) || r.unaskable[string(schemas.User)+string(id)] {
		return
	}
	if r.unaskable == nil {
		r.unaskable = map[string]bool{}
	}
	r.unaskable[string(schemas.User)+string(id)] = true
	r.bad = append(r.bad, unreadable{Type: UnaskableID, Title: "Unaskable Id", Detail: forms[schemas.User], ResourceType: string(schemas.User), ResourceID: string(id), Field: path})
}

// member passes over the object at i and returns the index after it, or -1,
// where the value of a key that n knows stands: the last one that is not null, as
// in decoding, and which of n's fields and inner lists are present. Where each
// value ends goes into r.ends.
func (r *pageReader) member(n *node, i int, name string) (end int, found span, present uint64) {
	b, guess := r.b, n.first
	for i = objectStart(b, i); i >= 0 && i < len(b) && b[i] != '}'; {
		child, from := guess.match(b, i)
		ours := child != nil && child.name == name
		if child != nil {
			guess = child.next
			from = skipSpace(b, from)
		} else {
			var k span
			if k, from = key(b, i); from < 0 {
				return -1, span{}, 0
			}
			child = n.children[string(r.name(k))]
			ours = child != nil && child.name == name
		}
		if from < 0 || from >= len(b) {
			return -1, span{}, 0
		}
		inner := uint64(0)
		switch {
		case b[from] == '"':
			end = skipString(b, from)
		case child != nil && child.inside != 0:
			inner, end = child.lists(b, from)
		default:
			end = skipValue(b, from)
		}
		if end < 0 {
			return -1, span{}, 0
		}
		r.ends = append(r.ends, int32(end))
		if child != nil && b[from] != 'n' {
			present = present&^child.inside | child.field | inner // of a repeated key the last value counts
			if ours {
				found = at(from, end)
			}
		}
		if end+1 < len(b) && b[end] == ',' && b[end+1] == '"' {
			i = end + 1
			continue
		}
		i = nextMember(b, end)
	}
	if i < 0 || i >= len(b) {
		return -1, span{}, 0
	}
	return i + 1, found, present
}

// keep copies a key into the arena of the page.
func (r *pageReader) keep(key []byte) span {
	start := len(r.keys)
	r.keys = append(r.keys, key...)
	return at(start, len(r.keys))
}

// name is the text of a key.
func (r *pageReader) name(k span) []byte { return nameOf(r.b, k) }

func nameOf(b []byte, k span) []byte {
	name := k.of(b)
	if bytes.IndexByte(name, '\\') < 0 {
		return name
	}
	text, _, _ := unquote(b[k.start-1:k.end+1], nil)
	return text
}
