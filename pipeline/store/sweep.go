package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

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

func (d Dir) latestPath() string { return filepath.Join(d.Parquet(), "_latest.json") }

// IsPart reports whether a Parquet file has a name that one of ours has.
func IsPart(name string) bool { return RunOf(name) != "" }

// RunOf is the run that a Parquet file is named for; empty when it is none of
// ours.
func RunOf(name string) string {
	name, ours := strings.CutSuffix(filepath.Base(name), ".parquet")
	run := strings.TrimRight(name, "0123456789") // of the shard
	id := strings.TrimSuffix(run, "-")
	if !ours || run == name || id == run || CheckRunID(id) != nil {
		return ""
	}
	return id
}

// Begin makes a new run and writes its plan.json; Run is filled in.
func (l *Locked) Begin(p Planned, version string, now time.Time) (Planned, error) {
	plan := p.Plan
	if plan.Watch {
		if err := Note(l, RequestsFormat); err != nil {
			return Planned{}, fmt.Errorf("store %s: %w", l.Dir, err)
		}
	}
	p.Left = union(p.Left)
	now = now.UTC().Truncate(time.Microsecond)
	stamp := now.Format(stampForm)
	// Ids are in the order of runs, also after a run that was begun while the clock was ahead.
	if newest := l.Newest(); newest.After(now) {
		stamp = newest.Add(time.Second).Format(stampForm)
	}
	id := stamp + "-" + plan.Hash()[:6]
	for n := 2; ; n++ {
		err := os.MkdirAll(l.File("runs"), 0o777)
		if err == nil {
			err = os.Mkdir(filepath.Dir(l.RunFile(id, "plan.json")), 0o777)
		}
		if err == nil {
			err = errors.Join(durable.SyncDir(l.File("runs")), durable.SyncDir(string(l.Dir)))
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return Planned{}, fmt.Errorf("store %s: %w", l.Dir, err)
		}
		id = fmt.Sprintf("%s-%s-%d", stamp, plan.Hash()[:6], n)
	}
	p.Run = schemas.Run{RunID: id, Job: plan.Job, PlanHash: plan.Hash(), Dialect: plan.Dialect, StartedAt: now, Version: version}
	return p, l.WritePlan(p)
}

// stampForm is how the time stands in a run's id.
const stampForm = "20060102T150405Z"

// Newest is when the newest run was begun, as its id says; zero without one.
func (d Dir) Newest() time.Time {
	ids, err := d.Runs()
	if err != nil || len(ids) == 0 {
		return time.Time{}
	}
	stamp, _, _ := strings.Cut(ids[len(ids)-1], "-")
	at, _ := time.Parse(stampForm, stamp) // zero is none
	return at
}

// WritePlan writes plan.json of a run that has asked for nothing yet.
func (l *Locked) WritePlan(p Planned) error {
	return WriteJSON(l.RunFile(p.Run.RunID, "plan.json"), p, nil)
}

// commitFile lies in a run's folder while its files are renamed into place. A
// process that dies meanwhile leaves it, so that the next knows which files are
// a dead run's.
const commitFile = "commit.json"

// Committing notes the files that are about to become visible, before they do.
func (l *Locked) Committing(runID string, files []schemas.Part, step durable.Step) error {
	if err := os.MkdirAll(filepath.Dir(l.RunFile(runID, commitFile)), 0o777); err != nil {
		return fmt.Errorf("run %s: %w", runID, err)
	}
	if err := noteFolders(l, files); err != nil {
		return err
	}
	l.mu.Lock()
	l.dying[runID] = true
	l.mu.Unlock()
	var paths []string
	for _, part := range files {
		paths = append(paths, part.Path)
	}
	return WriteJSON(l.RunFile(runID, commitFile), paths, step)
}

