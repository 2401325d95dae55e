package keep

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// survey is what the manifests and maps of a store say of its files.
type survey struct {
	now   *listing
	files *store.Bundles
	parts map[string]part          // Parquet files, by path
	pages map[string]store.Segment // files of pages as they are counted, by path
	plans map[string]string        // checksums, by path
	runs  map[string]bool
	// loose are runs whose manifest, and tables whose map, cannot be read: their files
	// are copied as they are.
	loose      map[string]bool
	wrong      map[string]string
	unlisted   []string // Parquet files of no run
	committing bool     // a run renames files into place, or died meanwhile
}

// part is a Parquet file that a manifest or a map lists.
type part struct {
	schemas.Part
	may bool // it need not be there
}

// look reads the manifests of all runs and the maps of all tables. Where a manifest is
// damaged or lost, that of the backup before says what the run has.
func look(d store.Dir, now *listing, before target) *survey {
	s := &survey{now: now, files: store.NewBundles(d), parts: map[string]part{}, pages: map[string]store.Segment{}, plans: map[string]string{}, runs: map[string]bool{}, loose: map[string]bool{}, wrong: map[string]string{}}
	where := store.Where{}
	manifests, over := map[string]bool{}, []string{}
	for name := range now.files {
		if k := store.BundleKind(name); k == store.PageBundles {
			over = append(over, s.bundle(d, k, name)...)
			continue
		} else if k != nil {
			for _, run := range s.bundle(d, k, name) {
				manifests["runs/"+run+"/manifest.json"], s.runs[run] = true, true
			}
			continue
		}
		table, rest, _ := strings.Cut(strings.TrimPrefix(name, "parquet/"), "/")
		switch {
		case kindOf(name) == tables && rest == store.MapFile:
			m, err := store.ReadMap(d, table)
			if err != nil {
				s.loose["parquet/"+table], s.wrong[name] = true, err.Error()
			}
			where[table] = m.Files
			for _, j := range m.Files {
				s.parts["parquet/"+j.Path] = part{Part: j.Part}
			}
		case path.Base(name) == "manifest.json":
			manifests[name] = true
		case path.Base(name) == "plan.json":
			s.runs[path.Base(path.Dir(name))] = true
		}
		s.committing = s.committing || path.Base(name) == "commit.json"
	}
	older := map[string]store.Dir{} // backups that have the manifest of a run in a bundle
	for _, e := range before.earlier() {
		if path.Base(e.Path) == "manifest.json" {
			manifests[e.Path] = true
		}
		if store.BundleKind(e.Path) == store.RunBundles {
			_, at, _ := before.older(e.Path)
			if b, err := store.ReadBundle(store.RunBundles, at); err == nil {
				for _, run := range b.Runs() {
					manifests["runs/"+run+"/manifest.json"], older[run] = true, store.Dir(strings.TrimSuffix(at, filepath.FromSlash("/"+e.Path)))
				}
			}
		}
	}
	for _, run := range over {
		if name := "runs/" + run + "/manifest.json"; !manifests[name] {
			s.wrong[name] = d.RunFile(run, "manifest.json") + ": is missing, and the run is over" + store.RunBundles.Nor(run)
		}
	}
	for name := range manifests {
		run := path.Base(path.Dir(name))
		m, err := manifest(d, run)
		if err != nil {
			s.wrong[name] = err.Error()
			if _, at, ok := before.older(name); ok {
				m, err = manifest(store.Dir(strings.TrimSuffix(at, filepath.FromSlash("/"+name))), run)
			} else if older[run] != "" {
				m, err = manifest(older[run], run)
			}
		}
		if err != nil {
			s.loose[run] = true
			continue
		}
		s.manifest(d, &m, where)
	}
	return s
}

// bundle returns the runs of a bundle, if it is what was written.
func (s *survey) bundle(d store.Dir, k *store.Kind, name string) []string {
	b, err := store.ReadBundle(k, filepath.Join(string(d), filepath.FromSlash(name)))
	if err == nil {
		err = b.Check()
	}
	if err != nil {
		s.wrong[name] = err.Error()
	}
	if b == nil {
		return nil
	}
	return b.Runs()
}

