package duckdb

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// One file knows which driver DuckDB is reached by, so that another is a change
// to that file and to go.mod.
func TestOneFileImportsTheDriver(t *testing.T) {
	root := os.DirFS("../..")
	var found []string
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			if strings.HasPrefix(i.Path.Value, `"github.com/marcboeker/`) || strings.HasPrefix(i.Path.Value, `"github.com/duckdb/`) {
				found = append(found, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(found, " "); got != "load/duckdb/open.go" {
		t.Errorf("the driver is imported by %q, want load/duckdb/open.go alone", got)
	}
}
