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
	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"

	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/landing"
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

// pending is a run that the tables lack, or that --all compares.
type pending struct {
	id, content string
	paths       map[string][]string // of its rows, by table
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

// pending are the runs that the tables lack, oldest first.
func (l *loader) pending(ctx context.Context) (runs []pending, err error) {
	ids, err := l.store.Runs()
	if err != nil {
		return nil, err
	}
	l.where, _ = store.ReadWhere(l.store) // health says of runs in a damaged one that they are not whole
	has, err := l.has(ctx, ids)
	if err != nil {
		return nil, err
	}
	l.sum.there = len(has)
	if l.all {
		has = nil
	}
	lacks, err := health.Lacking(l.store, "iceberg", has)
	if err != nil {
		return nil, err
	}
	kept := health.NewKept(l.store)
	pruned, _ := landing.ReadPruned(l.store) // only for the words
	var left, open, gone []string
	for _, m := range lacks {
		run := pending{id: m.Run.RunID, content: m.Content, paths: map[string][]string{}}
		parts, whole := kept.Parts(m)
		switch {
		case !m.Ended():
			open = append(open, run.id)
			continue
		case !whole && pruned.Tableless("", run.id):
			gone = append(gone, run.id)
			continue
		case !whole:
			left = append(left, run.id)
			continue
		}
		for _, p := range parts {
			if !slices.Contains(run.paths[p.Table], p.Path) {
				run.paths[p.Table] = append(run.paths[p.Table], p.Path)
			}
		}
		runs = append(runs, run)
	}
	runs, left = l.together(runs, left)
	l.note(gone, "left out: their Parquet files were pruned")
	l.note(open, "can still go on: they are added once they cannot")
	l.note(left, "left out: the Parquet files that have their rows are not all there as they were written; spacesetl status --store "+string(l.store)+" says what is wrong")
	return runs, nil
}

func (l *loader) note(runs []string, what string) {
	if len(runs) > 0 {
		l.sum.notes = append(l.sum.notes, fmt.Sprintf("%s, the first %s: %s", count(len(runs), "run"), slices.Min(runs), what))
	}
}

// has are the runs whose rows of the marker are in its table.
func (l *loader) has(ctx context.Context, ids []string) (map[string]string, error) {
	has := map[string]string{}
	tbl, err := l.catalogue.lookup(ctx, marker)
	if err != nil || tbl == nil {
		return has, err
	}
	files, err := l.files(ctx, marker, tbl)
	if err != nil {
		return nil, err
	}
	own, joined := map[string]bool{}, map[string]bool{}
	for path := range files {
		if _, _, name, _ := store.CutPath(path); store.IsJoined(name) {
			joined[path] = true
		} else {
			own[store.RunOf(name)] = true
		}
	}
	for _, id := range ids {
		j := l.where.Joined(marker.Name, id)
		if j != nil && joined[j.Path] || j == nil && own[id] {
			has[id] = ""
		}
	}
	return has, nil
}

// together leaves out the runs whose rows of the marker are in one file with those of a run
// that is left out: with it that run would be taken for added, too.
func (l *loader) together(runs []pending, left []string) (_ []pending, _ []string) {
	shared := map[string]bool{}
	for _, id := range left {
		if j := l.where.Joined(marker.Name, id); j != nil {
			shared[j.Path] = true
		}
	}
	runs = slices.DeleteFunc(runs, func(r pending) bool {
		without := slices.ContainsFunc(r.paths[marker.Name], func(path string) bool { return shared[path] })
		if without {
			left = append(left, r.id)
		}
		return without
	})
	return runs, left
}

// batch is how many of the runs come at a time. Those with one file of the marker do.
func (l *loader) batch(runs []pending) (n int) {
	last := map[string]int{}
	for i, r := range runs {
		for _, path := range r.paths[marker.Name] {
			last[path] = i
		}
	}
	end := 0
	for i, r := range runs {
		if i >= mostRuns && i > end {
			return i
		}
		for _, path := range r.paths[marker.Name] {
			end = max(end, last[path])
		}
	}
	return len(runs)
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

// files are the data files of a table by their path below the Parquet folder.
func (l *loader) files(ctx context.Context, t *schemas.Table, tbl *table.Table) (map[string]iceberg.DataFile, error) {
	at, err := filesOf(ctx, tbl)
	if err != nil {
		return nil, err
	}
	if what := foreign(tbl, at, l.local.root); what != "" {
		return nil, fmt.Errorf("table %s is no more as this program left it: %s. Drop it from the catalogue (its rows are in the store) and run with --all, or use another --namespace",
			strings.Join(l.catalogue.identifier(t), "."), what)
	}
	files := map[string]iceberg.DataFile{}
	for location, f := range at {
		files[strings.TrimPrefix(location, l.local.root+"/")] = f
	}
	return files, nil
}

// addTo adds to a table, with one snapshot, the files of runs that it has not got.
func (l *loader) addTo(ctx context.Context, t *schemas.Table, runs []pending) error {
	var ids, contents []string
	wanted := map[string]bool{}
	for _, r := range runs {
		if paths := r.paths[t.Name]; len(paths) > 0 {
			ids, contents = append(ids, r.id), append(contents, r.content)
			for _, path := range paths {
				wanted[path] = true
			}
		}
	}
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

// fresh reports whether a table has none of some files, which is known without a look at
// all that it has: what was never held was never added.
func (l *loader) fresh(tbl *table.Table, paths map[string]bool) bool {
	if l.all || tbl.CurrentSnapshot() != nil && !ours(tbl.CurrentSnapshot()) {
		return false
	}
	for path := range paths {
		if l.held[path] || store.IsJoined(path) {
			return false
		}
	}
	return true
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

func (l *loader) exists(path string) bool {
	_, err := os.Lstat(l.local.folder + "/" + path)
	return err == nil
}

// stale are the files of a table whose rows stand elsewhere now, or that were made again:
// no row is to be there twice. None is where the list of held files did its work.
func (l *loader) stale(t *schemas.Table, has map[string]iceberg.DataFile, wanted map[string]bool, ids []string) (stale []iceberg.DataFile, err error) {
	for path, f := range has {
		_, _, name, _ := store.CutPath(path)
		_, pending := slices.BinarySearch(ids, store.RunOf(name))
		if j := l.where.Joined(t.Name, store.RunOf(name)); j != nil {
			pending = pending || wanted[j.Path] || has[j.Path] != nil
		}
		known := store.IsJoined(name) && slices.ContainsFunc(l.where[t.Name], func(j store.Joined) bool { return j.Path == path })
		switch {
		case wanted[path]:
			if info, err := os.Stat(l.local.folder + "/" + path); l.all && err == nil && info.Size() != f.FileSizeBytes() {
				stale = append(stale, f)
			}
		case store.IsJoined(name) && !known:
			if !l.all {
				return nil, fmt.Errorf("its file %s was joined with others, which parquet/_held should have kept: run with --all", path)
			}
			stale = append(stale, f)
		case !store.IsJoined(name) && pending:
			stale = append(stale, f)
		}
	}
	return stale, nil
}

// dataFiles are files as a table has them, with the bounds of their columns. They are read
// here; elsewhere they have to be there.
func (l *loader) dataFiles(ctx context.Context, tbl *table.Table, paths []string) (files []iceberg.DataFile, err error) {
	var there icebergio.IO
	if l.prefix != "" {
		if there, err = icebergio.LoadFS(ctx, l.catalogue.properties, l.prefix); err != nil {
			return nil, err
		}
	}
	for _, path := range paths {
		location := l.local.root + "/" + path
		f, err := table.FileToDataFile(ctx, l.local, location, tbl.Schema(), tbl.Spec(), 0, tbl.Properties())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if there != nil {
			if err := compare(there, location, f.FileSizeBytes()); err != nil {
				return nil, err
			}
		}
		files = append(files, f)
	}
	return files, nil
}

// compare looks whether a file is where readers are to find it.
func compare(there icebergio.IO, location string, size int64) error {
	f, err := there.Open(location)
	if err != nil {
		return fmt.Errorf("%s: copy the parquet folder there first: %w", location, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.Size() != size {
		err = fmt.Errorf("%s: it has %d bytes, the store's %d: copy the parquet folder there first", location, info.Size(), size)
	}
	return err
}
