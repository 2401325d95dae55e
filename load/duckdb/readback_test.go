package duckdb

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// TestReadersSeeWhatWasWritten writes columns of every type and shape over
// several pages and row groups, and reads them with DuckDB.
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
						loadtest.SameLines(t, "DuckDB", want, s.query("SELECT %s FROM read_parquet('%s')", asText(table), filepath.Join(s.dir, part.Path)))
					}
				}
			})
		}
	}
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
