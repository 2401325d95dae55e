package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

var (
	//go:embed newest.mjs
	nodeScript []byte
	//go:embed newest.py
	pythonScript []byte
)

// newest is another DuckDB than the one linked in, as a rule a newer one: that
// of a folder with @duckdb/node-api, run by node, or of a Python.
type newest struct {
	dir     string   // for the script and its tasks
	command []string // to which a task is added
	host    string   // of the DuckDB, for people
	version string
}

// findNewest asks the DuckDB that the options name for its version.
func findNewest(ctx context.Context, o options, dir string) (*newest, error) {
	n := &newest{dir: dir, host: "node"}
	folder, err := filepath.Abs(o.node)
	script, text := filepath.Join(dir, "newest.mjs"), nodeScript
	n.command = []string{"node", script, folder}
	if o.python != "" {
		n.host = "Python"
		folder, err = filepath.Abs(o.python)
		script, text = filepath.Join(dir, "newest.py"), pythonScript
		n.command = []string{filepath.Join(folder, "bin", "python"), script}
	}
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(script, text, 0o644); err != nil {
		return nil, err
	}
	_, out, err := measure(ctx, dir, n.command[0], n.command[1:]...)
	if err != nil {
		return nil, fmt.Errorf("the DuckDB in %s: %w", folder, err)
	}
	n.version = strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
	return n, nil
}

// run makes the baseline's tables. What it returns beside what that took is where they
// can be read by any DuckDB: it copies a database, whose format may be too new, to files.
func (n *newest) run(ctx context.Context, b baseline) (measurement, string, error) {
	m, err := n.do(ctx, b.database(), b.statements())
	if err != nil || b.To != toDuckDB {
		return m, b.Out, err
	}
	copied := b.Out + ".tables"
	if m.Size, err = sizeOf(b.Out); err != nil {
		return m, "", err
	}
	if err := os.Mkdir(copied, 0o755); err != nil {
		return m, "", err
	}
	_, err = n.do(ctx, b.database(), b.copies(copied))
	return m, copied, err
}

// do runs statements on a database.
func (n *newest) do(ctx context.Context, database string, statements []string) (measurement, error) {
	text, err := json.Marshal(map[string]any{"database": database, "statements": statements})
	if err != nil {
		return measurement{}, err
	}
	task := filepath.Join(n.dir, "newest.json")
	if err := os.WriteFile(task, text, 0o644); err != nil {
		return measurement{}, err
	}
	m, _, err := measure(ctx, n.dir, n.command[0], append(n.command[1:len(n.command):len(n.command)], task)...)
	return m, err
}
