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
)

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
