package loadtest

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// shapes are the ways in which values of a column come, row after row: they
// lead to every kind of page.
var shapes = []struct {
	name  string
	value func(row int, r *rand.Rand) (n int, ok bool)
}{
	{"distinct", func(row int, _ *rand.Rand) (int, bool) { return row, true }},
	{"few", func(_ int, r *rand.Rand) (int, bool) { return r.IntN(20), true }},
	{"runs", func(row int, _ *rand.Rand) (int, bool) { return row / 700, true }},
	{"few, then distinct", func(row int, r *rand.Rand) (int, bool) {
		if row < 10_000 {
			return r.IntN(20), true
		}
		return row, true
	}},
	{"half null", func(row int, r *rand.Rand) (int, bool) { return row, r.IntN(2) > 0 }},
	{"null for long", func(row int, r *rand.Rand) (int, bool) { return r.IntN(9), row/5000%2 > 0 }},
	{"hardly any", func(_ int, r *rand.Rand) (int, bool) { n := r.IntN(3000); return n, n == 0 }},
	{"null", func(int, *rand.Rand) (int, bool) { return 0, false }},
}

// Shaped makes rows whose i-th column has the shape first + i, and what a
// reader should say of each.
func Shaped(table *schemas.Table, n, first int) (rows []Row, lines []string) {
	random := rand.New(rand.NewPCG(1, uint64(first)))
	for i := range n {
		made, texts := Row{}, make([]string, len(table.Columns))
		for j, c := range table.Columns {
			shape := shapes[(first+j)%len(shapes)]
			if table.IsKey(c.Name) {
				shape = shapes[first%4] // never null
			}
			number, ok := shape.value(i, random)
			if !ok {
				texts[j] = "<nil>"
				continue
			}
			made[c.Name], texts[j] = shapedValue(c, number)
		}
		rows, lines = append(rows, made), append(lines, strings.Join(texts, "|"))
	}
	return rows, lines
}

func shapedValue(c schemas.Column, n int) (value any, text string) {
	switch c.Type {
	case schemas.Int:
		n = n * 1_000_003 * (1 - 2*(n%2))
		return n, fmt.Sprint(n)
	case schemas.Float:
		return float64(n) / 4, fmt.Sprintf("%.2f", float64(n)/4)
	case schemas.Bool:
		return n%3 == 0, fmt.Sprint(n%3 == 0)
	case schemas.Time:
		at := Noon.Add(time.Duration(n) * 1_234_567 * time.Microsecond)
		return at, fmt.Sprint(at.UnixMicro())
	}
	text = fmt.Sprintf("%s %d é", c.Name, n)
	if n > 20 {
		text += fmt.Sprintf("%x", sha256.Sum256([]byte(text))) // so that there are several row groups
	}
	switch {
	case n%1000 == 999:
		text = strings.Repeat(text, 100)
	case n%10_007 == 10_006:
		text = strings.Repeat(text, 20_000) // more than a page
	case n%7 == 6:
		text = ""
	}
	return text, text
}

// SameLines compares what a reader says of rows with what it should.
func SameLines(t *testing.T, reader string, want, got []string) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Fatalf("%s, row %d:\ngot  %.2000s\nwant %.2000s", reader, i, got[i], want[i])
		}
	}
	if len(want) != len(got) {
		t.Fatalf("%s: got %d rows, want %d", reader, len(got), len(want))
	}
}