// manifest reads the manifest of a run, which is what was written.
func manifest(d store.Dir, run string) (store.Manifest, error) {
	m, err := d.Manifest(run)
	if err != nil {
		return m, err
	}
	if _, whole, err := m.Text(); err != nil || !whole {
		return m, fmt.Errorf("%s: is not what was written", d.RunFile(run, "manifest.json"))
	}
	return m, nil
}

// manifest takes in what a manifest lists.
func (s *survey) manifest(d store.Dir, m *store.Manifest, where store.Where) {
	run := m.Run.RunID
	for _, p := range m.Files {
		name := "parquet/" + p.Path
		may := p.Rows == 0 || !m.LoadsTo(store.ParquetFiles)
		if where.Joined(p.Table, run) == nil && (!may || s.now.files[name] != nil) {
			s.parts[name] = part{p, may}
		}
	}
	if d.IsCopy(*m) {
		return
	}
	if joined, err := s.files.Joined(store.RunBundles, run); joined == nil || err != nil || s.now.files["runs/"+run+"/plan.json"] != nil {
		s.plans["runs/"+run+"/plan.json"] = m.PlanSHA256
	}
	if pages, err := s.files.Pages(run); err == nil && pages.Bundle != "" || landing.PrunedRun(d, run) != nil {
		return
	}
	for _, landed := range m.Landed {
		s.pages["raw/"+run+"/"+landed.Name] = landed
	}
}

// copies reports whether a file is one of the copy. A Parquet file that nothing lists
// is that of a run that has not come to its end, which makes it again, or somebody's.
func (s *survey) copies(name string) bool {
	run := store.RunOf(name)
	if kindOf(name) != tables || run == "" {
		return true
	}
	_, listed := s.parts[name]
	table := strings.Join(strings.SplitN(name, "/", 3)[:2], "/")
	if listed || s.loose[run] || s.loose[table] {
		return true
	}
	_, begun := s.now.files["runs/"+run+"/plan.json"]
	if !begun && !store.IsJoined(name) && !slices.Contains(s.unlisted, name) {
		s.unlisted = append(s.unlisted, name)
	}
	return false
}

// whole returns how much of a file of pages is copied: what is torn at the end of it,
// or being written, is not. A damaged one is copied as it is, and said.
func (c *copying) whole(name string, file *os.File, size int64) (int64, error) {
	end, err := landing.Whole(file, size)
	if err != nil || end == size {
		return size, err
	}
	if counted := c.survey.pages[name]; end < counted.Bytes {
		c.torn[name] = fmt.Sprintf("landing %s: damaged at byte %d; the run's manifest counts %d", file.Name(), end, counted.Bytes)
		return size, nil
	}
	r, err := landing.OpenSalvage(c.cfg.Store, path.Base(path.Dir(name)))
	if err != nil {
		return size, nil // nobody knows: as it is
	}
	defer r.Close()
	for _, damage := range r.Damaged() {
		if filepath.Clean(damage.File) == filepath.Clean(file.Name()) {
			c.torn[name] = damage.Error()
			return size, nil
		}
	}
	return end, nil
}

// prove holds the copy against what manifests and maps list.
func (c *copying) prove() {
	clear(c.wrong)
	maps.Copy(c.wrong, c.torn)
	maps.Copy(c.wrong, c.kept)
	for name, text := range c.survey.wrong {
		c.bad(name, text, func(at string, _ Entry) bool {
			if k := store.BundleKind(name); k != nil {
				b, err := store.ReadBundle(k, at)
				return err == nil && b.Check() == nil
			}
			return kindOf(name) == receipts && !c.survey.loose[path.Base(path.Dir(name))]
		})
	}
	for name, p := range c.survey.parts {
		c.hold(name, p.may, func(_ string, e Entry) bool { return e.Bytes == p.Bytes && e.SHA256 == p.SHA256 })
	}
	for name, sum := range c.survey.plans {
		c.hold(name, false, func(_ string, e Entry) bool { return e.SHA256 == sum })
	}
	for name, s := range c.survey.pages {
		c.hold(name, false, func(path string, e Entry) bool {
			return e.Bytes >= s.Bytes && (path == "" && c.torn[name] == "" || path != "" && wholeFile(path) >= s.Bytes)
		})
	}
}

