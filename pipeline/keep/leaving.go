package keep

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
	"time"

	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// leaving are the Parquet files of a month that can go.
type leaving struct {
	landing.PrunedTables
	files []store.Joined // by path; of a run's own file First and Last are the run
}

// looking looks for them. All files of a table's month go, or none of them.
type looking struct {
	d        store.Dir
	cfg      PruneConfig
	where    store.Where
	pruned   landing.Pruned
	held     map[string]string
	database map[string]string // content of the runs that it has
	stays    []string          // why files stay that are old
}

// leave finds the months whose Parquet files can go, oldest first, and says why others
// stay.
func leave(ctx context.Context, d store.Dir, cfg PruneConfig) (months []leaving, stays []string, err error) {
	runs, err := d.Runs()
	if err != nil || len(runs) == 0 {
		return nil, nil, err
	}
	until, newest := cfg.Now.Add(-cfg.Parquet).UTC().Format("200601"), monthOf(runs[len(runs)-1])
	var latest store.Latest // its files stay
	if err := store.ReadJSON(filepath.Join(d.Parquet(), "_latest.json"), &latest); err == nil && latest.RunID != "" {
		newest = min(newest, monthOf(latest.RunID))
	}
	old, err := oldMonths(d, until)
	if err != nil || len(old) == 0 {
		return nil, nil, err
	}
	l := &looking{d: d, cfg: cfg}
	if until > newest {
		if until = newest; old[newest] {
			l.stays = append(l.stays, "Parquet files of "+newest+" stay: those of the newest run are among them")
		}
	}
	if l.where, err = store.ReadWhere(d); err != nil {
		return nil, []string{err.Error()}, nil // nobody knows whose rows stand where
	}
	if l.held, err = compact.Holders(d); err == nil {
		l.pruned, err = landing.ReadPruned(d)
	}
	if err != nil {
		return nil, nil, err
	}
	if l.database, err = cfg.Database(ctx); err != nil {
		return nil, []string{fmt.Sprintf("nobody knows which runs the database has: %v", err)}, nil
	}
	for len(runs) > 0 && monthOf(runs[0]) < until {
		month, n := monthOf(runs[0]), 0
		for n < len(runs) && monthOf(runs[n]) == month {
			n++
		}
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if old[month] {
			one, err := l.month(runs[:n])
			if err != nil {
				l.stays = append(l.stays, err.Error())
			} else if len(one.files) > 0 {
				months = append(months, one)
			}
		}
		runs = runs[n:]
	}
	return months, l.stays, nil
}

func monthOf(run string) string { return run[:min(len(run), len("202611"))] }

