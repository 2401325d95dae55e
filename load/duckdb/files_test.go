package duckdb

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/load/parquet"
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
		p, err := parquet.New(parquet.Config{Dir: s.dir, Staging: filepath.Join(s.dir, "_staging"), RunID: "r1", RunDate: noon, Partition: c.partition})
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

// TestJoinedFilesAreReadAsTheFiles joins files and reads what came of it with DuckDB.
func TestJoinedFilesAreReadAsTheFiles(t *testing.T) {
	t.Parallel()
	table, s := schemas.Lookup("spaces"), newStore(t)
	var files [][]string
	var want []string
	for i, n := range []int{3, 9_000, 1} {
		rows, lines := loadtest.Shaped(table, n, i)
		want = append(want, lines...)
		for _, part := range s.commit(fmt.Sprint("r", i), []schemas.Batch{batchOf(t, table, rows)}) {
			files = append(files, []string{filepath.Join(s.dir, part.Path)})
		}
	}
	dir := t.TempDir()
	if _, err := parquet.Join(t.Context(), table, files, dir, func(int) string { return "joined.parquet" }, 1<<40); err != nil {
		t.Fatal(err)
	}
	loadtest.SameLines(t, "DuckDB", want, s.query("SELECT %s FROM read_parquet('%s')", asText(table), filepath.Join(dir, "joined.parquet")))
}