func wholeFile(path string) int64 {
	file, info, err := durable.OpenInfo(path)
	if err != nil {
		return 0
	}
	defer file.Close()
	end, _ := landing.Whole(file, info.Size()) // as far as it could be read
	return end
}

// hold looks whether a file is as it is listed; good is told where it lies, of one that
// the backup had before.
func (c *copying) hold(name string, may bool, good func(path string, e Entry) bool) {
	got, ok := c.done[name]
	switch {
	case c.kept[name] != "", !ok && may, ok && good("", got.Entry):
	case !ok:
		c.bad(name, c.path(name)+": is missing", good)
	default:
		text := c.wrong[name]
		if text == "" {
			text = c.path(name) + ": is not the file that its manifest lists"
		}
		c.bad(name, text, good)
	}
}

// bad notes what is wrong with a file. Where the backup had it whole, it keeps that.
func (c *copying) bad(name, text string, good func(path string, e Entry) bool) {
	if c.kept[name] != "" {
		return
	}
	c.wrong[name] = text
	if e, path, ok := c.to.older(name); ok && good(path, e) {
		c.keep(e, text)
	}
}

// keep leaves a file as the backup before had it.
func (c *copying) keep(e Entry, text string) {
	c.to.drop(e.Path)
	c.done[e.Path] = copied{e, c.last.files[e.Path]}
	c.kept[e.Path] = text + "; the backup keeps the one it had"
	c.wrong[e.Path] = c.kept[e.Path]
}

// lost keeps what the backup before had of runs and the store has no more: nothing of
// ours takes that away.
func (c *copying) lost() {
	files := store.NewBundles(c.cfg.Store)
	for _, e := range c.to.earlier() {
		if _, ok := c.done[e.Path]; ok || c.last.files[e.Path] != nil || path.Base(e.Path) == "commit.json" {
			continue
		}
		runs, k := []string{path.Base(path.Dir(e.Path))}, store.BundleKind(e.Path)
		if k != nil {
			runs = c.olderRuns(k, e.Path)
		}
		_, over := c.last.files["runs/"+runs[0]+"/manifest.json"]
		if k == nil && kindOf(e.Path) == pages && over {
			continue // that is said of what its manifest lists
		}
		if (strings.HasPrefix(e.Path, "runs/") || kindOf(e.Path) == pages) && slices.ContainsFunc(runs, func(run string) bool { return !c.has(files, e.Path, run) }) {
			c.keep(e, c.path(e.Path)+": is missing")
		}
	}
}

// olderRuns are those of a bundle of the backup before.
func (c *copying) olderRuns(k *store.Kind, name string) []string {
	_, at, _ := c.to.older(name)
	b, err := store.ReadBundle(k, at)
	if err != nil || len(b.Runs()) == 0 {
		return []string{""}
	}
	return b.Runs()
}

// has reports whether the store has of a run what lay in a file that is gone: in another
// bundle, or in a folder of the run.
func (c *copying) has(files *store.Bundles, name, run string) bool {
	if strings.HasPrefix(name, "raw/") {
		f, err := files.Pages(run)
		return err == nil && (f.Bundle != "" || store.BundleKind(name) != nil) || landing.PrunedRun(c.cfg.Store, run) != nil
	}
	if store.BundleKind(name) != nil {
		_, err := files.RunFile(run, "manifest.json")
		return err == nil
	}
	f, err := files.Joined(store.RunBundles, run)
	return err == nil && f != nil && f.File(path.Base(name)) != nil
}
