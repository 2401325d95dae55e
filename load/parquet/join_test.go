package parquet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// TestJoinedFilesHaveTheRowsAndTheirBytes joins files of every type and shape, of
// several row groups and of none, reads what came of it, and takes it apart again.
func TestJoinedFilesHaveTheRowsAndTheirBytes(t *testing.T) {
	for _, name := range []string{"spaces", "places"} {
		table := schemas.Lookup(name)
		s := newStore(t)
		var files, want []string
		var parts []schemas.Part
		for i, n := range []int{3, 0, 9_000, 1, 2_500} {
			rows, lines := loadtest.Shaped(table, n, i)
			want = append(want, lines...)
			for _, part := range s.commit(fmt.Sprint("r", i), []schemas.Batch{batchOf(t, table, rows)}) {
				if part.Table == name {
					files, parts = append(files, filepath.Join(s.dir, part.Path)), append(parts, part)
				}
			}
		}
		for _, most := range []int64{1 << 40, 100_000, 1} {
			dir := t.TempDir()
			joined, err := Join(t.Context(), table, alone(files...), dir, func(n int) string { return fmt.Sprintf("j-%d.parquet", n) }, most)
			if err != nil {
				t.Fatal(err)
			}
			if n := map[int64]int{1 << 40: 1, 100_000: 2, 1: 4}[most]; len(joined) != n {
				t.Errorf("%s: %d files of at most %d bytes, want %d", name, len(joined), most, n)
			}
			var got []string
			for _, j := range joined {
				path := filepath.Join(dir, j.Path)
				if info, err := os.Stat(path); err != nil || info.Size() != j.Bytes {
					t.Errorf("%s: %v, %v, want %d bytes", name, info, err, j.Bytes)
				}
				if j.Rows > 0 {
					got = append(got, readByParquetGo(t, path)...)
				}
				again, err := Split(t.Context(), table, path, t.TempDir(), flat(parts[j.First:j.Last+1]))
				if err != nil || !slices.Equal(again, flat(parts[j.First:j.Last+1])) {
					t.Errorf("%s: taken apart %v, %v, want %v", name, again, err, parts[j.First:j.Last+1])
				}
			}
			loadtest.SameLines(t, "joined", want, got)
		}
	}
}

// alone is files each of which is a group.
func alone(files ...string) (groups [][]string) {
	for _, file := range files {
		groups = append(groups, []string{file})
	}
	return groups
}

// flat is parts with names that need no folder.
func flat(parts []schemas.Part) (flat []schemas.Part) {
	for _, p := range parts {
		p.Path = filepath.Base(p.Path)
		flat = append(flat, p)
	}
	return flat
}

// TestJoinRefusesWhatIsNoFileOfTheTable tries a file of another table, one cut off, and
// to take more or fewer rows out of a file than it has. Nothing panics or is lost.
func TestJoinRefusesWhatIsNoFileOfTheTable(t *testing.T) {
	s := newStore(t)
	spaces, places := schemas.Lookup("spaces"), schemas.Lookup("places")
	rows, _ := loadtest.Shaped(spaces, 100, 0)
	var file string
	for _, part := range s.commit("r", []schemas.Batch{batchOf(t, spaces, rows)}) {
		if part.Table == "spaces" {
			file = filepath.Join(s.dir, part.Path)
		}
	}
	name := func(int) string { return "j.parquet" }
	var shape *ShapeError
	if _, err := Join(t.Context(), places, alone(file), t.TempDir(), name, 1); !errors.As(err, &shape) || !strings.Contains(err.Error(), file) {
		t.Errorf("of another table: %v", err)
	}
	for _, n := range []int64{0, 99, 101} {
		if _, err := Split(t.Context(), spaces, file, t.TempDir(), []schemas.Part{{Path: "p.parquet", Rows: n}}); err == nil {
			t.Errorf("%d of 100 rows: no error", n)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 3, 8, len(text) / 2, len(text) - 1} {
		if err := os.WriteFile(file, text[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Join(t.Context(), spaces, alone(file), t.TempDir(), name, 1); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("cut off at %d: %v", n, err)
		}
	}
}
