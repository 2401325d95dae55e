package compact

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// bundle joins the files of one kind of runs on days that are over into bundles of a day,
// and of months that are over into those of a month.
func (c *compaction) bundle(k *store.Kind) error {
	left := map[string]bool{} // folders and bundles that stay as they are
	loose, err := c.loose(k)
	if err != nil {
		return err
	}
	for {
		units, err := c.units(k, loose, left)
		if err != nil {
			return err
		}
		again, err := c.groups(k, units, left)
		if err != nil || !again {
			return err
		}
	}
}

// unit is a run's own files, or a bundle with those of several runs.
type unit struct {
	path    string
	folders []*store.Folder // those that count
	first   string          // run
	period  string          // YYYYMMDD or YYYYMM
	bytes   int64
	changed bool // it is not a bundle as it is to be
}

// aRun is what a run adds to what bounds a bundle, for its line in the index, in bytes.
const aRun = 2 << 10

// loose are the runs with files of their own that could be joined, oldest first.
func (c *compaction) loose(k *store.Kind) (ids []string, err error) {
	entries, err := os.ReadDir(k.Folder(c.l.Dir))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	newest := c.runs[len(c.runs)-1]
	today := max(c.cfg.Now.UTC().Format("20060102"), dayOfRun(newest))
	over := false
	for _, e := range slices.Backward(entries) {
		id := e.Name()
		if !e.IsDir() || k.Stamp(id, false) == "" || dayOfRun(id) >= today || id == newest {
			continue
		}
		m := c.manifest(id)
		if m == nil || !m.Ended() || c.l.Dying(id) || len(c.l.LeftIn(id)) > 0 {
			continue
		}
		if over = over || c.over(id, m); over {
			ids = append(ids, id)
		}
	}
	slices.Reverse(ids)
	return ids, nil
}

// over reports whether nothing more comes of a run that has ended, nor of those before it.
func (c *compaction) over(id string, m *store.Manifest) bool {
	planned, err := c.l.Planned(id)
	if errors.Is(err, os.ErrNotExist) {
		return c.l.IsCopy(*m)
	}
	return err == nil && store.Begun{Planned: planned, Manifest: m}.Over()
}

