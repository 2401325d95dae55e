package transform

// read walks over the object at v and leaves its values in prog's slots and
// its unknown keys in r.unknown. Ends, if any, are where the object's values are
// known to end.
func (r *pageReader) read(prog *program, v span, ends []int32) error {
	prog.reset()
	r.unknown = r.unknown[:0]
	if v.start >= v.end {
		return errNotJSON
	}
	if r.b[v.start] != '{' {
		if prog.self >= 0 && r.b[v.start] != '[' {
			prog.values[prog.self] = v
			return nil
		}
		return errNotJSON
	}
	end := r.walk(prog, prog.root, int(v.start), ends)
	if end < 0 || skipSpace(r.b[:v.end], end) != int(v.end) {
		return errNotJSON
	}
	return nil
}

// walk puts the values of the object at i into slots and returns the index
// after it, or -1. Of a repeated key the last value that is not null counts.
func (r *pageReader) walk(prog *program, n *node, i int, ends []int32) int {
	b, j := r.b, 0
	guess, prev := n.first, (*node)(nil)
	for i = objectStart(b, i); i >= 0 && i < len(b) && b[i] != '}'; {
		child, from := guess.match(b, i)
		k := at(i+1, 0)
		if child == nil {
			if k, from = key(b, i); from < 0 {
				return -1
			}
			if child = n.children[string(r.name(k))]; child != nil {
				n.learn(prev, child)
			}
		} else {
			k.end = k.start + int32(len(child.name))
		}
		if child != nil {
			guess, prev = child.next, child
		}
		if from = skipSpace(b, from); from >= len(b) {
			return -1
		}
		end := 0
		if j < len(ends) && (b[from] != '{' || child == nil || child.children == nil) {
			end = int(ends[j])
		} else if end = r.value(prog, child, from); end < 0 {
			return -1
		}
		j++
		if b[from] != 'n' || !isNull(b[from:end]) {
			r.store(prog, n, child, k, at(from, end))
		}
		if end+1 < len(b) && b[end] == ',' && b[end+1] == '"' {
			i = end + 1
			continue
		}
		i = nextMember(b, end)
	}
	if i < 0 || i >= len(b) {
		return -1
	}
	return i + 1
}

// value passes over the value of a key, and into it where the plan wants more
// of it than its place.
func (r *pageReader) value(prog *program, child *node, at int) int {
	switch {
	case child != nil && child.find != nil && r.b[at] != 'n':
		return r.find(child.find, at)
	case r.b[at] == '"':
		return skipString(r.b, at)
	case r.b[at] == '{' && child != nil && child.children != nil:
		return r.walk(prog, child, at, nil)
	}
	return skipValue(r.b, at)
}

// store takes one value that is not null. What a repeated key had before is kept.
func (r *pageReader) store(prog *program, n, child *node, k, v span) {
	switch {
	case child == nil:
		if prog.extras && !n.covered {
			r.unknown = append(r.unknown, unknownKey{in: n, name: k, value: v})
		}
		return
	case child.slot >= 0 && prog.values[child.slot].present() && prog.extras:
		r.unknown = keepLoser(r, r.unknown, len(r.unknown), child, v, prog.values[child.slot])
		prog.values[child.slot] = span{}
		r.store(prog, n, child, k, v)
		return
	case child.find != nil && r.b[v.start] != '[' && r.b[v.start] != '{':
		// Objects were expected: kept where unknown keys go, too.
		r.unknown = append(r.unknown, unknownKey{in: n, name: k, value: v})
		prog.values[child.slot] = span{}
	case child.slot >= 0:
		prog.values[child.slot] = v
	case child.children != nil && r.b[v.start] != '{':
		// An object was expected: kept where unknown keys go, so nothing is lost.
		r.unknown = append(r.unknown, unknownKey{in: n, name: k, value: v})
	}
	prog.marks |= child.marks
	if child.seen >= 0 {
		r.seen[child.seen] = true
	}
}

// value returns the span of the column's value, absent if there is none.
func (c *column) value(b []byte, values []span) span {
	for _, slot := range c.slots {
		v := values[slot]
		if !v.present() {
			continue
		}
		if c.deep && b[v.start] == '{' {
			continue
		}
		if c.element < 0 {
			return v
		}
		list := elementsOf(b, v)
		for n := 0; ; n++ {
			at, ok := list.value()
			if !ok {
				break
			}
			if n == c.element && !isNull(at.of(b)) {
				return at
			}
		}
	}
	return span{}
}

// scalar returns the text of a string, number or literal; nil for anything
// else. It is valid until the next call.
func (r *pageReader) scalar(v span) []byte {
	if !v.present() {
		return nil
	}
	raw := v.of(r.b)
	switch raw[0] {
	case '{', '[':
		return nil
	case '"':
		var text []byte
		text, r.scratch, _ = unquote(raw, r.scratch)
		return text
	}
	return raw
}
