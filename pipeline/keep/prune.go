package keep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// Shortest is how long pages are kept at least: until then a run can go on, an answer
// that was lost can be repeated, and a member that was refused is not asked for again.
const Shortest = 40 * 24 * time.Hour

// Age reads how long something is kept: a number of days, weeks or years, such as 90d,
// 26w or 2y, and Shortest at least.
func Age(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	units := map[byte]time.Duration{'d': day, 'w': 7 * day, 'y': 365 * day}
	var n int
	var err error = strconv.ErrSyntax
	if text != "" && units[text[len(text)-1]] > 0 {
		n, err = strconv.Atoi(text[:len(text)-1])
	}
	switch {
	case err != nil || n < 0 || n > 36500:
		return 0, errors.New("is not a number of days, weeks or years, such as 90d, 26w or 2y")
	case time.Duration(n)*units[text[len(text)-1]] < Shortest:
		return 0, fmt.Errorf("is too short: what runs need of earlier ones is in the pages of %d days", Shortest/day)
	}
	return time.Duration(n) * units[text[len(text)-1]], nil
}

// Policy says what is removed, and when.
type Policy struct {
	Raw     time.Duration // pages of runs of months that have been over for longer; see Age
	Archive string        // folder that they go into before; empty for none
}

// Set takes in a key of a job's keep. The error goes on from the key.
func (p *Policy) Set(key, text string) (err error) {
	switch {
	case key == "raw":
		if p.Raw, err = Age(text); err != nil {
			err = fmt.Errorf("%.40q %w", text, err)
		}
	case key == "archive":
		p.Archive = text
	default:
		err = errors.New("is none of its keys, raw and archive")
	}
	return err
}

// PruneConfig says what Prune does.
type PruneConfig struct {
	Policy
	Now time.Time
	// Begun does nothing unless the newest run is the first of its day.
	Begun bool
	Step  durable.Step
}

// PruneSummary is what was removed, or would be.
type PruneSummary struct {
	Months []landing.PrunedMonth `json:"months"`
	// Stays is why no more is, where anything is in the way.
	Stays string `json:"stays,omitempty"`
}

// Prunable says what Prune would remove, and changes nothing.
func Prunable(ctx context.Context, d store.Dir, cfg PruneConfig) (PruneSummary, error) {
	ledger, err := money.Recent(ctx, d)
	if err != nil {
		return PruneSummary{}, err
	}
	return prunable(ctx, d, ledger.Closed(), cfg)
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

// Prune removes the pages of runs that are over and old, by whole months. First they are
// archived, what the ledger and the state know of them is made to last, and it is noted
// that they go: a process that dies leaves pages that are there, or the note. The tables
// stay.
func Prune(ctx context.Context, l *store.Locked, cfg PruneConfig) (PruneSummary, error) {
	if runs, err := l.Runs(); err != nil || cfg.Begun && !store.FirstOfDay(runs) {
		return PruneSummary{}, err
	}
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
	pruned, err := landing.ReadPruned(d)
	if err != nil {
		return sum, err
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
			if pruned.Month(run) != nil {
				continue
			}
			pages, err := over(d, bundles, run, cfg)
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

// over returns the pages of a run that can go; nil without any. The error is why they
// stay.
func over(d store.Dir, bundles *store.Bundles, run string, cfg PruneConfig) (*store.Folder, error) {
	files, err := pagesOf(d, bundles, run)
	if err != nil || files == nil {
		return nil, err
	}
	m, err := d.Manifest(run)
	if err != nil {
		return nil, fmt.Errorf("run %s has pages and no manifest: spacesetl replay --store %s --run %[1]s makes it", run, d)
	}
	pages, err := landing.OpenReader(d, run)
	if err != nil {
		return nil, err
	}
	defer pages.Close()
	switch {
	case !m.Ended():
		return nil, fmt.Errorf("run %s has not come to its end", run)
	case cfg.Archive == "" && m.LoadsTo(store.DuckDBFile) && !m.LoadsTo(store.ParquetFiles):
		return nil, fmt.Errorf("the rows of run %s are in the database alone, which is made again of its pages: name an archive", run)
	}
	return files, nil
}

// pagesOf are the files of a run's pages; nil where it has none.
func pagesOf(d store.Dir, bundles *store.Bundles, run string) (*store.Folder, error) {
	pages, err := bundles.Pages(run)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(pages.Files) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if foreign := store.PageBundles.Foreign(pages); foreign != "" {
		return nil, fmt.Errorf("%s is not ours: move it away", filepath.Join(d.Raw(), run, foreign))
	}
	return pages, nil
}

// archiveMonth copies the pages of a month into an archive, with a file of its checksum,
// as sha256sum -c reads it. One that is there already has to have the same files.
func archiveMonth(ctx context.Context, d store.Dir, m landing.PrunedMonth, cfg PruneConfig) (path string, err error) {
	folder, err := filepath.Abs(cfg.Archive)
	if err != nil {
		return "", err
	}
	path = filepath.Join(folder, fmt.Sprintf("raw-%s-%s%s", m.First[:4], m.First[4:6], archiveEnd))
	x := &Index{Format: indexFormat, Store: string(d), At: m.At}
	runs, err := d.Runs()
	if err != nil {
		return "", err
	}
	a, err := newArchive(Config{To: path})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	bundles, done := store.NewBundles(d), map[string]bool{}
	for _, run := range runs {
		if run < m.First || run > m.Last {
			continue
		}
		pages, err := pagesOf(d, bundles, run)
		if err != nil {
			return "", err
		}
		if pages == nil {
			continue
		}
		for _, file := range pages.Files {
			if done[file.Path] {
				continue // a bundle
			}
			done[file.Path] = true
			name, err := filepath.Rel(string(d), file.Path)
			if err := errors.Join(err, ctx.Err(), archiveFile(a, x, filepath.ToSlash(name), file.Path)); err != nil {
				return "", err
			}
		}
	}
	if there, err := readArchive(path); err == nil {
		if !slices.Equal(there.Files, x.Files) {
			return "", fmt.Errorf("%s is there already and has other pages: name another folder for the archive", path)
		}
		return path, nil
	}
	x.Checksum = store.Checksum(x)
	if err := errors.Join(cfg.Step.At("prune: before archive", path), a.finish(x)); err != nil {
		return "", err
	}
	sum, _, err := store.FileSum(path)
	if err == nil {
		err = durable.WriteFile(path+".sha256", []byte(sum+"  "+filepath.Base(path)+"\n"), durable.Options{Step: cfg.Step, Name: "checksum"})
	}
	return path, err
}

func archiveFile(a *archive, x *Index, name, path string) error {
	file, info, err := durable.OpenInfo(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if store.BundleKind("raw/"+filepath.Base(path)) != nil {
		b, err := store.ReadBundle(store.PageBundles, path)
		if err == nil {
			err = b.Check()
		}
		if err != nil {
			return err
		}
	} else if end, err := landing.Whole(file, info.Size()); err != nil || end < info.Size() {
		return errors.Join(err, fmt.Errorf("%s: damaged at byte %d: restore it from a backup", path, end))
	}
	hash := sha256.New()
	e := Entry{Path: name, Bytes: info.Size(), Time: info.ModTime().UnixNano()}
	if err := a.put(e, tee(file, e.Bytes, hash)); err != nil {
		return err
	}
	e.SHA256 = hex.EncodeToString(hash.Sum(nil))
	x.Files = append(x.Files, e)
	return nil
}
