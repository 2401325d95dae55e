package proof

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// parts are the files with the rows of a run, with paths from the root. Where the run's
// rows are wanted alone, those that are joined with others are taken apart first: to look
// for them among those of a month takes longer with each run.
func (p *merged) parts(ctx context.Context, id string, alone bool) (parts []schemas.Part, err error) {
	m, anew := p.manifests[id], filepath.Join(p.dir, "parquet")
	if !m.LoadsTo(store.ParquetFiles) || p.pruned.Tableless("", id) && !p.lost[id] {
		return p.remade(ctx, m, anew)
	}
	own, err := filepath.Abs(p.Store.Parquet())
	if err != nil {
		return nil, err
	}
	for _, part := range m.Files {
		name := filepath.Join(own, filepath.FromSlash(part.Path))
		j := p.where.Joined(part.Table, id)
		switch {
		case part.Rows == 0 || alone && !ofHistories(part.Table) || j == nil && p.lost[id] && health.MayBeGone(p.Store, p.pruned, id, part):
			continue
		case j == nil:
			err = store.CheckPart(name, part)
		case !alone:
			part, name = j.Part, filepath.Join(own, filepath.FromSlash(j.Path))
			if !p.whole[j.Path] {
				p.whole[j.Path] = true
				err = store.CheckPart(name, part)
			}
		case !p.apart[j.Path]:
			p.apart[j.Path] = true
			i := slices.IndexFunc(p.files, func(f compact.File) bool { return f.Path == j.Path })
			if i < 0 {
				return nil, fmt.Errorf("%s is not what its map lists any more", j.Path)
			}
			err = p.files[i].Verify(ctx, anew)
		}
		if err != nil {
			return nil, err
		}
		if j != nil && alone {
			name = filepath.Join(anew, filepath.FromSlash(part.Path))
		}
		part.Path = name
		parts = append(parts, part)
	}
	return parts, nil
}

// remade are the files of a run that are made of its pages, once.
func (p *merged) remade(ctx context.Context, m *store.Manifest, dir string) ([]schemas.Part, error) {
	if parts, ok := p.made[m.Run.RunID]; ok {
		return parts, nil
	}
	made, err := p.Remake(ctx, m, p.dir)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", m.Run.RunID, err)
	}
	for i := range made.Files {
		made.Files[i].Path = filepath.Join(dir, filepath.FromSlash(made.Files[i].Path))
	}
	p.made[m.Run.RunID] = made.Files
	return made.Files, nil
}