// units are what there is to join, each run in one of them, oldest first. Bundles whose
// runs are all elsewhere are removed: a process died before it did so.
func (c *compaction) units(k *store.Kind, loose []string, left map[string]bool) (units []*unit, err error) {
	taken := map[string]bool{}
	months := map[string]int{}
	for _, id := range loose {
		path := filepath.Join(k.Folder(c.l.Dir), id)
		folder, err := store.OwnFolder(k, c.l.Dir, id)
		if errors.Is(err, os.ErrNotExist) || left[path] {
			continue // joined already
		}
		if err != nil {
			return nil, err
		}
		if err := complete(k, c.l.Dir, folder); err != nil {
			c.leave(left, path, err)
			continue
		}
		taken[id] = true
		months[k.Stamp(id, true)]++
		units = append(units, &unit{path: path, folders: []*store.Folder{folder}, first: id, period: c.period(k, id), bytes: folder.Bytes() + aRun, changed: true})
	}
	names := store.BundleNames(c.l.Dir, k)
	for _, name := range names {
		months[name[:len("202611")]]++
	}
	for _, name := range names {
		path := filepath.Join(k.Folder(c.l.Dir), name)
		if months[name[:len("202611")]] < 2 || left[path] {
			continue // nothing to join it with
		}
		u, err := c.bundled(k, path, taken)
		var damaged *store.CorruptError
		if errors.As(err, &damaged) {
			c.leave(left, path, damaged.Err)
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(u.folders) == 0 {
			if err := store.RemoveBundles([]string{path}, c.cfg.Step); err != nil {
				return nil, err
			}
			continue
		}
		units = append(units, u)
	}
	slices.SortFunc(units, func(a, b *unit) int { return cmp.Compare(a.first, b.first) })
	return units, nil
}

// complete adds to the files of a run that went to a bundle before, and of which another
// version has made others since, those that it has there. It refuses what is not ours.
func complete(k *store.Kind, d store.Dir, folder *store.Folder) error {
	if foreign := k.Foreign(folder); foreign != "" {
		return fmt.Errorf("it has %s, which is somebody else's", foreign)
	}
	if k == store.PageBundles || folder.File("plan.json") != nil {
		return nil // else it is never joined
	}
	joined, err := store.NewBundles(d).Joined(k, folder.Run)
	if joined == nil {
		return err
	}
	for _, file := range joined.Files {
		if folder.File(file.Name) == nil {
			folder.Files = append(folder.Files, file)
		}
		slices.SortFunc(folder.Files, func(a, b store.File) int { return cmp.Compare(a.Name, b.Name) })
	}
	return nil
}

// bundled is the unit of a bundle, less the runs that are taken by others.
func (c *compaction) bundled(k *store.Kind, path string, taken map[string]bool) (*unit, error) {
	b, err := store.ReadBundle(k, path)
	if err != nil {
		return nil, err
	}
	u := &unit{path: path}
	for _, id := range b.Runs() {
		if taken[id] {
			u.changed = true
			continue
		}
		folder, err := b.Of(id)
		if err != nil {
			return nil, err
		}
		u.folders = append(u.folders, folder)
		u.bytes += folder.Bytes() + aRun
	}
	for _, folder := range u.folders {
		taken[folder.Run] = true
	}
	if len(u.folders) > 0 {
		u.first = u.folders[0].Run
		u.period = c.period(k, u.first)
		if stamp, _, _ := strings.Cut(filepath.Base(path), "-"); len(stamp) < len(u.period) {
			u.period = stamp // a month's, whatever the job says now
		}
	}
	return u, nil
}

// period is what of the files of a run become one: a day, or a month that is over.
func (c *compaction) period(k *store.Kind, id string) string {
	month := k.Stamp(id, true)
	now := max(c.cfg.Now.UTC().Format("200601"), k.Stamp(c.runs[len(c.runs)-1], true))
	if c.cfg.Days || month >= now {
		return k.Stamp(id, false)
	}
	return month
}

// leave notes what stays as it is. Of long ago that was said before.
func (c *compaction) leave(left map[string]bool, path string, err error) {
	left[path] = true
	var damage *landing.DamageError
	var corrupt *store.CorruptError
	if errors.As(err, &damage) { // in what was to take its place
		err = errors.New(damage.What)
	} else if errors.As(err, &corrupt) {
		err = corrupt.Err
	}
	recent := c.cfg.Now.UTC().AddDate(0, 0, -c.cfg.Now.UTC().Day()).Format("200601")
	if c.cfg.All || !c.cfg.Begun || filepath.Base(path) >= recent {
		c.sum.Left = append(c.sum.Left, fmt.Sprintf("%s: %v", path, err))
	}
}

// groups joins units of one period, as many as a bundle takes. Where one of them cannot
// be joined it is left, and again says to begin anew without it.
func (c *compaction) groups(k *store.Kind, units []*unit, left map[string]bool) (again bool, err error) {
	for len(units) > 0 {
		n, bytes := 0, int64(0)
		for n < len(units) && units[n].period == units[0].period && (n == 0 || max(bytes, units[n].bytes) < c.cfg.Most) {
			bytes += units[n].bytes
			n++
		}
		group := units[:n]
		units = units[n:]
		if len(group) == 1 && !group[0].changed {
			continue
		}
		if err := c.ctx.Err(); err != nil {
			return false, err
		}
		err := c.write(k, group)
		var source *store.SourceError
		if errors.As(err, &source) {
			c.leave(left, cmp.Or(source.Folder.Bundle, filepath.Join(k.Folder(c.l.Dir), source.Folder.Run)), source.Err)
			again = true
			continue
		}
		if err != nil {
			return false, err
		}
	}
	return again, nil
}

// write makes one bundle of units.
func (c *compaction) write(k *store.Kind, group []*unit) error {
	var from []*store.Folder
	var bundles []string
	for _, u := range group {
		from = append(from, u.folders...)
		if u.folders[0].Bundle != "" {
			bundles = append(bundles, u.path)
		}
	}
	slices.SortFunc(from, func(a, b *store.Folder) int { return cmp.Compare(a.Run, b.Run) })
	next, err := store.WriteBundle(c.l, k, group[0].period, from)
	if err != nil {
		return err
	}
	defer next.Close()
	files := len(bundles)
	for i, folder := range from {
		if folder.Bundle != "" {
			continue
		}
		files += len(folder.Files)
		if k == store.PageBundles {
			err = landing.Check(c.l.Dir, c.manifest(folder.Run), next.Folders[i])
		} else {
			err = store.CheckRunFiles(c.manifest(folder.Run), next.Folders[i])
		}
		if err != nil {
			return &store.SourceError{Folder: folder, Err: err}
		}
	}
	bytes, err := next.Publish(bundles, c.cfg.Step)
	if err != nil {
		return err
	}
	c.sum.Before += files
	c.sum.After++
	c.sum.Bytes += bytes
	return nil
}
