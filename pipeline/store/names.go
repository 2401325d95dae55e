package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// What a file of a store names may be from anybody: a run, a segment and a Parquet
// file have the form that we write, without which their manifest is damaged. So no
// path leads out of the store, and none is a pattern or a word of a shell. The
// other half of the rule is durable.Regular.

// FirstOfDay reports whether the newest of the store's runs, oldest first, is the first
// of its day, and another was before it. Imports do not count.
func FirstOfDay(d Dir, runs []string) bool {
	const day = len("20060102")
	n := len(runs) - 1
	if n < 1 || len(runs[n]) <= day {
		return false
	}
	for today := runs[n][:day]; n > 0 && strings.HasPrefix(runs[n-1], today); n-- {
		if planned, err := d.Planned(runs[n-1]); err != nil || planned.Plan.Import == "" {
			return false
		}
	}
	return n > 0
}

// longestName is how long the name of a run or a table can be.
const longestName = 100

// CheckRunID refuses what is no name of a run's folder.
func CheckRunID(runID string) error {
	if !isName(runID, "-.") {
		return fmt.Errorf("run %.100q: is not the id of a run", runID)
	}
	return nil
}

// isName reports whether a name has only letters, digits, _ and some signs, and
// begins with a letter or digit.
func isName(name, signs string) bool {
	for i, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '_' && strings.IndexByte(signs, c) < 0) {
			return false
		}
	}
	return name != "" && len(name) <= longestName
}

// isSegment reports whether a file of pages has the name that one of ours has:
// <endpoint>-<n>.ndjson.zst.
func isSegment(name string) bool {
	stem, ours := strings.CutSuffix(name, ".ndjson.zst")
	endpoint := strings.TrimRight(stem, "0123456789")
	digits := len(stem) - len(endpoint)
	endpoint, cut := strings.CutSuffix(endpoint, "-")
	return ours && cut && 5 <= digits && digits <= 15 && endpoint != "" && strings.Trim(endpoint, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// isPartOf reports whether a Parquet file has the path that a file of the run has:
// <table>/run_date=<day>/<run>-<n>.parquet, or as another partition has it.
func isPartOf(runID string, part schemas.Part) bool {
	table, _, name, ours := CutPath(part.Path)
	return ours && table == part.Table && RunOf(name) == runID
}

// CutPath cuts the path of a Parquet file below the folder of such: into the table, the
// folder in that of the table, empty if it is that, and the name. ours is false of one
// that cannot be a file's of ours.
func CutPath(file string) (table, folder, name string, ours bool) {
	table, name, ours = strings.Cut(file, "/")
	if strings.Contains(name, "/") {
		folder, name, _ = strings.Cut(name, "/")
		ours = folder != ""
	}
	return table, folder, name, ours && isName(table, "") && schemas.PartitionOf(folder) != "" && !strings.Contains(name, "/")
}

// Partition says in which folders the run's Parquet files lie; empty of a run without.
func (m *Manifest) Partition() schemas.Partition {
	if len(m.Files) == 0 {
		return ""
	}
	_, folder, _, _ := CutPath(m.Files[0].Path)
	return schemas.PartitionOf(folder)
}

// PartitionOf says where the manifest of a run lists its Parquet files; empty if it lists
// none.
func PartitionOf(d Dir, runID string) schemas.Partition {
	m, err := d.Manifest(runID)
	if err != nil {
		return ""
	}
	return m.Partition()
}

// mostCounted bounds a number of a manifest: more is a mistake, or meant to do harm.
const mostCounted = 1 << 48

// check says what of a manifest cannot be one of ours.
func (m *Manifest) check() error {
	counted := func(n int64) bool { return 0 <= n && n <= mostCounted }
	good := counted(int64(m.Run.Pages))
	for _, t := range m.Tables {
		good = good && counted(t.Rows)
	}
	for _, part := range m.Files {
		if !isPartOf(m.Run.RunID, part) {
			return fmt.Errorf("it lists %.200q, which is no file of table %.100q and its run", part.Path, part.Table)
		}
		good = good && counted(part.Rows) && counted(part.Bytes)
	}
	for _, s := range m.Landed {
		if !isSegment(s.Name) {
			return fmt.Errorf("it lists %.200q, which is no file of pages", s.Name)
		}
		good = good && counted(int64(s.Pages)) && counted(s.Bytes)
	}
	if !good {
		return errors.New("it counts what cannot be")
	}
	if m.ClosedBy != "" && CheckRunID(m.ClosedBy) != nil {
		return fmt.Errorf("it is closed by %.100q, which is no run", m.ClosedBy)
	}
	return nil
}

// named is a run in a message.
func named(runID string) string {
	if runID == "" {
		return "no run"
	}
	return fmt.Sprintf("run %.100q", runID)
}

// Plain is what is wrong with a JSON text, without the names of our types.
func Plain(err error) error {
	var kind *json.UnmarshalTypeError
	var moment *time.ParseError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("%s is a %s, which it cannot be", kind.Field, kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("it is a %s, which it cannot be", kind.Value)
	case errors.As(err, &moment):
		return errors.New("a time in it is none")
	}
	return err
}
