// Package loadtest makes rows for the tests of what is loaded.
package loadtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/spacesetl/spacesetl/schemas"
)

// Row is one row by column name; a missing column is null, text of key columns
// must be given.
type Row map[string]any

// Noon is when most of them were fetched.
var Noon = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// BatchOf builds a batch; it is released when the test ends.
func BatchOf(tb testing.TB, t *schemas.Table, rows []Row) schemas.Batch {
	tb.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, t.Schema())
	defer b.Release()
	for _, r := range rows {
		for i, c := range t.Columns {
			appendValue(b.Field(i), r[c.Name])
		}
	}
	rec := b.NewRecord()
	tb.Cleanup(rec.Release)
	return schemas.Batch{Table: t, Record: rec}
}

func appendValue(b array.Builder, v any) {
	switch v := v.(type) {
	case nil:
		b.AppendNull()
	case string:
		b.(*array.StringBuilder).Append(v)
	case int:
		b.(*array.Int64Builder).Append(int64(v))
	case float64:
		b.(*array.Float64Builder).Append(v)
	case bool:
		b.(*array.BooleanBuilder).Append(v)
	case time.Time:
		b.(*array.TimestampBuilder).Append(arrow.Timestamp(v.UnixMicro()))
	default:
		panic(fmt.Sprintf("no builder for %T", v))
	}
}

// Sample makes n rows of any table, fetched by a run at a time. Values depend on
// the row and the run; every third value that may be null is.
func Sample(t *schemas.Table, n int, run string, at time.Time) []Row {
	rows := make([]Row, n)
	for i := range rows {
		r := Row{}
		for j, c := range t.Columns {
			if !t.IsKey(c.Name) && c.From != schemas.Told && (i+j)%3 == 0 || c.From == schemas.Nowhere {
				continue
			}
			r[c.Name] = value(t, c, i, run)
		}
		r["_run_id"], r["_page_id"], r["_fetched_at"] = run, fmt.Sprintf("page-%d", i/10), at
		if i := t.Column("seq"); i >= 0 {
			r["_page_id"] = "page-0"
		}
		rows[i] = r
	}
	if t.Name == "runs" {
		rows = rows[:min(n, 1)]
	}
	if t.Name == "api_requests" {
		for i := range rows {
			rows[i]["_page_id"] = fmt.Sprintf("page-%d", i)
		}
	}
	return rows
}

func value(t *schemas.Table, c schemas.Column, i int, run string) any {
	switch {
	case c.Name == schemas.ToldColumns:
		return strings.Repeat("1", len(t.Columns))
	case c.Name == schemas.ToldLists:
		return strings.Repeat("0", len(t.Lists())) // its rows say so
	case c.From == schemas.Const && len(t.Sources) > 0:
		return t.Sources[i%len(t.Sources)].Set[c.Name]
	case c.Type == schemas.Int:
		return i
	case c.Type == schemas.Float:
		return float64(i) + 0.25
	case c.Type == schemas.Bool:
		return i%2 == 0
	case c.Type == schemas.Time:
		return Noon.Add(time.Duration(i) * time.Second)
	case t.Name == "space_snapshots" && c.Name == "state":
		return "live" // or the curves of audiences would be of nobody
	case t.IsKey(c.Name):
		return fmt.Sprintf("%s-%d", c.Name, i)
	default:
		return fmt.Sprintf("%s %d of %s – é𝄞", c.Name, i, run)
	}
}

// Everything is a sample of every table.
func Everything(tb testing.TB, n int, run string, at time.Time) []schemas.Batch {
	var batches []schemas.Batch
	for _, t := range schemas.Tables() {
		batches = append(batches, BatchOf(tb, t, Sample(t, n, run, at)))
	}
	return batches
}
