package simulator

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// member and object keep the order of keys; literal is JSON as it stands.
type (
	member struct {
		key   string
		value any
	}
	object  []member
	literal string
)

// obj builds an object from alternating keys and values.
func obj(pairs ...any) object {
	o := make(object, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		o = append(o, member{pairs[i].(string), pairs[i+1]})
	}
	return o
}

func (o *object) add(key string, value any) { *o = append(*o, member{key, value}) }

// encoder appends JSON; with a quirk it varies what JSON leaves open.
type encoder struct {
	out []byte
	q   *quirk
}

func (e *encoder) value(v any) {
	switch v := v.(type) {
	case nil:
		e.raw("null")
	case literal:
		e.raw(string(v))
	case string:
		e.text(v)
	case bool:
		e.out = strconv.AppendBool(e.out, v)
	case int:
		e.out = strconv.AppendInt(e.out, int64(v), 10)
	case int64:
		e.out = strconv.AppendInt(e.out, v, 10)
	case float64:
		e.float(v)
	case object:
		e.object(v)
	case []object:
		list(e, v, e.object)
	case []string:
		list(e, v, e.text)
	case []any:
		list(e, v, e.value)
	default:
		panic("simulator: no JSON for this type")
	}
}

func (e *encoder) raw(s string) { e.out = append(e.out, s...) }

// float never writes an exponent, so that readers may compare texts.
func (e *encoder) float(v float64) {
	if v == math.Trunc(v) {
		e.out = strconv.AppendFloat(e.out, v, 'f', 1, 64)
		return
	}
	e.out = strconv.AppendFloat(e.out, v, 'f', -1, 64)
}

func list[T any](e *encoder, items []T, write func(T)) {
	e.out = append(e.out, '[')
	for i, item := range items {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		write(item)
	}
	e.out = append(e.out, ']')
}

func (e *encoder) object(o object) {
	if e.q.on {
		o = e.q.disturb(o)
	}
	e.out = append(e.out, '{')
	for i, m := range o {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.plain(m.key)
		e.out = append(e.out, ':')
		e.value(m.value)
	}
	e.out = append(e.out, '}')
}

const hexDigits = "0123456789abcdef"

func (e *encoder) text(s string) {
	if e.q.on {
		e.quirky(s)
		return
	}
	e.plain(s)
}

// plain writes a string as the service does: UTF-8, only what must be escaped.
func (e *encoder) plain(s string) {
	e.out = append(e.out, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		e.out = append(e.out, s[from:i]...)
		e.escape(rune(c))
		from = i + 1
	}
	e.out = append(append(e.out, s[from:]...), '"')
}

func (e *encoder) escape(c rune) {
	switch c {
	case '"', '\\':
		e.out = append(e.out, '\\', byte(c))
	case '\n':
		e.raw(`\n`)
	case '\t':
		e.raw(`\t`)
	default:
		e.unit(uint16(c))
	}
}

// unit writes one \u escape.
func (e *encoder) unit(u uint16) {
	e.out = append(e.out, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}

// quirky escapes all beyond ASCII in a third of the strings, and turns a
// replacement character into something a reader must replace.
func (e *encoder) quirky(s string) {
	escaped := e.q.d.chance(33)
	e.out = append(e.out, '"')
	for _, c := range s {
		switch {
		case c == utf8.RuneError:
			e.raw(pick(&e.q.d, []string{"\xff", "\xc0", `\u0000`, `\ud83d`, `\udc00`}))
		case c < ' ' || c == '"' || c == '\\':
			e.escape(c)
		case c == '/' && escaped:
			e.raw(`\/`)
		case c < utf8.RuneSelf || !escaped:
			e.out = utf8.AppendRune(e.out, c)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			e.unit(uint16(high))
			e.unit(uint16(low))
		default:
			e.unit(uint16(c))
		}
	}
	e.out = append(e.out, '"')
}
