package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Latest is what parquet/_latest.json holds: the newest run whose files are
// complete. A reader that takes files from manifests only, this one's and
// those of earlier runs, never sees half a run.
type Latest struct {
	RunID    string         `json:"run_id"`
	Manifest string         `json:"manifest"` // relative to the store
	Files    []schemas.Part `json:"files"`
}

func (s Store) latestPath() string { return filepath.Join(s.Parquet(), "_latest.json") }

// latest writes _latest.json for a run.
func (s Store) latest(m *Manifest, step durable.Step) error {
	if !m.Parquet {
		return nil
	}
	l := Latest{RunID: m.Run.RunID, Manifest: "runs/" + m.Run.RunID + "/manifest.json", Files: m.Files}
	return writeJSON(s.latestPath(), l, step)
}

// partFile takes a Parquet file's name apart: run id and shard.
var partFile = regexp.MustCompile(`^(.+)-[0-9]+\.parquet$`)

// Sweep removes what processes that died left behind: Parquet files of runs
// without a manifest, which no reader may count, and unfinished files. It
// brings _latest.json up to the newest manifest. The store must be locked.
func (s Store) Sweep() error {
	for _, pattern := range s.leftovers() {
		if err := removeAll(pattern); err != nil {
			return err
		}
	}
	files, err := filepath.Glob(filepath.Join(s.Parquet(), "*", "run_date=*", "*.parquet"))
	if err != nil {
		return fmt.Errorf("store %s: %w", s, err)
	}
	listed := map[string]bool{}
	for _, file := range files {
		parts := partFile.FindStringSubmatch(filepath.Base(file))
		if parts == nil {
			continue // not ours
		}
		known, ok := listed[parts[1]]
		if !ok {
			_, err := os.Stat(s.RunFile(parts[1], "manifest.json"))
			known = err == nil
			listed[parts[1]] = known
		}
		if known {
			continue
		}
		if err := os.Remove(file); err != nil {
			return fmt.Errorf("store %s: %w", s, err)
		}
	}
	return s.newest()
}

// leftovers are the patterns of what a process that died can have left.
func (s Store) leftovers() []string {
	return []string{
		filepath.Join(s.Parquet(), "_staging-*"), filepath.Join(string(s), "_parts-*"),
		filepath.Join(s.Parquet(), "__*"), filepath.Join(string(s), "runs", "*", "_*"),
		filepath.Join(string(s), "_state.json-*"), filepath.Join(string(s), "_ledger.json-*"), filepath.Join(string(s), "_report.html-*"),
	}
}

// newest brings _latest.json up to the newest manifest.
func (s Store) newest() error {
	runs, err := s.Runs()
	if err != nil {
		return err
	}
	for _, id := range slices.Backward(runs) {
		m, err := s.Manifest(id)
		if unwritten(err) {
			continue
		}
		if err != nil || !m.Parquet {
			return err
		}
		var l Latest
		if err := readJSON(s.latestPath(), &l); err == nil && l.RunID == id {
			return nil
		}
		return s.latest(&m, nil)
	}
	return nil
}

// removeAll removes what matches a pattern.
func removeAll(pattern string) error {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.RemoveAll(name); err != nil {
			return fmt.Errorf("removing %s: %w", strings.TrimSpace(name), err)
		}
	}
	return nil
}
