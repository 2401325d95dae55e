package keep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/keep/policy"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// PruneConfig says what Prune does.
type PruneConfig struct {
	policy.Policy
	Now time.Time
	// Begun does nothing unless the newest run is the first of its day.
	Begun bool
	// Database tells the runs that the store's database has, with their content; none
	// without one. It is asked where Parquet files are old, or were.
	Database func(context.Context) (map[string]string, error)
	Step     durable.Step
}

// PruneSummary is what was removed, or would be.
type PruneSummary struct {
	Months []landing.PrunedMonth `json:"months"` // of pages
	// Stays is why no more of them are, where anything is in the way.
	Stays  string                 `json:"stays,omitempty"`
	Tables []landing.PrunedTables `json:"tables,omitempty"` // months of Parquet files
	Left   []string               `json:"left,omitempty"`   // why others of these stay
	// Versions of rows in the database, which who has it open removes.
	Versions PrunedVersions `json:"versions,omitzero"`
}

// PrunedVersions are versions of rows that ended.
type PrunedVersions struct {
	Before string `json:"before"` // a day, in UTC
	Rows   int64  `json:"rows"`
}

// Why is all that is in the way of more.
func (s PruneSummary) Why() []string {
	if s.Stays == "" {
		return s.Left
	}
	return append([]string{s.Stays}, s.Left...)
}

// Prunable says what Prune would remove, and changes nothing.
func Prunable(ctx context.Context, d store.Dir, cfg PruneConfig) (PruneSummary, error) {
	var sum PruneSummary
	if cfg.Raw > 0 {
		ledger, err := money.Recent(ctx, d)
		if err == nil {
			sum, err = prunable(ctx, d, ledger.Closed(), cfg)
		}
		if err != nil {
			return sum, err
		}
	}
	if cfg.Parquet == 0 {
		return sum, nil
	}
	months, stays, err := leave(ctx, d, cfg)
	for _, m := range months {
		sum.Tables = append(sum.Tables, m.PrunedTables)
	}
	sum.Left = stays
	return sum, err
}

// PruneStore is Prune of a store that is not locked, or with dry Prunable. The error is a
// *store.BusyError while another is at work in it.
func PruneStore(ctx context.Context, d store.Dir, dry bool, cfg PruneConfig) (PruneSummary, error) {
	if dry {
		return Prunable(ctx, d, cfg)
	}
	l, err := d.Lock()
	if err != nil {
		return PruneSummary{}, err
	}
	defer l.Unlock()
	if err := l.Sweep(); err != nil {
		return PruneSummary{}, err
	}
	return Prune(ctx, l, cfg)
}

// Prune removes the pages, and the Parquet files, of runs that are over and old, by whole
// months. The database stays.
func Prune(ctx context.Context, l *store.Locked, cfg PruneConfig) (sum PruneSummary, err error) {
	if runs, err := l.Runs(); err != nil || cfg.Begun && !store.FirstOfDay(l.Dir, runs) {
		return PruneSummary{}, err
	}
	if cfg.Raw > 0 {
		sum, err = prunePages(ctx, l, cfg)
	}
	if err != nil || cfg.Parquet == 0 {
		return sum, err
	}
	pruned, err := landing.ReadPruned(l.Dir)
	if err == nil {
		err = pruneTables(ctx, l, pruned, cfg, &sum)
	}
	return sum, err
}

// prunePages removes pages. First they are archived, what the ledger and the state know of
// them is made to last, and it is noted that they go: a process that dies leaves pages that
// are there, or the note.
func prunePages(ctx context.Context, l *store.Locked, cfg PruneConfig) (PruneSummary, error) {
	ledger, err := money.Update(ctx, l)
	if err != nil {
		return PruneSummary{}, err
	}
	pruned, err := landing.ReadPruned(l.Dir)
	if err != nil {
		return PruneSummary{}, err
	}
	sum, err := prunable(ctx, l.Dir, ledger.Closed(), cfg)
	if err != nil {
		return sum, err
	}
	if len(sum.Months) > 0 {
		for i, m := range sum.Months {
			if cfg.Archive == "" {
				break
			}
			if sum.Months[i].Archive, err = archiveMonth(ctx, l.Dir, m, cfg); err != nil {
				return PruneSummary{}, err
			}
		}
		pruned.Months = append(pruned.Months, sum.Months...)
		err = errors.Join(ledger.Keep(l), health.KeepState(ctx, l, sum.Months[len(sum.Months)-1].Last))
		if err == nil {
			err = cfg.Step.At("prune: before note", string(l.Dir))
		}
		if err == nil {
			err = landing.WritePruned(l, pruned, cfg.Step)
		}
		if err != nil {
			return PruneSummary{}, err
		}
	}
	return sum, remove(ctx, l, pruned, cfg)
}

