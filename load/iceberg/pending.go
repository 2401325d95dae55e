package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// pending is a run that the tables lack, or that --all compares.
type pending struct {
	id, content string
	paths       map[string][]string // of its rows, by table
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

// ofTable are those of the runs that have rows of a table, and the files with these.
func ofTable(runs []pending, t *schemas.Table) (ids, contents []string, wanted map[string]bool) {
	wanted = map[string]bool{}
	for _, r := range runs {
		if paths := r.paths[t.Name]; len(paths) > 0 {
			ids, contents = append(ids, r.id), append(contents, r.content)
			for _, path := range paths {
				wanted[path] = true
			}
		}
	}
	return ids, contents, wanted
}
