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

//go:embed newest.mjs
var newestScript []byte

// newest is another DuckDB than the one linked in, as a rule a newer one: that
// of a folder with @duckdb/node-api, run by node.
type newest struct {
	folder  string // with node_modules
	dir     string // for the script and its tasks
	script  string
	version string
}

// findNewest asks the DuckDB of a folder for its version.
func findNewest(ctx context.Context, folder, dir string) (*newest, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	n := &newest{folder: folder, dir: dir, script: filepath.Join(dir, "newest.mjs")}
	if err := os.WriteFile(n.script, newestScript, 0o644); err != nil {
		return nil, err
	}
	_, out, err := measure(ctx, dir, "node", n.script, folder)
	if err != nil {
		return nil, fmt.Errorf("the DuckDB in %s: %w", folder, err)
	}
	n.version = strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
	return n, nil
}

// run makes the baseline's tables.
func (n *newest) run(ctx context.Context, b baseline) (measurement, error) {
	text, err := json.Marshal(map[string]any{"database": b.database(), "statements": b.statements()})
	if err != nil {
		return measurement{}, err
	}
	task := filepath.Join(n.dir, "newest.json")
	if err := os.WriteFile(task, text, 0o644); err != nil {
		return measurement{}, err
	}
	m, _, err := measure(ctx, n.dir, "node", n.script, n.folder, task)
	return m, err
}
