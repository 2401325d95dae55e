package parquet

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	goparquet "github.com/parquet-go/parquet-go"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// TestReadersSeeWhatWasWritten writes columns of every type and shape over
// several pages and row groups, and reads them with parquet-go.
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
				made, want := loadtest.Shaped(table, rows, first)
				s := newStore(t)
				var batches []schemas.Batch
				for len(made) > 0 {
					n := min(len(made), 1234)
					batches = append(batches, batchOf(t, table, made[:n]))
					made = made[n:]
				}
				for _, part := range s.commit("r1", batches) {
					if part.Rows > 0 {
						loadtest.SameLines(t, "parquet-go", want, readByParquetGo(t, filepath.Join(s.dir, part.Path)))
					}
				}
			})
		}
	}
}

func readByParquetGo(t testing.TB, name string) (lines []string) {
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
	opened, err := goparquet.OpenFile(file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range opened.RowGroups() {
		rows, buffer := group.Rows(), make([]goparquet.Row, 100)
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

func line(r goparquet.Row) string {
	texts := make([]string, len(r))
	for i, v := range r {
		switch {
		case v.IsNull():
			texts[i] = "<nil>"
		case v.Kind() == goparquet.Double:
			texts[i] = fmt.Sprintf("%.2f", v.Double())
		default:
			texts[i] = v.String()
		}
	}
	return strings.Join(texts, "|")
}
