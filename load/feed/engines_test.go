package feed

import (
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// contentOf asks an engine for all rows: cell is a column as a text.
func contentOf(t *testing.T, d Dialect, cell func(c schemas.Column) string, ask func(query string) string) content {
	t.Helper()
	var queries strings.Builder
	for i, table := range stored() {
		cells := make([]string, len(table.columns))
		for j, c := range table.columns {
			cells[j] = "CASE WHEN " + d.name(c.Name) + " IS NULL THEN '.' ELSE hex(" + cell(c) + ") END"
		}
		queries.WriteString("SELECT '" + strconv.Itoa(i) + ",' || " + strings.Join(cells, " || ',' || ") + " FROM " + d.name(table.name) + ";\n")
	}
	rows := make([][][]string, len(stored()))
	for _, line := range strings.Fields(ask(queries.String())) {
		row := strings.Split(line, ",")
		n, err := strconv.Atoi(row[0])
		if err != nil {
			t.Fatal(err)
		}
		row = row[1:]
		for i, c := range stored()[n].columns {
			if row[i] == "." {
				continue
			}
			text, err := hex.DecodeString(row[i])
			if err != nil {
				t.Fatal(err)
			}
			row[i] = string(text)
			switch c.Type {
			case schemas.Time:
				if _, err := strconv.ParseInt(row[i], 10, 64); err == nil {
					break // in microseconds
				}
				at, err := time.Parse("2006-01-02 15:04:05.000000", row[i])
				if err != nil {
					t.Fatal(err)
				}
				row[i] = strconv.FormatInt(at.UnixMicro(), 10)
			case schemas.Bool:
				row[i] = map[string]string{"0": "false", "1": "true"}[row[i]]
			}
		}
		rows[n] = append(rows[n], row)
	}
	all := content{}
	for i, table := range stored() {
		all[table.name] = loadtest.Lines(table.columns, rows[i])
	}
	return all
}

// missing skips a test for want of a tool, where it may.
func missing(t *testing.T, tool string) {
	t.Helper()
	if os.Getenv("SPACESETL_TOOLS") == "required" {
		t.Fatalf("%s is not installed", tool)
	}
	t.Skipf("%s is not installed", tool)
}

// client runs a command with a script.
func client(script string, command string, args ...string) (string, error) {
	cmd := exec.Command(command, args...)
	cmd.Stdin = strings.NewReader(script)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		err = errors.New(err.Error() + ": " + complaint.String())
	}
	return string(out), err
}

// shell is sqlite3 on a file.
type shell struct{ path string }

func newShell(t *testing.T) engine {
	if _, err := exec.LookPath("sqlite3"); err != nil {
		missing(t, "sqlite3")
	}
	return shell{filepath.Join(t.TempDir(), "spaces.db")}
}

func (e shell) run(_ *testing.T, script string) (string, error) {
	return client(script, "sqlite3", e.path)
}

func (e shell) content(t *testing.T) content {
	return contentOf(t, sqlite(), func(c schemas.Column) string {
		if c.Type == schemas.Float {
			return "printf('%!.17g', " + quoted(c.Name) + ")"
		}
		return "CAST(" + quoted(c.Name) + " AS TEXT)"
	}, func(query string) string { return must(t, e, query) })
}

func TestSQLite(t *testing.T) { contract(t, "sqlite", newShell) }