// oldMonths are those before a month that any table has files of, by their names.
func oldMonths(d store.Dir, until string) (map[string]bool, error) {
	old := map[string]bool{}
	look := func(folder string) (entries []fs.DirEntry, err error) {
		if entries, err = os.ReadDir(folder); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		for _, e := range entries {
			if store.IsPart(e.Name()) && monthOf(e.Name()) < until {
				old[monthOf(e.Name())] = true
			}
		}
		return entries, err
	}
	for _, t := range schemas.Tables() {
		folder := filepath.Join(d.Parquet(), t.Name)
		entries, err := look(folder)
		for _, e := range entries {
			if err == nil && e.IsDir() {
				_, err = look(filepath.Join(folder, e.Name()))
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return old, nil
}

// month looks for the files of a month's runs. The error is why all stay.
func (l *looking) month(runs []string) (leaving, error) {
	one := leaving{PrunedTables: landing.PrunedTables{PrunedMonth: landing.PrunedMonth{First: runs[0], Last: runs[len(runs)-1], At: l.cfg.Now.UTC().Truncate(time.Second)}}}
	files, with, stay := map[string]store.Joined{}, map[string]bool{}, map[string]string{}
	for _, run := range runs {
		m, err := l.over(run)
		if err != nil {
			return one, err
		}
		if m == nil {
			continue
		}
		for _, part := range m.Files {
			j, why := l.file(part, m, runs)
			if why != "" {
				stay[part.Table] = why
			}
			if j != nil {
				files[j.Path], with[run] = *j, true
			}
		}
	}
	one.Runs, one.files = len(with), slices.Collect(maps.Values(files))
	slices.SortFunc(one.files, func(a, b store.Joined) int { return strings.Compare(a.Path, b.Path) })
	l.stays = append(l.stays, one.without(stay)...)
	if l.cfg.Archive != "" {
		l.stays = append(l.stays, one.without(one.unsound(l.d))...)
	}
	return one, nil
}

// without leaves out the files of some tables, counts the others, and returns why, in
// order.
func (one *leaving) without(tables map[string]string) []string {
	one.files = slices.DeleteFunc(one.files, func(j store.Joined) bool { return tables[j.Table] != "" })
	one.Files, one.Bytes, one.Rows, one.Tables = len(one.files), 0, 0, nil
	for _, j := range one.files {
		one.Bytes, one.Rows, one.Tables = one.Bytes+j.Bytes, one.Rows+j.Rows, append(one.Tables, j.Table)
	}
	slices.Sort(one.Tables)
	one.Tables = slices.Compact(one.Tables)
	return slices.Sorted(maps.Values(tables))
}

// unsound are the tables of which a file is not what was written, and why.
func (one *leaving) unsound(d store.Dir) map[string]string {
	bad := map[string]string{}
	for _, j := range one.files {
		if err := store.CheckPart(filepath.Join(d.Parquet(), filepath.FromSlash(j.Path)), j.Part); err != nil {
			bad[j.Table] = fmt.Sprintf("what %s has of %s stays: %v", j.Table, monthOf(one.First), err)
		}
	}
	return bad
}

// over is the manifest of a run that is over, and that the database has if it is to; nil
// of one that was killed before its first page.
func (l *looking) over(run string) (*store.Manifest, error) {
	m, err := l.d.Manifest(run)
	if store.Unwritten(err) {
		if _, err := l.d.Pages(run); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, fmt.Errorf("run %s has pages and no manifest: spacesetl replay --store %s --run %[1]s makes it", run, store.ShellWord(string(l.d)))
	}
	switch {
	case err != nil:
		return nil, err
	case !m.Ended() || l.d.Dying(run):
		return nil, fmt.Errorf("run %s has not come to its end", run)
	case len(m.Files) > 0 && m.LoadsTo(store.DuckDBFile) && !l.loaded(&m):
		return nil, fmt.Errorf("%s has not got run %s: the next run brings it up", l.d.DuckDB(), run)
	}
	return &m, nil
}

// loaded reports whether the database has a run as its manifest has it.
func (l *looking) loaded(m *store.Manifest) bool {
	content, has := l.database[m.Run.RunID]
	return has && (content == "" || m.Content == "" || content == m.Content)
}

// file is the file that has the rows of one that a manifest lists; nil if there are none.
// What it says is why the table's files stay.
func (l *looking) file(part schemas.Part, m *store.Manifest, runs []string) (*store.Joined, string) {
	run := m.Run.RunID
	j := l.where.Joined(part.Table, run)
	if j == nil {
		info, err := os.Lstat(filepath.Join(l.d.Parquet(), filepath.FromSlash(part.Path)))
		switch {
		case err == nil && info.Mode().IsRegular():
		case part.Rows == 0 || !m.LoadsTo(store.ParquetFiles) || l.pruned.Tableless(part.Table, run):
			return nil, ""
		default:
			return nil, fmt.Sprintf("what %s has of %s stays: %s is missing", part.Table, monthOf(run), filepath.Join(l.d.Parquet(), part.Path))
		}
		j = &store.Joined{Part: part, First: run, Last: run}
	}
	name := filepath.Join(l.d.Parquet(), filepath.FromSlash(j.Path))
	switch by := l.held[j.Path]; {
	case by != "":
		return j, fmt.Sprintf("%s stays, and what else %s has of its month: %s refers to it", name, j.Table, filepath.Join(compact.Held(l.d), by))
	case j.First < runs[0] || j.Last > runs[len(runs)-1]:
		return j, name + " stays: it has rows of runs of another month, too"
	case schemas.Lookup(part.Table) == nil:
		return j, name + " stays: this version does not know its table"
	}
	return j, ""
}
