package keep

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// survey is what the manifests and maps of a store say of its files.
type survey struct {
	now    *listing
	files  *store.Bundles
	parts  map[string]part          // Parquet files, by path
	pages  map[string]store.Segment // files of pages as they are counted, by path
	plans  map[string]string        // checksums, by path
	pruned landing.Pruned
	runs   map[string]bool
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
	s.pruned, _ = landing.ReadPruned(d) // without it what was pruned is missing, and said
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
		case kindOf(name) == tables && store.IsMap(rest):
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
	older := manifestsOf(before)
	for name := range older {
		manifests[name] = true
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
			if older[name] != "" {
				m, err = manifest(older[name], run)
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

// manifestsOf are the manifests that the backup before has, by path, and the folder that
// has them as a store has.
func manifestsOf(before target) map[string]store.Dir {
	all := map[string]store.Dir{}
	for _, e := range before.earlier() {
		_, at, there := before.older(e.Path)
		dir := store.Dir(strings.TrimSuffix(at, filepath.FromSlash("/"+e.Path)))
		switch {
		case path.Base(e.Path) == "manifest.json" && !there:
			all[e.Path] = ""
		case path.Base(e.Path) == "manifest.json":
			all[e.Path] = dir
		case there && store.BundleKind(e.Path) == store.RunBundles:
			if b, err := store.ReadBundle(store.RunBundles, at); err == nil {
				for _, run := range b.Runs() {
					all["runs/"+run+"/manifest.json"] = dir
				}
			}
		}
	}
	return all
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
		may := p.Rows == 0 || !m.LoadsTo(store.ParquetFiles) || s.pruned.Tableless(p.Table, run)
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
