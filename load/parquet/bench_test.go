package parquet

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// BenchmarkParquet writes the rows of some 300 MB of pages, and those of the
// main tables alone. MB/s is of what the batches hold, cpu-ns/row the CPU time
// of the process.
func BenchmarkParquet(b *testing.B) {
	b.Run("all", func(b *testing.B) {
		benchmarkParquet(b, "", func(batches []schemas.Batch) (bytes int64) {
			for _, p := range newStore(b).commit("r1", batches) {
				bytes += p.Bytes
			}
			return bytes
		})
	})
	for _, table := range []string{"users", "tweets", "tweet_entities", "space_users", "spaces", "user_entities", "api_requests"} {
		b.Run(table, func(b *testing.B) {
			name := filepath.Join(b.TempDir(), "file")
			benchmarkParquet(b, table, func(batches []schemas.Batch) int64 {
				p := &Writer{}
				f, err := create(name, fileKey{table: batches[0].Table}, p)
				if err != nil {
					b.Fatal(err)
				}
				for _, batch := range batches {
					if err := f.write(batch.Record); err != nil {
						b.Fatal(err)
					}
				}
				if err := f.end(); err != nil {
					b.Fatal(err)
				}
				f.abandon()
				return f.out.bytes
			})
		})
	}
}

func benchmarkParquet(b *testing.B, table string, write func([]schemas.Batch) (bytes int64)) {
	batches, rows, size := loadtest.RowsOf(table, loadtest.Corpus())
	b.SetBytes(size)
	b.ReportAllocs()
	var written int64
	start := loadtest.CPUTime(b)
	for b.Loop() {
		written = write(batches)
	}
	b.ReportMetric(float64(loadtest.CPUTime(b)-start)/float64(int64(b.N)*rows), "cpu-ns/row")
	b.ReportMetric(float64(written)/float64(rows), "bytes/row")
}

// BenchmarkParquetMemory loads millions of rows into two shards at a time and reports
// what is live on the heap meanwhile, in MB: it must not grow with the rows.
func BenchmarkParquetMemory(b *testing.B) {
	batches, _, _ := loadtest.RowsOf("", loadtest.Corpus())
	p := newStore(b).parquet("r1")
	defer p.Close()
	before := liveHeap()
	for b.Loop() {
		for pass := 1; pass <= 8; pass++ {
			var g errgroup.Group
			for shard := range 2 {
				g.Go(func() error { return p.Load(context.Background(), shard, batches) })
			}
			if err := g.Wait(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(liveHeap()-before)/1e6, fmt.Sprintf("MB/pass%d", pass))
		}
	}
}

func liveHeap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
