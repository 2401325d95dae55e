package transform

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// bodies makes random bodies of what the tables declare, in both dialects: fields there
// or not, keys that nobody knows, copies, values of other types. No two values are equal,
// so that one is not taken for another.
type bodies struct {
	*rand.Rand
	n     int
	wrong float64 // share of values of another type
}

func (b *bodies) is(share float64) bool { return b.Float64() < share }

func (b *bodies) text() string {
	b.n++
	return fmt.Sprintf("t%d%s", b.n, []string{"", "é", "\x00", "\"\\", "😀"}[b.Intn(5)])
}

func (b *bodies) number() int { b.n++; return b.n }

// any is a value of any type.
func (b *bodies) any() any {
	switch b.Intn(8) {
	case 0:
		return map[string]any{"z": b.text(), "id": b.text()}
	case 1:
		return []any{b.text(), nil, map[string]any{"y": b.text()}}
	case 2:
		return json.Number(fmt.Sprintf("%d.5e3", b.number()))
	case 3:
		return json.Number(fmt.Sprintf("9%025d", b.number()))
	case 4:
		return []any{[]any{b.text()}}
	case 5:
		return b.is(0.5)
	case 6:
		return nil
	}
	return b.text()
}

func (b *bodies) value(t schemas.Type) any {
	if b.is(b.wrong) {
		return b.any()
	}
	switch t {
	case schemas.ID:
		return fmt.Sprint(b.number())
	case schemas.Int, schemas.Float:
		return b.number()
	case schemas.Bool:
		return b.is(0.5)
	case schemas.Time:
		return fmt.Sprintf("2026-08-01T10:06:00.%06dZ", b.number()%1_000_000)
	}
	return b.text()
}

// set puts a value at a path, into an object or the elements of a list. What is there
// stays.
func (b *bodies) set(o map[string]any, path string, value any) {
	path, index := cutIndex(strings.ReplaceAll(path, "[].", "."))
	name, rest, nested := strings.Cut(path, ".")
	switch in := o[name].(type) {
	case map[string]any:
		if nested {
			b.set(in, rest, value)
		}
	case nil:
		switch {
		case nested:
			inner := map[string]any{}
			b.set(inner, rest, value)
			o[name] = inner
		case index >= 0:
			o[name] = []any{value, b.number(), b.number(), b.number(), b.number()}[:1+b.Intn(5)]
		default:
			o[name] = value
		}
	case []any:
		if inner, ok := in[0].(map[string]any); ok && nested {
			b.set(inner, rest, value)
		}
	}
}

// fill gives an object, or an element of a list, what columns have.
func (b *bodies) fill(o map[string]any, columns []schemas.Column) {
	for _, c := range columns {
		for _, path := range c.Paths() {
			if c.From == schemas.Value && path != "$" && b.is(0.4) {
				b.set(o, path, b.value(c.Type))
			}
		}
	}
	b.unknown(o)
}

// unknown adds keys that no column takes, at any level.
func (b *bodies) unknown(o map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if inner, ok := o[key].(map[string]any); ok {
			b.unknown(inner)
		}
	}
	if b.is(0.3) {
		o[fmt.Sprintf("new_%d", b.number())] = b.any()
	}
}

func (b *bodies) list(columns []schemas.Column) (list []any) {
	plain := slices.ContainsFunc(columns, func(c schemas.Column) bool { return slices.Contains(c.Paths(), "$") })
	for range 1 + b.Intn(3) {
		switch o := map[string]any{}; {
		case b.is(b.wrong):
			list = append(list, b.any())
		case plain && b.is(0.9):
			list = append(list, b.value(schemas.ID))
		default:
			b.fill(o, columns)
			list = append(list, o)
		}
	}
	return list
}

func (b *bodies) object(kind schemas.Object, key string) map[string]any {
	table := schemas.EntityTable(kind)
	o := map[string]any{}
	for _, child := range schemas.Tables() {
		for _, s := range child.Sources {
			for _, path := range s.Paths() {
				if s.Object == kind && b.is(0.4) {
					b.set(o, path, b.list(child.Columns))
				}
			}
		}
	}
	b.fill(o, table.Columns)
	o[table.Columns[0].Paths()[0]] = key
	if kind == schemas.Space && b.is(0.4) {
		o["topics"] = []any{b.object(schemas.Topic, key), b.any()}
	}
	return o
}

func (b *bodies) page(e schemas.Endpoint) schemas.Page {
	objects := func(kind schemas.Object) (list []any) {
		for range b.Intn(3) {
			key := fmt.Sprint(b.number())
			for ok := true; ok; ok = b.is(0.3) { // and copies
				list = append(list, b.object(kind, key))
			}
		}
		return list
	}
	includes := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(schemas.Included())) {
		includes[name] = objects(schemas.Included()[name])
	}
	problem := map[string]any{"errors": b.any()}
	b.fill(problem, schemas.EntityTable(schemas.Topic).Columns)
	b.fill(problem, schemas.Lookup("api_errors").Columns)
	body, err := json.Marshal(map[string]any{"data": objects(e.Spec().Data), "includes": includes, "errors": []any{problem}, "new": b.any()})
	if err != nil {
		panic(err)
	}
	return answered(200, string(body), e, "1a")
}

// No value of a page is lost, whatever is on it.
func TestRandomBodiesAreKeptWhole(t *testing.T) {
	d := NewDecoder()
	for seed := range int64(90) {
		b := &bodies{Rand: rand.New(rand.NewSource(seed)), n: 100_000, wrong: 0.05 * float64(seed%3)}
		for _, e := range fuzzed {
			page := b.page(e)
			leaves, err := d.Lossless(page)
			if err != nil || leaves.Found != leaves.Seen || leaves.Seen == 0 {
				t.Fatalf("seed %d, %s: found %d of %d values, first lost %s (%v)\n%s", seed, e, leaves.Found, leaves.Seen, leaves.Lost, err, page.Body)
			}
		}
	}
}
