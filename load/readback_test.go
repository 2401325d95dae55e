package load

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

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

// TestReadersSeeWhatWasWritten writes columns of every type and shape over
// several pages and row groups, and reads them with DuckDB and with parquet-go.
func TestReadersSeeWhatWasWritten(t *testing.T) {
	slow(t)
	t.Parallel()
	const rows = 30_000
	for name, firsts := range map[string][]int{"spaces": {0, 3, 6, 1, 2, 4, 5, 7}, "places": {0, 3}} {
		if !long() {
			firsts = firsts[:min(len(firsts), 3)] // each type has several columns
		}
		for _, first := range firsts {
			t.Run(fmt.Sprint(name, " ", first), func(t *testing.T) {
				t.Parallel()
				table := schemas.Lookup(name)
				made, want := shaped(table, rows, first)
				s := newStore(t)
				var batches []schemas.Batch
				for len(made) > 0 {
					n := min(len(made), 1234)
					batches = append(batches, batchOf(t, table, made[:n]))
					made = made[n:]
				}
				for _, part := range s.commit("r1", batches) {
					if part.Rows > 0 {
						sameLines(t, "parquet-go", want, readByParquetGo(t, filepath.Join(s.dir, part.Path)))
						sameLines(t, "DuckDB", want, s.query("SELECT %s FROM read_parquet('%s')", asText(table), filepath.Join(s.dir, part.Path)))
					}
				}
			})
		}
	}
}

// shaped makes rows whose i-th column has the shape first + i, and what a
// reader should say of each.
func shaped(table *schemas.Table, n, first int) (rows []row, lines []string) {
	random := rand.New(rand.NewPCG(1, uint64(first)))
	for i := range n {
		made, texts := row{}, make([]string, len(table.Columns))
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
		at := noon.Add(time.Duration(n) * 1_234_567 * time.Microsecond)
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

// asText makes DuckDB say values as shapedValue does.
func asText(table *schemas.Table) string {
	var columns []string
	for _, c := range table.Columns {
		name := schemas.Quote(c.Name)
		switch c.Type {
		case schemas.Time:
			name = "epoch_us(" + name + ")"
		case schemas.Float:
			name = "printf('%.2f', " + name + ")"
		}
		columns = append(columns, name)
	}
	return strings.Join(columns, ", ")
}

func readByParquetGo(t *testing.T, name string) (lines []string) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	opened, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range opened.RowGroups() {
		rows, buffer := group.Rows(), make([]parquet.Row, 100)
		for {
			n, err := rows.ReadRows(buffer)
			for _, r := range buffer[:n] {
				lines = append(lines, line(r))
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return lines
}

func line(r parquet.Row) string {
	texts := make([]string, len(r))
	for i, v := range r {
		switch {
		case v.IsNull():
			texts[i] = "<nil>"
		case v.Kind() == parquet.Double:
			texts[i] = fmt.Sprintf("%.2f", v.Double())
		default:
			texts[i] = v.String()
		}
	}
	return strings.Join(texts, "|")
}

func sameLines(t *testing.T, reader string, want, got []string) {
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
