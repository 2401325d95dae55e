package loadtest

import (
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// DuckRows are the rows of a table of a DuckDB database as lines, see Lines; none where it
// has no such table, since it makes that of sightings later.
func DuckRows(tb testing.TB, db *sql.DB, table string, columns []schemas.Column) []string {
	tb.Helper()
	var values []string
	for _, c := range columns {
		value := schemas.Quote(c.Name)
		if c.Type == schemas.Time {
			value = "epoch_us(" + value + ")"
		}
		values = append(values, value+"::VARCHAR")
	}
	answer, err := db.Query("SELECT " + strings.Join(values, ", ") + " FROM " + schemas.Quote(table))
	if err != nil && strings.Contains(err.Error(), "does not exist") {
		return nil
	}
	if err != nil {
		tb.Fatalf("%s: %v", table, err)
	}
	defer answer.Close()
	var rows [][]string
	for answer.Next() {
		cells, pointers := make([]sql.NullString, len(values)), make([]any, len(values))
		for i := range cells {
			pointers[i] = &cells[i]
		}
		if err := answer.Scan(pointers...); err != nil {
			tb.Fatal(err)
		}
		row := make([]string, len(cells))
		for i, c := range cells {
			if row[i] = c.String; !c.Valid {
				row[i] = "."
			}
		}
		rows = append(rows, row)
	}
	if err := answer.Err(); err != nil {
		tb.Fatal(err)
	}
	return Lines(columns, rows)
}

// Lines writes rows as lines, in order, with numbers as every engine writes them.
func Lines(columns []schemas.Column, rows [][]string) []string {
	lines := make([]string, len(rows))
	for i, row := range rows {
		for c, text := range row {
			if number, err := strconv.ParseFloat(text, 64); err == nil && columns[c].Type == schemas.Float {
				row[c] = strconv.FormatFloat(number, 'g', -1, 64)
			}
		}
		lines[i] = fmt.Sprintf("%q", row)
	}
	slices.Sort(lines)
	return lines
}

// Without are the lines that are not among others; both are in order.
func Without(some, others []string) (left []string) {
	for _, line := range some {
		if _, found := slices.BinarySearch(others, line); !found {
			left = append(left, line)
		}
	}
	return left
}
