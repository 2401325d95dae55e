package keep

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// pruneTables removes the Parquet files of months that are old. They are archived and it
// is noted that they go; then those of each table go in one step, so that a process that
// dies leaves all files of a table that it was to remove, or none.
func pruneTables(ctx context.Context, l *store.Locked, pruned landing.Pruned, cfg PruneConfig, sum *PruneSummary) error {
	if err := removeTables(ctx, l, &pruned, cfg); err != nil {
		return err
	}
	months, stays, err := leave(ctx, l.Dir, cfg)
	if err != nil {
		return err
	}
	for i := range months {
		m := &months[i]
		if cfg.Archive != "" {
			if m.Archive, err = archiveTables(ctx, l.Dir, *m, cfg); err != nil {
				return err
			}
		}
		sum.Tables = append(sum.Tables, m.PrunedTables)
		m.Going = true
		pruned.Tables = append(pruned.Tables, m.PrunedTables)
	}
	sum.Left = stays
	if len(sum.Tables) == 0 {
		return nil
	}
	err = cfg.Step.At("prune: before note", string(l.Dir))
	if err == nil {
		err = landing.WritePruned(l, pruned, cfg.Step)
	}
	if err == nil {
		err = removeTables(ctx, l, &pruned, cfg)
	}
	return err
}

// removeTables removes the files that are noted to go, and notes that they have.
func removeTables(ctx context.Context, l *store.Locked, pruned *landing.Pruned, cfg PruneConfig) error {
	going := false
	for i := range pruned.Tables {
		t := &pruned.Tables[i]
		if !t.Going {
			continue
		}
		going, t.Going = true, false
		files, err := filesOf(l.Dir, *t)
		for _, of := range byTable(files) {
			if err = errors.Join(err, ctx.Err()); err == nil {
				err = removeFiles(l, of, cfg.Step)
			}
		}
		if err != nil {
			return err
		}
	}
	if !going {
		return nil
	}
	return landing.WritePruned(l, *pruned, cfg.Step)
}

// filesOf are the files that are there of a month that was pruned.
func filesOf(d store.Dir, t landing.PrunedTables) ([]store.Joined, error) {
	where, err := store.ReadWhere(d)
	if err != nil {
		return nil, err
	}
	runs, err := d.Runs()
	if err != nil {
		return nil, err
	}
	look := &looking{d: d, where: where}
	month := []string{t.First, t.Last}
	var files []store.Joined
	for _, run := range runs {
		if run < t.First || run > t.Last {
			continue
		}
		m, err := d.Manifest(run)
		if store.Unwritten(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, part := range m.Files {
			if _, goes := slices.BinarySearch(t.Tables, part.Table); !goes {
				continue
			}
			j, why := look.file(part, &m, month)
			if j != nil && why == "" && !slices.ContainsFunc(files, func(f store.Joined) bool { return f.Path == j.Path }) {
				files = append(files, *j)
			}
		}
	}
	return files, nil
}

// byTable are files in those of each table.
func byTable(files []store.Joined) (tables [][]store.Joined) {
	slices.SortStableFunc(files, func(a, b store.Joined) int { return strings.Compare(a.Table, b.Table) })
	for i := range files {
		if i == 0 || files[i].Table != files[i-1].Table {
			tables = append(tables, nil)
		}
		tables[len(tables)-1] = append(tables[len(tables)-1], files[i])
	}
	return tables
}

// removeFiles removes files of one table.
func removeFiles(l *store.Locked, files []store.Joined, step durable.Step) error {
	m, err := store.ReadMap(l.Dir, files[0].Table)
	if err != nil {
		return err
	}
	next, err := store.NewTable(l, files[0].Table)
	if err != nil {
		return err
	}
	defer next.Close()
	for _, f := range files {
		next.Without(f.Path)
		m.Files = slices.DeleteFunc(m.Files, func(j store.Joined) bool { return j.Path == f.Path })
	}
	return replace(l.Dir, next, files[0].Table, m, step)
}

// replace puts a table's new folder in the place of the old one.
func replace(d store.Dir, next *store.Table, table string, m store.Map, step durable.Step) error {
	noRows, err := parquet.NoRows(schemas.Lookup(table))
	if err == nil {
		err = next.Fill()
	}
	if err == nil {
		err = next.Replace(m, compact.Partition(d), noRows, step)
	}
	return err
}

// archiveTables copies the files of a month into an archive, and for each table a map of
// those that have the rows of several runs.
func archiveTables(ctx context.Context, d store.Dir, m leaving, cfg PruneConfig) (path string, err error) {
	folder, err := filepath.Abs(cfg.Archive)
	if err != nil {
		return "", err
	}
	a, err := newMonth(ctx, filepath.Join(folder, fmt.Sprintf("parquet-%s-%s%s", m.First[:4], m.First[4:6], archiveEnd)))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	x := &Index{Format: indexFormat, Store: string(d), At: m.At}
	for _, files := range byTable(m.files) {
		if err := archiveTable(ctx, a, x, d, files); err != nil {
			return "", err
		}
	}
	return a.seal(x, cfg.Step)
}

func archiveTable(ctx context.Context, a *archive, x *Index, d store.Dir, files []store.Joined) error {
	table := files[0].Table
	joined := slices.DeleteFunc(slices.Clone(files), func(f store.Joined) bool { return !store.IsJoined(f.Path) })
	if len(joined) > 0 {
		slices.SortFunc(joined, func(a, b store.Joined) int { return strings.Compare(a.First, b.First) })
		noRows, err := parquet.NoRows(schemas.Lookup(table))
		if err != nil {
			return err
		}
		text, err := store.Map{Files: joined}.Text(noRows)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		e := Entry{Path: path.Join("parquet", table, store.MapFile(schemas.PartitionDay)), Bytes: int64(len(text)), SHA256: hex.EncodeToString(sum[:])}
		if err := a.put(e, bytes.NewReader(text)); err != nil {
			return err
		}
		x.Files = append(x.Files, e)
	}
	for _, f := range files {
		name := filepath.Join(d.Parquet(), filepath.FromSlash(f.Path))
		file, info, err := durable.OpenInfo(name)
		if err != nil {
			return err
		}
		sum, err := a.add(x, "parquet/"+f.Path, file, info)
		err = errors.Join(ctx.Err(), err, file.Close())
		if err == nil && sum != f.SHA256 {
			err = fmt.Errorf("%s: has changed while it was archived", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
