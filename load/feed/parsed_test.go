package feed

import (
	"encoding/json"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// unparsed are statements of the manuals that sqlglot takes whole: of SET it knows NAME = VALUE,
// and of EXECUTE IMMEDIATE nothing.
var unparsed = regexp.MustCompile(`^SET TIME ZONE 'UTC'$|^EXECUTE IMMEDIATE FORMAT\("""SELECT `)

const parsePython = `
import json, logging, sys
import sqlglot
logging.disable(logging.CRITICAL)
for line in sys.stdin:
    dialect, statement = json.loads(line)
    try:
        wrong = [e for e in sqlglot.parse(statement, dialect=dialect) if e is None or isinstance(e, sqlglot.exp.Command)]
        answer = "is taken whole" if wrong else ""
    except Exception as e:
        answer = str(e) or "failed"
    if answer:
        print(json.dumps([dialect, statement, answer]))
`

// shape are the keywords, functions and signs of a statement, in the order in which they
// come first.
func shape(statement string) string {
	var all []string
	for _, word := range words.FindAllString(names.ReplaceAllString(statement, "name"), -1) {
		if !slices.Contains(all, word) {
			all = append(all, word)
		}
	}
	return strings.Join(all, " ")
}

var (
	names = regexp.MustCompile("[`\"]\\w+[`\"]")
	words = regexp.MustCompile(`[a-z_]+[(]|[A-Z]{2,}|[^\w\s]`)
)

// TestParsed has scripts parsed in the dialects of engines that do not run everywhere, of each
// shape one statement.
func TestParsed(t *testing.T) {
	scratchtest.SkipRacing(t)
	python := os.Getenv("SPACESETL_SQLGLOT_PYTHON")
	if python == "" {
		missing(t, "sqlglot in a Python (SPACESETL_SQLGLOT_PYTHON)")
	}
	dir, runs, _ := changingRuns(t)
	odd, edge := edgeRun(t)
	var input strings.Builder
	seen := map[string]bool{}
	for _, d := range Dialects() {
		if !d.remote && d.Name != "spark" && d.Name != "trino" {
			continue
		}
		c := Config{Dialect: d, Files: dir, Known: &Known{Columns: map[string]map[string]bool{"users": {"user_id": true}}}}
		if d.Prefixes != nil {
			c.Prefix = d.Prefixes[0] + "bucket/parquet"
		}
		script := d.Loads() + written(t, c, runs[:1])
		c.Files = odd
		of, lost := oddly(t, c, edge)
		if lost["users.created_at"] != 2 || d.mostText > 0 && lost["users.description"] != 1 {
			t.Errorf("%s: lost %v", d.Name, lost)
		}
		if carried := strings.Contains(of, "VALUES"); carried != (d.land != nil || d.Prefixes == nil) || d.land != nil && strings.Contains(of, d.name(landed)) {
			t.Errorf("%s: a file with a value that cannot be stored: carried %v", d.Name, carried)
		}
		for _, statement := range statements(own.ReplaceAllString(script+of, "")) {
			statement = strings.TrimSpace(statement)
			of := d.Name + shape(statement)
			if seen[of] || unparsed.MatchString(statement) {
				continue
			}
			seen[of] = true
			line, _ := json.Marshal([]string{d.Name, statement})
			input.Write(append(line, '\n'))
		}
	}
	out, err := client(input.String(), python, "-c", parsePython)
	if err != nil {
		t.Fatal(err)
	}
	if out != "" {
		t.Errorf("of %d statements sqlglot does not know:\n%.3000s", len(seen), out)
	}
	t.Log(len(seen), "shapes")
}

func oddly(t *testing.T, c Config, l schemas.Load) (string, Lost) {
	t.Helper()
	var b strings.Builder
	lost, err := Write(t.Context(), &b, c, []schemas.Load{l})
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), lost
}

// TestEach gives an engine that takes short scripts alone each run on its own.
func TestEach(t *testing.T) {
	d := bigQuery()
	runs := []schemas.Load{{RunID: "r1", Content: "c"}, {RunID: "r2", Content: "c"}}
	var given []string
	c := Command{Line: "cat > /dev/null; echo spacesetl run r1 c .; echo spacesetl run r2 c .; echo spacesetl runs 2 .", Stdout: io.Discard, Stderr: io.Discard}
	err := c.Feed(t.Context(), &d, runs, func(_ io.Writer, some []schemas.Load) error {
		for _, l := range some {
			given = append(given, l.RunID)
		}
		given = append(given, ".")
		return nil
	})
	if want := []string{"r1", ".", "r2", "."}; err != nil || !slices.Equal(given, want) {
		t.Errorf("%v, %v, want %v", given, err, want)
	}
}
