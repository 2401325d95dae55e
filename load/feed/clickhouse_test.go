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

// inPython is ClickHouse in a process of Python's, which takes statements and gives answers,
// a line of JSON each.
type inPython struct {
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

const pythonLoop = `
import json, sys
from chdb import session
s = session.Session(sys.argv[1])
s.query("CREATE DATABASE IF NOT EXISTS fed")
s.query("USE fed")
for line in sys.stdin:
    try:
        answer = [str(s.query(json.loads(line), "TSVRaw")), ""]
    except Exception as e:
        answer = ["", str(e) or "failed"]
    print(json.dumps(answer), flush=True)
`

func newInPython(t *testing.T) engine { return openInPython(t, t.TempDir()) }

func openInPython(t *testing.T, dir string) *inPython {
	python := os.Getenv("SPACESETL_CHDB_PYTHON")
	if python == "" {
		missing(t, "chdb (SPACESETL_CHDB_PYTHON)")
	}
	e := &inPython{cmd: exec.Command(python, "-c", pythonLoop, dir)}
	e.cmd.Stderr = os.Stderr
	var err error
	if e.in, err = e.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	e.out = bufio.NewReader(out)
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = e.in.Close()
		_ = e.cmd.Wait()
	})
	return e
}

func (e *inPython) run(_ *testing.T, script string) (string, error) {
	var all strings.Builder
	for _, statement := range statements(script) {
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
	d := clickHouse()
	return contentOf(t, d, func(c schemas.Column) string {
		if c.Type == schemas.Bool {
			return "toString(toUInt8(" + d.name(c.Name) + "))"
		}
		return "toString(" + d.name(c.Name) + ")"
	}, func(query string) string { return must(t, e, query) })
}

func TestClickHouse(t *testing.T) { contract(t, "clickhouse", newInPython) }