// Committed notes that a run's manifest lists its files.
func (l *Locked) Committed(runID string) error {
	if err := os.Remove(l.RunFile(runID, commitFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("run %s: %w", runID, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.dying, runID)
	return nil
}

// Sweep removes what processes that died left behind: unfinished files, and
// the Parquet files that a run was renaming into place when it died without a
// manifest, which no reader may count. Nothing else is touched: a manifest that
// cannot be read may list its files, and files of unknown names are somebody's.
// It brings _latest.json up to the newest manifest. After a process that ended by
// itself it does not look into the runs' folders.
func (l *Locked) Sweep() error {
	l.mu.Lock()
	clean := l.clean
	l.mu.Unlock()
	if err := putBack(l); err != nil {
		return fmt.Errorf("store %s: %w", l.Dir, err)
	}
	for _, pattern := range l.Leftovers() {
		if err := removeAll(pattern); err != nil {
			return err
		}
	}
	if clean {
		return l.latest(nil)
	}
	runs, err := l.Runs()
	if err != nil {
		return err
	}
	clean = true
	for _, id := range runs {
		for _, name := range l.LeftIn(id) {
			if err := os.RemoveAll(name); err != nil {
				return fmt.Errorf("removing %w", err)
			}
		}
		commit := l.RunFile(id, commitFile)
		if _, err := os.Lstat(commit); err != nil {
			clean = clean && errors.Is(err, fs.ErrNotExist) // else nobody knows
			continue
		}
		if err := l.bury(id, commit); err != nil {
			return fmt.Errorf("store %s: %w", l.Dir, err)
		}
		clean = clean && !l.Dying(id)
	}
	l.mu.Lock()
	l.clean = clean
	l.mu.Unlock()
	return l.latest(nil)
}

// Dying reports whether a run was renaming its files into place when its process
// ended, or is.
func (d Dir) Dying(runID string) bool {
	_, err := os.Lstat(d.RunFile(runID, commitFile))
	return err == nil
}

// bury removes the files of a run that died while it committed.
func (l *Locked) bury(runID, commit string) error {
	switch _, err := NewBundles(l.Dir).RunFile(runID, manifestFile); {
	case err == nil:
		return l.Committed(runID) // it died right after its manifest, or while a newer one was to come
	case !errors.Is(err, fs.ErrNotExist):
		return nil // nobody knows: the manifest may list the files
	}
	var paths []string
	var damaged *CorruptError
	if err := ReadJSON(commit, &paths); errors.As(err, &damaged) {
		return l.Committed(runID) // the files stay, unlisted
	} else if err != nil {
		return err
	}
	for _, path := range paths {
		if table, _, _ := strings.Cut(path, "/"); !isPartOf(runID, schemas.Part{Table: table, Path: path}) {
			continue // not what Committing writes
		}
		name := filepath.FromSlash(path)
		if err := os.Remove(filepath.Join(l.Parquet(), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return l.Committed(runID)
}

// PrunedFile says which pages were removed since they were old. PrunedFolder begins the
// name that a folder of pages gets before that: the pages of a run are all there or none.
const (
	PrunedFile   = "pruned.json"
	PrunedFolder = "_pruned-"
)

// Leftovers are the patterns of what a process that died can have left outside of the
// folders of runs; see LeftIn. No other name that begins with _ is ours: a folder that
// is a link can lead to anything.
func (d Dir) Leftovers() []string {
	dir, parquet := globEscape(string(d)), globEscape(d.Parquet())
	patterns := []string{filepath.Join(parquet, "_staging-*"), filepath.Join(parquet, newTables+"*"), filepath.Join(dir, "_parts-*"), filepath.Join(dir, "_"+filepath.Base(d.DuckDB())+".waiting"), filepath.Join(dir, NextLatest), filepath.Join(globEscape(d.Raw()), PrunedFolder+"*"), filepath.Join(dir, NextLatest+durable.AsideEnd), filepath.Join(parquet, "__latest.json-[0-9]*")}
	for _, k := range []*Kind{PageBundles, RunBundles} {
		patterns = append(patterns, filepath.Join(dir, k.folder, newBundle+"*"+k.ending), filepath.Join(dir, k.folder, goneFolder+"[0-9]*"))
	}
	for _, name := range []string{"state.json", "ledger.json", "settled.json", "runs.ndjson", formatFile, "report.html", PrunedFile, "pruned-state.json", "pruned-ledger.json"} {
		patterns = append(patterns, filepath.Join(dir, "_"+name+"-[0-9]*"))
	}
	return patterns
}

// LeftIn are files that a process that died has left in the folder of a run.
func (d Dir) LeftIn(runID string) (names []string) {
	folder := filepath.Dir(d.RunFile(runID, commitFile))
	entries, _ := os.ReadDir(folder) // of what cannot be read nothing is known
	for _, e := range entries {
		for _, name := range []string{"manifest.json", "plan.json", commitFile} {
			if n, ours := strings.CutPrefix(e.Name(), "_"+name+"-"); ours && n != "" && '0' <= n[0] && n[0] <= '9' {
				names = append(names, filepath.Join(folder, e.Name()))
			}
		}
	}
	return names
}

// latest brings _latest.json up to the newest manifest, unless that is of a run
// without Parquet files, or there is no folder of such.
func (l *Locked) latest(step durable.Step) error {
	runs, err := l.Runs()
	if _, missing := os.Stat(l.Parquet()); err != nil || errors.Is(missing, fs.ErrNotExist) {
		return err
	}
	for _, id := range slices.Backward(runs) {
		m, err := l.Manifest(id)
		if Unwritten(err) {
			continue
		}
		if err != nil || !m.LoadsTo(ParquetFiles) {
			return err
		}
		var last Latest
		if err := ReadJSON(l.latestPath(), &last); err == nil && last.RunID == id && slices.Equal(last.Files, m.Files) {
			return nil
		}
		last = Latest{RunID: id, Manifest: "runs/" + id + "/manifest.json", Files: m.Files}
		return WriteJSON(l.latestPath(), last, step)
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
			return fmt.Errorf("removing %w", err)
		}
	}
	return nil
}

// globEscape makes a name match itself only.
func globEscape(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}
