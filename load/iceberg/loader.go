package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// mostRuns is how many runs come with one snapshot of each table: it names them all.
const mostRuns = 100

// marker is the table that is last to get a run's rows. Each run has some of it: one whose
// file it has is in all tables.
var marker = schemas.Lookup("runs")

// loader brings the tables of a catalogue up to the runs of a store.
type loader struct {
	catalogue *catalogue
	store     store.Dir
	prefix    string // where readers find the Parquet folder; empty for where it is
	holder    string // names the lists of files that are held
	all       bool
	step      func(table string) error // for tests: before each commit

	local localFiles
	where store.Where
	held  map[string]bool // files that were held before
	sum   summary
}

// summary is what was done.
type summary struct {
	runs, there int
	files       int
	tables      map[string]bool
	notes       []string
}

func (s *summary) text() string {
	if s.files == 0 {
		return fmt.Sprintf("nothing new: the tables have all %s", count(s.there, "run"))
	}
	return fmt.Sprintf("%s added: %s in %s", count(s.runs, "run"), count(s.files, "file"), count(len(s.tables), "table"))
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func (l *loader) load(ctx context.Context) (summary, error) {
	l.sum.tables = map[string]bool{}
	if err := l.find(); err != nil {
		return l.sum, err
	}
	runs, err := l.pending(ctx)
	if err != nil || len(runs) == 0 {
		return l.sum, err
	}
	if err := l.hold(runs); err != nil {
		return l.sum, err
	}
	for len(runs) > 0 {
		n := l.batch(runs)
		if err := l.add(ctx, runs[:n]); err != nil {
			return l.sum, err
		}
		runs = runs[n:]
	}
	return l.sum, nil
}

// find finds the folder of Parquet files.
func (l *loader) find() error {
	folder, err := filepath.Abs(l.store.Parquet())
	if err == nil {
		_, err = os.Stat(folder)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Sprintf("store %s: it has no Parquet files: name the --store of a job that is loaded to parquet", l.store)}
	}
	if err != nil {
		return err
	}
	l.local = localFiles{root: l.prefix, folder: filepath.ToSlash(folder)}
	if l.prefix == "" {
		l.local.root = "file://" + l.local.folder
	}
	return nil
}

// hold lists the files of runs among those that are not joined nor pruned. Under the lock
// of the store: nobody who does so has looked at the list before.
func (l *loader) hold(runs []pending) error {
	locked, err := l.store.Lock()
	if err != nil {
		return err
	}
	defer locked.Unlock()
	lists := map[string][]string{} // a list for each month: none grows with the years
	for _, r := range runs {
		for _, paths := range r.paths {
			for _, path := range paths {
				if _, err := os.Lstat(l.local.folder + "/" + path); err != nil {
					return fmt.Errorf("%s: %w: %w", path, errMeanwhile, err)
				}
				month := filepath.Base(path)[:len("202611")]
				lists[month] = append(lists[month], path)
			}
		}
	}
	if err := os.MkdirAll(compact.Held(l.store), 0o777); err != nil {
		return err
	}
	l.held = map[string]bool{}
	for month, paths := range lists {
		if err := l.list(filepath.Join(compact.Held(l.store), l.holder+"-"+month), paths); err != nil {
			return err
		}
	}
	return nil
}

// list adds files to a list of such that are held.
func (l *loader) list(name string, paths []string) error {
	text, err := durable.ReadFile(name, 1<<30)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	held := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		held[strings.TrimSpace(line)] = true
	}
	maps.Copy(l.held, held)
	before := len(held)
	for _, path := range paths {
		held[path] = true
	}
	if len(held) == before {
		return nil
	}
	return durable.WriteFile(name, []byte(strings.Join(slices.Sorted(maps.Keys(held)), "\n")+"\n"), durable.Options{})
}

// add brings all tables up to some runs, one after the other.
func (l *loader) add(ctx context.Context, runs []pending) error {
	tables := slices.DeleteFunc(slices.Clone(schemas.Tables()), func(t *schemas.Table) bool { return t == marker })
	before := l.sum.files
	for _, t := range append(tables, marker) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := l.addTo(ctx, t, runs); err != nil {
			return fmt.Errorf("table %s: %w", strings.Join(l.catalogue.identifier(t), "."), err)
		}
	}
	if l.sum.files > before {
		l.sum.runs += len(runs)
	}
	return nil
}

// addTo adds to a table, with one snapshot, the files of runs that it has not got.
func (l *loader) addTo(ctx context.Context, t *schemas.Table, runs []pending) error {
	ids, contents, wanted := ofTable(runs, t)
	if len(wanted) == 0 {
		return nil
	}
	tbl, err := l.catalogue.lookup(ctx, t)
	if err == nil && tbl == nil {
		tbl, err = l.catalogue.create(ctx, t)
	}
	if err != nil {
		return err
	}
	var has map[string]iceberg.DataFile
	if !l.fresh(tbl, wanted) {
		if has, err = l.files(ctx, t, tbl); err != nil {
			return err
		}
	}
	stale, err := l.stale(t, has, wanted, ids)
	if err != nil {
		return err
	}
	for path := range has {
		delete(wanted, path)
	}
	for _, f := range stale {
		if path := strings.TrimPrefix(f.FilePath(), l.local.root+"/"); l.exists(path) { // it has other rows now
			wanted[path] = true
		}
	}
	if len(wanted) == 0 && len(stale) == 0 {
		return nil
	}
	if tbl, err = l.catalogue.evolve(ctx, t, tbl); err != nil {
		return err
	}
	added, err := l.dataFiles(ctx, tbl, slices.Sorted(maps.Keys(wanted)))
	if err != nil {
		return err
	}
	if l.step != nil {
		if err := l.step(t.Name); err != nil {
			return err
		}
	}
	props := iceberg.Properties{runProperty: strings.Join(ids, ","), contentProperty: strings.Join(contents, ",")}
	if err := commit(ctx, tbl, stale, added, props); err != nil {
		return err
	}
	l.sum.files += len(added)
	l.sum.tables[t.Name] = true
	return nil
}

// commit takes files out of a table and others in, at once, unless somebody was quicker.
func commit(ctx context.Context, tbl *table.Table, stale, added []iceberg.DataFile, props iceberg.Properties) error {
	tx := tbl.NewTransaction()
	err := tx.AssertRefSnapshotID(table.MainBranch)
	if err == nil && len(stale) > 0 {
		err = tx.ReplaceDataFilesWithDataFiles(ctx, stale, nil, props)
	}
	if err == nil && len(added) > 0 {
		err = tx.AddDataFiles(ctx, added, props, table.WithoutDuplicateCheck())
	}
	if err == nil {
		_, err = tx.Commit(ctx)
	}
	if err != nil && (errors.Is(err, table.ErrCommitFailed) || strings.Contains(err.Error(), "requirement failed")) {
		return fmt.Errorf("%w: %w", errMeanwhile, err)
	}
	return err
}

// errMeanwhile says that another start, or somebody else, was quicker.
var errMeanwhile = errors.New("somebody else wrote to it meanwhile: run again")
