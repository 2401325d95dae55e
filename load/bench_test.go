package load

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// BenchmarkParquet writes the widest of the common tables, in batches of a page.
func BenchmarkParquet(b *testing.B) {
	const rows = 20_000
	table := schemas.Lookup("users")
	whole := batchOf(b, table, sample(table, rows, "r1", noon)).Record
	var pages []schemas.Batch
	for from := int64(0); from < rows; from += 100 {
		piece := whole.NewSlice(from, from+100)
		defer piece.Release()
		pages = append(pages, schemas.Batch{Table: table, Record: piece})
	}
	var bytes int64
	for b.Loop() {
		s := newStore(b)
		bytes = 0
		for _, p := range s.commit("r1", pages) {
			bytes += p.Bytes
		}
	}
	b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(bytes)/rows, "bytes/row")
}

// BenchmarkPublish merges 78,000 rows, every text of them changed, into 200,000
// users: the first time and the tenth. Neither may be much slower.
func BenchmarkPublish(b *testing.B) {
	for _, times := range []int{1, 10} {
		b.Run(fmt.Sprintf("time %d", times), func(b *testing.B) {
			table := schemas.Lookup("users")
			s := newStore(b)
			s.publish("r0", batchOf(b, table, sample(table, 200_000, "r0", noon)))
			for i := range times - 1 {
				run := fmt.Sprintf("r%d", i+1)
				s.publish(run, batchOf(b, table, sample(table, 78_000, run, noon.Add(time.Duration(i)*time.Minute))))
			}
			parts := s.commit("last", []schemas.Batch{batchOf(b, table, sample(table, 78_000, "last", noon.Add(time.Hour)))})
			for b.Loop() {
				if err := s.duckdb().Publish(context.Background(), parts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*78_000)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
