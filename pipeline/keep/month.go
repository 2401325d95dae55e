package keep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// pages returns the pages of a run that can go; nil without any. The error is why they
// stay.
func (l *looking) pages(bundles *store.Bundles, run string) (*store.Folder, error) {
	d := l.d
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
	case l.cfg.Archive != "" || !m.LoadsTo(store.DuckDBFile):
	case l.pruned.Tableless("", run) && !l.loaded(&m):
		return nil, fmt.Errorf("%s has not got run %s, whose Parquet files were pruned: the next run brings it up", d.DuckDB(), run)
	case !m.LoadsTo(store.ParquetFiles):
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

// archiveMonth copies the pages of a month into an archive.
func archiveMonth(ctx context.Context, d store.Dir, m landing.PrunedMonth, cfg PruneConfig) (path string, err error) {
	folder, err := filepath.Abs(cfg.Archive)
	if err != nil {
		return "", err
	}
	x := &Index{Format: indexFormat, Store: string(d), At: m.At}
	runs, err := d.Runs()
	if err != nil {
		return "", err
	}
	a, err := newMonth(ctx, filepath.Join(folder, fmt.Sprintf("raw-%s-%s%s", m.First[:4], m.First[4:6], archiveEnd)))
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
	return a.seal(x, cfg.Step)
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
	_, err = a.add(x, name, file, info)
	return err
}