// remove removes what is noted as pruned, also what a process that died has left of it.
func remove(ctx context.Context, l *store.Locked, pruned landing.Pruned, cfg PruneConfig) error {
	entries, err := os.ReadDir(l.Raw())
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := e.Name()
		switch {
		case store.BundleKind("raw/"+name) != nil:
			err = removeBundle(l, pruned, name, cfg.Step)
		case store.CheckRunID(name) == nil && pruned.Month(name) != nil:
			err = removePages(l, name, cfg.Step)
		}
		if err != nil {
			return err
		}
	}
	return durable.SyncDir(l.Raw())
}

// removeBundle removes a bundle that has pages of pruned runs only. One that cannot be
// read stays.
func removeBundle(l *store.Locked, pruned landing.Pruned, name string, step durable.Step) error {
	path := filepath.Join(l.Raw(), name)
	b, err := store.ReadBundle(store.PageBundles, path)
	var corrupt *store.CorruptError
	if errors.As(err, &corrupt) {
		return nil
	}
	if err != nil || slices.ContainsFunc(b.Runs(), func(run string) bool { return pruned.Month(run) == nil }) {
		return err
	}
	return store.RemoveBundles([]string{path}, step)
}

// removePages removes the pages of a run. What else lies in its folder stays.
func removePages(l *store.Locked, runID string, step durable.Step) error {
	folder := filepath.Join(l.Raw(), runID)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if err == nil && !store.Owns("raw/"+runID+"/"+e.Name()) {
			return fmt.Errorf("%s lies among the pages and is not ours: move it away", filepath.Join(folder, e.Name()))
		}
	}
	aside := filepath.Join(l.Raw(), store.PrunedFolder+runID)
	if err == nil {
		err = errors.Join(step.At("prune: before removal", runID), os.Rename(folder, aside))
	}
	if err == nil {
		err = step.At("prune: renamed", runID)
	}
	if err == nil {
		err = os.RemoveAll(aside)
	}
	return err
}

// prunable finds the months whose pages can go, oldest first, among the first so many
// runs, which the ledger need not read again.
func prunable(ctx context.Context, d store.Dir, closed int, cfg PruneConfig) (sum PruneSummary, err error) {
	runs, err := d.Runs()
	if err != nil {
		return sum, err
	}
	l := &looking{d: d, cfg: cfg}
	if l.pruned, err = landing.ReadPruned(d); err != nil {
		return sum, err
	}
	if cfg.Archive == "" && len(l.pruned.Tables) > 0 {
		if l.database, err = cfg.Database(ctx); err != nil {
			return PruneSummary{Stays: fmt.Sprintf("nobody knows which runs the database has: %v", err)}, nil
		}
	}
	bundles, counted := store.NewBundles(d), map[string]bool{} // files, by path
	until := cfg.Now.Add(-cfg.Raw).UTC().Format("200601")      // its month is not over so long
	for len(runs) > 0 {
		month := runs[0][:min(len(runs[0]), len(until))]
		n := 0
		for n < len(runs) && strings.HasPrefix(runs[n], month) {
			n++
		}
		if closed -= n; month >= until {
			break
		}
		if closed < 0 {
			sum.Stays = fmt.Sprintf("what runs since %s cost can still change: the ledger closes them when pages of a month later have come", runs[0])
			break
		}
		m := landing.PrunedMonth{First: runs[0], Last: runs[n-1], At: cfg.Now.UTC().Truncate(time.Second)}
		for _, run := range runs[:n] {
			if l.pruned.Month(run) != nil {
				continue
			}
			pages, err := l.pages(bundles, run)
			if err != nil {
				sum.Stays = err.Error()
				return sum, ctx.Err()
			}
			if pages == nil {
				continue
			}
			m.Runs++
			for _, file := range pages.Files {
				if info, err := os.Lstat(file.Path); err == nil && !counted[file.Path] {
					counted[file.Path] = true
					m.Files, m.Bytes = m.Files+1, m.Bytes+info.Size()
				}
			}
		}
		if m.Files > 0 {
			sum.Months = append(sum.Months, m)
		}
		runs = runs[n:]
	}
	return sum, ctx.Err()
}
