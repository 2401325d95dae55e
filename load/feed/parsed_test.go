package feed

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
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
	var input strings.Builder
	seen := map[string]bool{}
	for _, d := range Dialects() {
		if !d.remote && d.Name != "spark" && d.Name != "trino" {
			continue
		}
		prefix := ""
		if d.Prefixes != nil {
			prefix = d.Prefixes[0] + "bucket/parquet"
		}
		known := &Known{Columns: map[string]map[string]bool{"users": {"user_id": true}}}
		script := written(t, Config{Dialect: d, Files: dir, Prefix: prefix, Known: known}, runs[:1])
		for _, statement := range statements(own.ReplaceAllString(d.Loads()+script, "")) {
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
