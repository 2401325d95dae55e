package simulator

import (
	"strconv"
	"strings"
)

const base32hex = "0123456789ABCDEFGHIJKLMNOPQRSTUV"

// pageSpan is the part of a list that one answer shows.
type pageSpan struct {
	from, to int
	meta     object
}

// cursor is what a pagination token says. Tokens are encrypted cursors, so
// the server remembers none.
type cursor struct {
	offset  int
	resumed bool // the empty page before this one was shown
	issued  int64
}

// tokens writes and reads the tokens of one list.
type tokens struct {
	w     *world
	salt  uint64 // differs from list to list
	forms bool   // of every recorded form, else of one
	now   int64  // ms; 0 when tokens do not expire
	again string // what a last page names as its next one, if anything
}

// span cuts the list. Quirky pages are shorter than asked; a third of the
// later ones come empty at first.
func (t tokens) span(at cursor, size, total int) pageSpan {
	next := cursor{offset: at.offset + size}
	if t.forms && size > 5 {
		h := t.hash(at.offset)
		next.offset -= int(h % 5)
		if h>>8%7 == 0 {
			next.offset = at.offset + min(9, size)
		}
	}
	if t.forms && !at.resumed && at.offset > 0 && t.hash(at.offset)>>16%3 == 0 {
		next = cursor{offset: at.offset, resumed: true}
	}
	p := pageSpan{from: at.offset, to: min(next.offset, total)}
	p.meta = obj("result_count", p.to-p.from)
	switch {
	case next.offset < total:
		p.meta.add("next_token", t.write(next))
	case t.again != "" && at.offset > 0:
		p.meta.add("next_token", t.again)
	}
	if at.offset > 0 {
		p.meta.add("previous_token", t.write(cursor{offset: max(at.offset-size, 0)}))
	}
	return p
}

func (t tokens) hash(offset int) uint64 { return mix(t.salt ^ uint64(offset)<<32) }

// pack needs 60 bits: 9 for the offset, 1, 40 for the time, 10 for the list.
func (t tokens) pack(c cursor) uint64 {
	v := uint64(c.offset)<<51 | uint64(c.issued-tokenEpoch)&(1<<40-1)<<10 | t.salt&1023
	if c.resumed {
		v |= 1 << 50
	}
	return newPermutation(t.w.seed, forTokens, 60).forward(v)
}

// tokenEpoch is 2020-01-01 in milliseconds, from which 40 bits last to 2054.
const tokenEpoch = 1_577_836_800_000

func (t tokens) write(c cursor) string {
	c.issued = max(t.now, tokenEpoch)
	return t.form(c)
}

func (t tokens) form(c cursor) string {
	v, form := t.pack(c), uint64(0)
	if t.forms {
		form = t.hash(c.offset) >> 24 % 5
	}
	switch form {
	case 1:
		return encode(v, base36, 12)
	case 2:
		return strconv.FormatUint(tweetBase+v, 10)
	case 3:
		return "7140dibdnow9c7" + encode(v, base36, 12) + encode(mix(v), base36, 19)
	case 4:
		return encode(v, base32hex, 12) + "LOG0G00" + "0ZZZZ"
	}
	return encode(v, base32hex, 12) + string(base32hex[v%32]) + "ZZZ"
}

// read accepts only what write made for this list.
func (t tokens) read(token string) (cursor, bool) {
	v, ok := uint64(0), false
	switch len(token) {
	case 12:
		v, ok = decode(token, base36)
	case 16, 24:
		v, ok = decode(token[:12], base32hex)
	case 19:
		v, ok = decode(token, base36[:10])
		v -= tweetBase
	case 45:
		v, ok = decode(strings.TrimPrefix(token, "7140dibdnow9c7")[:12], base36)
	}
	if !ok || v >= 1<<60 {
		return cursor{}, false
	}
	v = newPermutation(t.w.seed, forTokens, 60).backward(v)
	c := cursor{offset: int(v >> 51), resumed: v>>50&1 == 1, issued: int64(v>>10&(1<<40-1)) + tokenEpoch}
	return c, t.form(c) == token
}
