package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/apache/iceberg-go"
	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

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
