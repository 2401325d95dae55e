package jobs_test

import (
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/schemas"
)

// sameDatabases says the first difference between two databases, table by
// table, or nothing: in full row by row, else by the hashes of their rows.
func sameDatabases(t *testing.T, want, got string) string {
	t.Helper()
	if !long() {
		return cmp.Diff(hashesOf(t, want), hashesOf(t, got))
	}
	db, err := sql.Open("duckdb", "?threads=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for alias, file := range map[string]string{"a": want, "b": got} {
		if _, err := db.Exec(fmt.Sprintf("ATTACH %s AS %s (READ_ONLY)", schemas.QuoteText(file), alias)); err != nil {
			return err.Error()
		}
	}
	for _, table := range schemas.Tables() {
		var missing, extra int
		query := fmt.Sprintf(`SELECT (SELECT count(*) FROM (FROM a.%[1]s EXCEPT ALL FROM b.%[1]s)), (SELECT count(*) FROM (FROM b.%[1]s EXCEPT ALL FROM a.%[1]s))`, table.Name)
		if err := db.QueryRow(query).Scan(&missing, &extra); err != nil {
			return err.Error()
		}
		if missing+extra > 0 {
			return fmt.Sprintf("table %s: %d rows are missing, %d are too many", table.Name, missing, extra)
		}
	}
	return ""
}

func hashesOf(t *testing.T, file string) map[string]duckdb.TableHash {
	t.Helper()
	hashes, err := duckdb.New(duckdb.Config{Path: file, Threads: 1}).Hashes(t.Context())
	if err != nil || len(hashes) == 0 {
		t.Fatalf("%d tables in %s: %v", len(hashes), file, err)
	}
	return hashes
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// sameFilesBelow says the first difference between two folders, or nothing.
func sameFilesBelow(want, got string) string {
	texts := func(dir string) map[string]string {
		all := map[string]string{}
		_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				text, _ := os.ReadFile(name)
				rel, _ := filepath.Rel(dir, name)
				all[rel] = string(text)
			}
			return err
		})
		return all
	}
	a, b := texts(want), texts(got)
	for name, text := range a {
		if other, ok := b[name]; !ok || other != text {
			return fmt.Sprintf("%s: there %v, equal %v", name, ok, other == text)
		}
		delete(b, name)
	}
	for name := range b {
		return name + " is one too many"
	}
	return ""
}
