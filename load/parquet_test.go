package load

import (
	"context"
	"crypto/sha256"
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

	"github.com/spacesetl/spacesetl/schemas"
)

func TestColumnsReadAsDeclared(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.commit("r1", everything(t, 20, "r1", noon))
	for _, table := range schemas.Tables() {
		var want []string
		for _, c := range table.Columns {
			kind := strings.Replace(c.Type.DuckDB(), "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", 1)
			want = append(want, c.Name+"|"+kind)
		}
		got := s.query("SELECT column_name, column_type FROM (DESCRIBE SELECT * EXCLUDE (run_date) FROM read_parquet('%s/%s/**/*.parquet'))", s.dir, table.Name)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", table.Name, d)
		}
	}
}

// Whatever the partition, all of a table is read by one glob, also as Hive's readers do,
// and a run that is loaded again after it was changed is there once.
func TestPartitions(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	first, other := schemas.Tables()[0], schemas.Tables()[1]
	batches := []schemas.Batch{batchOf(t, first, sample(first, 20, "r1", noon))}
	for _, c := range []struct {
		partition  schemas.Partition
		path, glob string
		column     string
	}{
		{"", "run_date=2026-08-01/r1-0.parquet", "*/*.parquet", "run_date"},
		{schemas.PartitionMonth, "run_month=2026-08/r1-0.parquet", "*/*.parquet", "run_month"},
		{schemas.PartitionNone, "r1-0.parquet", "*.parquet", ""},
		{schemas.PartitionDay, "run_date=2026-08-01/r1-0.parquet", "*/*.parquet", "run_date"},
	} {
		p, err := NewParquet(ParquetConfig{Dir: s.dir, Staging: filepath.Join(s.dir, "_staging"), RunID: "r1", RunDate: noon, Partition: c.partition})
		if err != nil {
			t.Fatal(err)
		}
		err = p.Load(t.Context(), 0, batches)
		parts, commitErr := p.Commit(t.Context())
		if err := errors.Join(err, commitErr); err != nil || len(parts) != 1 || parts[0].Path != first.Name+"/"+c.path {
			t.Fatalf("partition %q: %v, %v, want %s", c.partition, parts, err, c.path)
		}
		for table, rows := range map[*schemas.Table]int64{first: 20, other: 0} {
			for _, glob := range []string{c.glob, "**/*.parquet"} {
				got := s.query("SELECT count(*) FROM read_parquet('%s/%s/%s', hive_partitioning = %v)", s.dir, table.Name, glob, c.column != "")
				if got[0] != fmt.Sprint(rows) {
					t.Errorf("partition %q: %s/%s has %s rows, want %d", c.partition, table.Name, glob, got[0], rows)
				}
			}
		}
		for _, table := range schemas.Tables() {
			if table.Column(c.column) >= 0 {
				t.Errorf("%s has a column %s, as the folder says it", table.Name, c.column)
			}
		}
	}
}

func TestFilesSayWhatTheyHold(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	parts := s.commit("r1", everything(t, 20, "r1", noon))
	part := parts[slices.IndexFunc(parts, func(p schemas.Part) bool { return p.Table == "users" })]
	file := filepath.Join(s.dir, part.Path)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(data)); part.Bytes != int64(len(data)) || part.SHA256 != sum || part.Rows != 20 {
		t.Errorf("got part %+v, want %d bytes, sum %s, 20 rows", part, len(data), sum)
	}
	if got := s.query("SELECT created_by, num_rows FROM parquet_file_metadata('%s')", file); got[0] != "spacesetl|20" {
		t.Errorf("got %s", got[0])
	}
	got := s.query("SELECT decode(key) || '=' || decode(value) FROM parquet_kv_metadata('%s') ORDER BY 1", file)
	want := []string{"spacesetl.doc=" + schemas.Lookup("users").Doc, "spacesetl.key=user_id", "spacesetl.table=users"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("metadata (-want +got):\n%s", d)
	}
	got = s.query(`SELECT path_in_schema, type, encodings, compression, stats_min_value, stats_max_value FROM parquet_metadata('%s')
		WHERE path_in_schema IN ('user_id', 'created_at', 'verified_type', 'protected') ORDER BY column_id`, file)
	want = []string{
		"user_id|BYTE_ARRAY|DELTA_LENGTH_BYTE_ARRAY|ZSTD|user_id-0|user_id-9",
		"created_at|INT64|DELTA_BINARY_PACKED, RLE|ZSTD|2026-08-01 12:00:01+00|2026-08-01 12:00:19+00",
		"protected|BOOLEAN|PLAIN, RLE|ZSTD|false|true",
		"verified_type|BYTE_ARRAY|RLE_DICTIONARY, RLE, PLAIN|ZSTD|verified_type 1 of r1 – é𝄞|verified_type 8 of r1 – é𝄞",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("columns (-want +got):\n%s", d)
	}
	got = s.query("SELECT name, repetition_type, logical_type FROM parquet_schema('%s') WHERE name IN ('user_id', 'created_at', 'extras')", file)
	want = []string{
		"user_id|REQUIRED|StringType()",
		"created_at|OPTIONAL|TimestampType(isAdjustedToUTC=1, unit=TimeUnit(MILLIS=<null>, MICROS=MicroSeconds(), NANOS=<null>))",
		"extras|OPTIONAL|StringType()",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("schema (-want +got):\n%s", d)
	}
}

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
		if got, want := s.query("SELECT count(*), count(DISTINCT topic_id) FROM read_parquet('%s/space_topics/**/*.parquet')", s.dir), "125000|25000"; got[0] != want {
			t.Errorf("cut by %s: rows, topics: got %s, want %s", name, got[0], want)
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
	got := s.query("SELECT name FROM read_parquet('%s/topics/**/*.parquet') ORDER BY topic_id", s.dir)
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
	if left := files(t, s.dir); len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
}
