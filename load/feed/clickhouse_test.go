package feed

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// inPython is an engine in a process of Python's, which takes statements and gives answers,
// a line of JSON each.
type inPython struct {
	in      io.WriteCloser
	out     *bufio.Reader
	dialect Dialect
	cell    func(name string, c schemas.Column) string // as a text
	begun   bool
}

// pythonBegin keeps what the engine prints from the answers.
const pythonBegin = `
import json, os, sys
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
`

// pythonLoop goes on behind what makes a function answer of a statement.
const pythonLoop = `
for line in sys.stdin:
    try:
        answer = [answer_of(json.loads(line)), ""]
    except Exception as e:
        answer = ["", str(e) or "failed"]
    print(json.dumps(answer), file=out, flush=True)
`

const clickHousePython = `
from chdb import session
s = session.Session(sys.argv[1])
s.query("CREATE DATABASE IF NOT EXISTS fed")
s.query("USE fed")
answer_of = lambda statement: str(s.query(statement, "TSVRaw"))
`

// openPython starts the Python that a variable names, with a folder for its argument.
func openPython(t *testing.T, variable string, d Dialect, begin string) *inPython {
	python := os.Getenv(variable)
	if python == "" {
		missing(t, d.Title+" in a Python ("+variable+")")
	}
	cmd := exec.Command(python, "-c", pythonBegin+begin+pythonLoop, t.TempDir())
	cmd.Stderr = os.Stderr
	e := &inPython{dialect: d}
	var err error
	if e.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	e.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = e.in.Close()
		_ = cmd.Wait()
	})
	return e
}

func (e *inPython) run(_ *testing.T, script string) (string, error) {
	var all strings.Builder
	if e.dialect.transactions() && e.begun {
		script = "ROLLBACK;\n" + script // as a connection that ended
	}
	for _, statement := range statements(own.ReplaceAllString(script, "")) {
		statement = strings.TrimSpace(statement)
		e.begun = statement == e.dialect.begin || e.begun && statement != e.dialect.commit && statement != "ROLLBACK"
		line, _ := json.Marshal(statement)
		if _, err := e.in.Write(append(line, '\n')); err != nil {
			return "", err
		}
		text, err := e.out.ReadBytes('\n')
		if err != nil {
			return "", err
		}
		var answer [2]string
		if err := json.Unmarshal(text, &answer); err != nil {
			return "", err
		}
		if answer[1] != "" {
			return "", errors.New(answer[1] + "\n" + statement)
		}
		all.WriteString(answer[0])
	}
	return all.String(), nil
}

func (e *inPython) content(t *testing.T) content {
	return contentOf(t, e.dialect, func(c schemas.Column) string { return e.cell(e.dialect.name(c.Name), c) }, func(query string) string { return must(t, e, query) })
}

func TestClickHouse(t *testing.T) {
	contract(t, "clickhouse", func(t *testing.T) engine {
		e := openPython(t, "SPACESETL_CHDB_PYTHON", clickHouse(), clickHousePython)
		e.cell = func(name string, c schemas.Column) string {
			if c.Type == schemas.Bool {
				return "toString(toUInt8(" + name + "))"
			}
			return "toString(" + name + ")"
		}
		return e
	})
}
