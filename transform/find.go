package transform

import "bytes"

// sighting is one object on the page, found but not yet decoded.
type sighting struct {
	prog      *program
	at        span
	keyAt     span   // the key as it stands on the page
	key       span   // its text, in Decoder.keys
	ends      span   // of its values, in Decoder.ends
	won       bool   // claimed: its row and its children are made
	every     bool   // claimed for the tables that take every sighting
	relations uint64 // claimed: a bit for each of the rows that tie it to a Space
	ordinal   int64
	kind      string // of a problem
}

// find collects the objects of the list at i, or the one object that stands
// there, and returns the index after it, or -1.
func (d *Decoder) find(f *finder, i int) int {
	f.found, f.count = f.found[:0], 0 // of a repeated key the last value counts
	if d.b[i] != '[' {
		return d.sight(f, i, 0)
	}
	next := skipSpace(d.b, i+1)
	if next < len(d.b) && d.b[next] == ']' {
		return next + 1
	}
	for n := int64(0); next < len(d.b); n++ {
		end := d.sight(f, next, n)
		if end < 0 {
			break
		}
		if end = skipSpace(d.b, end); end >= len(d.b) {
			break
		}
		if d.b[end] == ']' {
			return end + 1
		}
		if d.b[end] != ',' {
			break
		}
		next = skipSpace(d.b, end+1)
	}
	end := skipValue(d.b, i)
	if end > 0 {
		d.unreadable(string(f.object), nil, "", "broken list", d.b[i:end])
	}
	return end
}

// sight notes the object at i and returns the index after it, or -1.
func (d *Decoder) sight(f *finder, i int, ordinal int64) int {
	if d.b[i] != '{' {
		end := skipValue(d.b, i)
		if end > 0 && !isNull(d.b[i:end]) {
			f.count++
			d.unreadable(string(f.object), nil, "", "not an object", d.b[i:end])
		}
		return end
	}
	s := sighting{prog: f.prog, ordinal: ordinal, kind: f.kind}
	end := -1
	if f.prog.key != "" {
		from := len(d.ends)
		end, s.keyAt = d.member(f.prog.root, i, f.prog.key)
		s.ends = at(from, len(d.ends))
	}
	if end < 0 {
		s.keyAt, s.ends = span{}, span{}
		if end = skipContainer(d.b, i); end < 0 {
			return -1
		}
	}
	f.count++
	s.at = at(i, end)
	if f.prog.key != "" {
		s.key = d.keep(d.scalar(s.keyAt))
		if s.key.start == s.key.end {
			d.unreadable(string(f.object), nil, f.prog.key, "object without "+f.prog.key, s.at.of(d.b))
			return end
		}
	}
	if f == d.plan.data {
		s.ordinal += int64(d.page.Request.Offset)
		if relation := d.plan.relations[d.page.Request.Endpoint]; relation != nil {
			s.relations = 1<<len(relation.every) - 1
		}
	}
	f.found = append(f.found, s)
	return end
}

// member passes over the object at i and returns the index after it, or -1,
// and where the value of a key of n stands: the last one that is not null, as
// in decoding. Where each value ends goes into d.ends.
func (d *Decoder) member(n *node, i int, name string) (end int, found span) {
	b, guess := d.b, n.first
	for i = objectStart(b, i); i >= 0 && i < len(b) && b[i] != '}'; {
		child, from := guess.match(b, i)
		ours := child != nil && child.name == name
		if child != nil {
			guess = child.next
			from = skipSpace(b, from)
		} else {
			var k span
			k, from = key(b, i)
			ours = from >= 0 && d.isName(k, name)
		}
		if from < 0 || from >= len(b) {
			return -1, span{}
		}
		if b[from] == '"' {
			end = skipString(b, from)
		} else {
			end = skipValue(b, from)
		}
		if end < 0 {
			return -1, span{}
		}
		d.ends = append(d.ends, int32(end))
		if ours && b[from] != 'n' {
			found = at(from, end)
		}
		if end+1 < len(b) && b[end] == ',' && b[end+1] == '"' {
			i = end + 1
			continue
		}
		i = nextMember(b, end)
	}
	if i < 0 || i >= len(b) {
		return -1, span{}
	}
	return i + 1, found
}

// keep copies a key into the arena of the page.
func (d *Decoder) keep(key []byte) span {
	start := len(d.keys)
	d.keys = append(d.keys, key...)
	return at(start, len(d.keys))
}

// isName reports whether a key is name, which is ASCII.
func (d *Decoder) isName(k span, name string) bool {
	text := k.of(d.b)
	if len(text) < 6 { // too short for an escape
		return string(text) == name
	}
	return string(text) == name || text[0] == '\\' && string(d.name(k)) == name
}

// name is the text of a key.
func (d *Decoder) name(k span) []byte {
	name := k.of(d.b)
	if bytes.IndexByte(name, '\\') < 0 {
		return name
	}
	text, _, _ := unquote(d.b[k.start-1:k.end+1], nil)
	return text
}
