package parquet

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

type row = loadtest.Row

var (
	noon       = loadtest.Noon
	batchOf    = loadtest.BatchOf
	sample     = loadtest.Sample
	everything = loadtest.Everything
)

// store is a folder of Parquet files.
type store struct {
	tb  testing.TB
	dir string
}

func newStore(tb testing.TB) store { return store{tb, filepath.Join(tb.TempDir(), "parquet")} }

func (s store) parquet(run string) *Writer {
	s.tb.Helper()
	p, err := New(Config{Dir: s.dir, Staging: filepath.Join(s.dir, "_staging-"+run), RunID: run, RunDate: noon})
	if err != nil {
		s.tb.Fatal(err)
	}
	return p
}

// commit writes batches as a run; batches[i] goes to shard i.
func (s store) commit(run string, shards ...[]schemas.Batch) []schemas.Part {
	s.tb.Helper()
	p := s.parquet(run)
	for shard, batches := range shards {
		if err := p.Load(context.Background(), shard, batches); err != nil {
			s.tb.Fatal(err)
		}
	}
	parts, err := p.Commit(context.Background())
	if err != nil {
		s.tb.Fatal(err)
	}
	if err := p.Close(); err != nil {
		s.tb.Fatal(err)
	}
	return parts
}

// read returns the rows of the files that a pattern matches, a line for each.
func (s store) read(pattern string) (lines []string) {
	s.tb.Helper()
	names, err := filepath.Glob(filepath.Join(s.dir, pattern))
	if err != nil {
		s.tb.Fatal(err)
	}
	for _, name := range names {
		lines = append(lines, readByParquetGo(s.tb, name)...)
	}
	return lines
}

// cell is a column of a line.
func cell(line string, t *schemas.Table, column string) string {
	return strings.Split(line, "|")[t.Column(column)]
}

// long says that tests are to run in full.
func long() bool { return os.Getenv("SPACESETL_LONG") != "" }

// slow skips a test that takes seconds where a quick answer is wanted.
func slow(t *testing.T) {
	t.Helper()
	scratchtest.SkipRacing(t)
	if testing.Short() {
		t.Skip("takes seconds: runs without -short")
	}
}

func TestMain(m *testing.M) { os.Exit(scratchtest.Main(m)) }
