package parquet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// TestCutOfBatchesLeavesNoMark writes more rows than a row group of 122,880, and
// texts longer than a page, cut in several ways.
func TestCutOfBatchesLeavesNoMark(t *testing.T) {
	t.Parallel()
	many, wide := schemas.Lookup("space_topics"), schemas.Lookup("users")
	narrow := batchOf(t, many, sample(many, 25_000, "r1", noon))
	rows := sample(wide, 3000, "r1", noon)
	for i := range rows {
		rows[i]["description"] = strings.Repeat(fmt.Sprintf("%d é ", i), i%100)
	}
	rows[1234]["description"] = strings.Repeat("a long text ", pageBytes)
	long := batchOf(t, wide, rows)
	batches := []schemas.Batch{long}
	for range 5 {
		batches = append(batches, narrow)
	}
	random := rand.New(rand.NewPCG(3, 4))
	cuts := map[string]func() int{
		"whole":    func() int { return 1 << 30 },
		"nineties": func() int { return 97 },
		"random":   func() int { return 1 + random.IntN(2000) },
	}
	sums := map[string]string{}
	for name, next := range cuts {
		s := newStore(t)
		p := s.parquet("r1")
		for _, b := range batches {
			for from := int64(0); from < b.Record.NumRows(); {
				to := min(b.Record.NumRows(), from+int64(next()))
				piece := b.Record.NewSlice(from, to)
				if err := p.Load(context.Background(), 0, []schemas.Batch{{Table: b.Table, Record: piece}}); err != nil {
					t.Fatal(err)
				}
				piece.Release()
				from = to
			}
		}
		parts, err := p.Commit(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		sums[name] = fmt.Sprintf("%+v", parts)
		got, topics := s.read("space_topics/*/*.parquet"), map[string]bool{}
		for _, row := range got {
			topics[cell(row, many, "topic_id")] = true
		}
		if len(got) != 125_000 || len(topics) != 25_000 {
			t.Errorf("cut by %s: %d rows of %d topics, want 125000 of 25000", name, len(got), len(topics))
		}
	}
	if sums["whole"] != sums["nineties"] || sums["whole"] != sums["random"] {
		t.Errorf("the files differ with the cut:\n%v", sums)
	}
}

func TestShardsLoadAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	p := s.parquet("r1")
	var g errgroup.Group
	for shard := range 4 {
		batches := everything(t, 30, "r1", noon)
		g.Go(func() error { return p.Load(context.Background(), shard, batches) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	parts, err := p.Commit(context.Background())
	if err != nil || len(parts) != 4*len(schemas.Tables()) {
		t.Fatalf("got %d parts, %v", len(parts), err)
	}
}

func TestBadTextIsRepairedAndCounted(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	table := schemas.Lookup("topics")
	names := []any{"good é", "nul\x00here", "cut \xc3", "\xa9 split", "\xff\xfe", "", nil, "\x00\x00", "日本"}
	want := []string{"good é", "nul\ufffdhere", "cut \ufffd", "\ufffd split", "\ufffd", "", "<nil>", "\ufffd\ufffd", "日本"}
	var rows []row
	for i, name := range names {
		rows = append(rows, row{"topic_id": fmt.Sprint(i), "name": name, "_run_id": "r1", "_page_id": "p", "_fetched_at": noon})
	}
	p := s.parquet("r1")
	defer p.Close()
	// In a slice the bytes before and after it are not its own.
	batch := batchOf(t, table, rows)
	for _, cut := range [][2]int64{{0, 1}, {1, 5}, {5, 9}} {
		piece := batch.Record.NewSlice(cut[0], cut[1])
		defer piece.Release()
		if err := p.Load(context.Background(), 0, []schemas.Batch{{Table: table, Record: piece}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	if p.Repaired() != 5 {
		t.Errorf("repaired %d texts, want 5", p.Repaired())
	}
	var got []string
	for _, row := range s.read("topics/*/*.parquet") {
		got = append(got, cell(row, table, "name"))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestBatchThatIsNotOfItsTableIsRefused(t *testing.T) {
	t.Parallel()
	table := schemas.Lookup("topics")
	fields := table.Schema().Fields()
	other := slices.Clone(fields)
	other[1].Type = arrow.PrimitiveTypes.Int64
	cases := []struct {
		name   string
		fields []arrow.Field
		want   string
	}{
		{"missing column", fields[:len(fields)-1], "parquet topics: the batch lacks column _lists"},
		{"other type", other, "parquet topics: column name utf8 is name int64 in the batch"},
		{"extra column", append(slices.Clone(fields), arrow.Field{Name: "more", Type: arrow.BinaryTypes.String}), "parquet topics: column more of the batch is not declared"},
		{"null in the key", fields, "parquet topics: key column topic_id is null in the batch"},
	}
	for _, c := range cases {
		b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(c.fields, nil))
		for _, f := range b.Fields() {
			f.AppendNull()
		}
		rec := b.NewRecord()
		b.Release()
		p := newStore(t).parquet("r1")
		err := p.Load(context.Background(), 0, []schemas.Batch{{Table: table, Record: rec}})
		rec.Release()
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got error %v, want %s", c.name, err, c.want)
		}
		if _, err := p.Commit(context.Background()); err == nil || err.Error() != c.want {
			t.Errorf("%s: a run with a refused batch was committed: %v", c.name, err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWriteErrorNamesTheTable(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	p := s.parquet("r1")
	staging := filepath.Join(s.dir, "_staging-r1")
	if err := errors.Join(os.RemoveAll(staging), os.WriteFile(staging, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	err := p.Load(context.Background(), 0, everything(t, 5, "r1", noon))
	if err == nil || !strings.HasPrefix(err.Error(), "parquet "+schemas.Tables()[0].Name+": mkdir ") {
		t.Errorf("got error %v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestCancelledLoadCannotBeCommitted(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	p := s.parquet("r1")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Load(ctx, 0, everything(t, 5, "r1", noon)); err != context.Canceled {
		t.Errorf("got error %v", err)
	}
	if _, err := p.Commit(context.Background()); err != context.Canceled {
		t.Errorf("commit: got error %v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if left := loadtest.Files(t, s.dir); len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
}

func TestNothingIsVisibleBeforeCommit(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	p := s.parquet("r1")
	if err := p.Load(context.Background(), 0, everything(t, 50, "r1", noon)); err != nil {
		t.Fatal(err)
	}
	for name := range loadtest.Files(t, s.dir) {
		if !strings.HasPrefix(name, "_") {
			t.Errorf("%s is there before the commit", name)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("Close left %v, %v", entries, err)
	}
}

func TestCommitReplacesTheRunsEarlierFiles(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	topics, spaces := schemas.Lookup("topics"), schemas.Lookup("spaces")
	batch := func(t *schemas.Table) []schemas.Batch {
		return []schemas.Batch{batchOf(s.tb, t, sample(t, 5, "r1", noon))}
	}
	s.commit("r1-2", batch(topics), batch(spaces))
	s.commit("r1", batch(topics), batch(topics), batch(spaces))
	parts := s.commit("r1", batch(spaces))
	want := map[string]bool{}
	for _, p := range parts {
		want[p.Path] = true
	}
	for name := range loadtest.Files(t, s.dir) {
		if strings.Contains(name, "/r1-2-") || strings.HasSuffix(name, "/"+EmptyFile) {
			continue
		}
		if !want[name] {
			t.Errorf("%s is left of the run's first commit", name)
		}
	}
	if left := s.read("topics/*/r1-2-*.parquet"); len(left) != 5 {
		t.Errorf("run r1 took rows of run r1-2: %d left, want 5", len(left))
	}
}

func TestPartsAreInTableOrder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	parts := s.commit("r1", everything(t, 5, "r1", noon), everything(t, 5, "r1", noon))
	var got, want []string
	for _, p := range parts {
		got = append(got, p.Path)
	}
	for _, table := range schemas.Tables() {
		for shard := range 2 {
			want = append(want, fmt.Sprintf("%s/run_date=2026-08-01/r1-%d.parquet", table.Name, shard))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
