package pipeline

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a folder may hold before it holds two ideas, tests aside.
const (
	mostFiles       = 25
	mostLines       = 3000
	mostCommandFile = 150 // lines of a file of the command, which parses, calls and prints
	mostMethodFiles = 3
)

// roomy are the folders that are larger and hold one idea all the same.
var roomy = []string{"extract", "extract/simulator", "transform", "schemas"}

// room is a folder with Go files.
type room struct {
	files, lines int
	methods      map[string][]string // the files they stand in, by type
}

// rooms are the folders of the module.
func rooms(t *testing.T) map[string]*room {
	t.Helper()
	found := map[string]*room{}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(name)), "../")
		if found[dir] == nil {
			found[dir] = &room{methods: map[string][]string{}}
		}
		r := found[dir]
		r.files++
		lines := bytes.Count(text, []byte{'\n'})
		r.lines += lines
		if dir == "cmd/spacesetl" && lines > mostCommandFile {
			t.Errorf("%s/%s has %d lines, over %d", dir, path.Base(name), lines, mostCommandFile)
		}
		return r.read(name, text)
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// read notes whose methods stand in a file.
func (r *room) read(name string, text []byte) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, declared := range file.Decls {
		f, ok := declared.(*ast.FuncDecl)
		if !ok || f.Recv == nil {
			continue
		}
		of := typeName(f.Recv.List[0].Type)
		if !slices.Contains(r.methods[of], filepath.Base(name)) {
			r.methods[of] = append(r.methods[of], filepath.Base(name))
		}
	}
	return nil
}

// typeName is the name of a receiver's type.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// A newcomer finds the room for a change by the names of the folders, and a type
// in a file or two.
func TestARoomHoldsOneIdea(t *testing.T) {
	for dir, r := range rooms(t) {
		if dir != "cmd/spacesetl" && !slices.Contains(roomy, dir) && (r.files > mostFiles || r.lines > mostLines) {
			t.Errorf("%s has %d files of %d lines: over %d or %d it holds two ideas", dir, r.files, r.lines, mostFiles, mostLines)
		}
		for name, files := range r.methods {
			if len(files) > mostMethodFiles {
				t.Errorf("%s: the methods of %s stand in %d files: %s", dir, name, len(files), strings.Join(files, ", "))
			}
		}
	}
}
