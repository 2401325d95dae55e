package notices

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var (
	update = flag.Bool("update", false, "rewrite modules.txt")
	source = flag.String("duckdb", "", "with -update: the folder of DuckDB's source, to rewrite duckdb.txt")
)

const (
	advice = "go test ./cmd/spacesetl/notices -update"
	engine = "github.com/duckdb/duckdb-go-bindings"
	ruler  = "================================================================================\n"
)

var platforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"}

// licences are texts, and the names of what they are for.
type licences map[string][]string

func (l licences) add(name string, text []byte) {
	lines := strings.Split(strings.NewReplacer("\r", "", "\f", "", "\ufeff", "").Replace(string(text)), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	key := strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
	if !slices.Contains(l[key], name) {
		l[key] = append(l[key], name)
	}
}

func (l licences) String() string {
	for _, names := range l {
		slices.Sort(names)
	}
	texts := slices.SortedFunc(maps.Keys(l), func(a, b string) int {
		return cmp.Or(strings.Compare(l[a][0], l[b][0]), strings.Compare(a, b))
	})
	var b strings.Builder
	for i, text := range texts {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(ruler + strings.Join(l[text], "\n") + "\n\n" + text)
	}
	return b.String()
}

var licence = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notices?|patents)([.-].*)?$`)

// addFolder adds the licences that lie in a folder, and says how many there are.
func (l licences) addFolder(t *testing.T, name, dir string) (n int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if ext := path.Ext(e.Name()); e.IsDir() || !licence.MatchString(e.Name()) || ext == ".go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		l.add(name, text)
		n++
	}
	return n
}

// linked adds the licences of the modules that the program has on a platform: of each
// package those that lie beside it or above. It fails where a module is not at hand.
func (l licences) linked(t *testing.T, platform string) error {
	t.Helper()
	system, processor, _ := strings.Cut(platform, "/")
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}", "..")
	list.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=1", "GOPROXY=off")
	said := &bytes.Buffer{}
	list.Stderr = said
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", platform, err, said)
	}
	found, seen := map[string]int{}, map[string]bool{}
	for line := range strings.Lines(string(out)) {
		part := strings.Split(strings.TrimSpace(line), "\t")
		if len(part) != 3 {
			continue
		}
		for dir := part[2]; !seen[dir]; dir = filepath.Dir(dir) {
			seen[dir] = true
			found[part[0]] += l.addFolder(t, part[0], dir)
			if dir == part[1] {
				break
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("no module found")
	}
	for name, n := range found {
		if n == 0 {
			t.Errorf("%s has no licence", name)
		}
	}
	return nil
}

// script adds the notices that a script begins with.
func (l licences) script(t *testing.T, name string) {
	t.Helper()
	l.add("scripts of the report, "+path.Base(name), comment(t, name))
}

// comment is the comment that a file begins with.
func comment(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	first, _, found := bytes.Cut(text, []byte("*/"))
	if !found || !bytes.HasPrefix(first, []byte("/*")) {
		t.Fatalf("%s begins with no comment", name)
	}
	return bytes.TrimLeft(first, "/*!\n")
}

// The texts are those of what is linked, so that a dependency cannot change without them.
// Where the modules of other platforms are not at hand, only ours are looked for.
func TestNoticesAreOfWhatIsLinked(t *testing.T) {
	all, whole := licences{}, true
	for _, platform := range platforms {
		err := all.linked(t, platform)
		if err != nil && (*update || platform == runtime.GOOS+"/"+runtime.GOARCH || os.Getenv("SPACESETL_TOOLS") == "required") {
			t.Fatalf("%v; go mod download gets them", err)
		}
		whole = whole && err == nil
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	if all.addFolder(t, "Go, its standard library", strings.TrimSpace(string(goroot))) == 0 {
		whole = false // as distributions package it
	}
	all.script(t, "../../../pipeline/report/assets/charts.min.js")
	if *update {
		if err := os.WriteFile("modules.txt", []byte(all.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if whole && all.String() != modules {
		t.Errorf("modules.txt is not what is linked: %s", advice)
	}
	for text, names := range all {
		for _, name := range names {
			if !strings.Contains(modules, "\n"+name+"\n") || !strings.Contains(modules, text) {
				t.Errorf("modules.txt lacks a licence of %s: %s", name, advice)
			}
		}
	}
}

// unlinked are folders of DuckDB's source whose code is in no library of the driver.
var unlinked = []string{"third_party/catch", "third_party/imdb", "third_party/snowball", "third_party/tpce-tool"}

func TestNoticesAreOfTheEngineThatIsLinked(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", engine).Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.TrimSpace(string(out))
	if *update && *source != "" {
		if err := os.WriteFile("duckdb.txt", []byte(engineNotices(t, "DuckDB of "+linked, *source)), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !strings.Contains(duckdb, "\nDuckDB of "+linked+"\n") && !*update {
		t.Errorf("duckdb.txt is not of %s: "+advice+" -duckdb DIR rewrites it, of the source of the DuckDB that the page of that module names", linked)
	}
}

// engineNotices are the licences in a source of DuckDB. The one of TPC-DS stands in its files.
func engineNotices(t *testing.T, name, dir string) string {
	t.Helper()
	all := licences{}
	if all.addFolder(t, name, dir) == 0 {
		t.Fatalf("%s is no source of DuckDB", dir)
	}
	all.add(name+", extension/tpcds/dsdgen", comment(t, filepath.Join(dir, "extension/tpcds/dsdgen/dsdgen-c/address.cpp")))
	for _, top := range []string{"extension", "src", "third_party"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(p string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			below, err := filepath.Rel(dir, p)
			if slices.Contains(unlinked, filepath.ToSlash(below)) {
				return fs.SkipDir
			}
			all.addFolder(t, name+", "+filepath.ToSlash(below), p)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
