package proof

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// look is what was seen of one run.
type look struct {
	v        health.Verification
	manifest *store.Manifest // nil of a run without
	proved   []proved
}

// run looks at a run, as far as it is asked for and was not proved before.
func (p *proving) run(ctx context.Context, id string) (l look, err error) {
	m, err := p.Store.Manifest(id)
	if err == nil { // else it is told below
		l.manifest = slim(m)
	}
	if !p.chosen(id) {
		l.v.Others = 1
		return l, nil
	}
	of := p.ofRun(id, &m)
	if one, ok := p.memory.of["run "+id]; ok && l.manifest != nil && !p.All && !p.Files && one.holds(of, p.Sample) {
		l.v.Before = 1
		if one.Older {
			l.v.Older = []string{id}
		}
		return l, p.files(ctx, &l, id)
	}
	l.v.Runs = 1
	if _, err := p.Store.Planned(id); l.manifest == nil && err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.v.Wrong("%v", err)
	}
	every := p.Sample
	if p.Files {
		every = 0
	}
	if err := health.VerifyPages(ctx, &l.v, p.Store, id, every); err != nil {
		return l, err
	}
	own := p.ofOwn(l.manifest)
	whole, err := health.VerifyFiles(ctx, &l.v, p.Store, p.where, p.pruned, id)
	if err != nil || p.Files || whole == nil || len(l.v.Problems) > 0 {
		return l, err // no tables, or pages they cannot be made of
	}
	if l.v.Pruned > 0 || p.Store.IsCopy(*whole) {
		return l, nil // its tables are what their checksums say
	}
	if err := p.tables(ctx, &l, whole); err != nil {
		return l, err
	}
	// What changed meanwhile, and what a run about to go on will cut off, is looked at again.
	if len(l.v.Problems) == 0 && len(l.v.Notes) == 0 && of != "" && of == p.ofRun(id, whole) {
		l.proved = []proved{{What: "run " + id, Of: of, Every: p.Sample, Older: len(l.v.Older) > 0}, {What: "files " + id, Of: own}}
	}
	return l, nil
}

// tables makes those of a run anew and compares them.
func (p *proving) tables(ctx context.Context, l *look, m *store.Manifest) error {
	if m.Run.Pages == 0 && len(m.Files) == 0 {
		return nil
	}
	anew, err := p.Remake(ctx, m, "")
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.v.Wrong("run %s: %v", m.Run.RunID, err)
		return nil
	}
	compared := &health.Verification{}
	health.VerifyTables(compared, p.Store, m, anew)
	l.v.Tables += compared.Tables
	if m.Versions["tables"] != schemas.Revision && len(compared.Problems) > 0 {
		l.v.Older = append(l.v.Older, m.Run.RunID)
	} else {
		l.v.Problems = append(l.v.Problems, compared.Problems...)
	}
	return nil
}

// files looks at the Parquet files of a run that was proved before.
func (p *proving) files(ctx context.Context, l *look, id string) error {
	own := p.ofOwn(l.manifest)
	if one, ok := p.memory.of["files "+id]; ok && one.holds(own, 1) {
		return nil
	}
	_, err := health.VerifyFiles(ctx, &l.v, p.Store, p.where, p.pruned, id)
	if err == nil && len(l.v.Problems) == 0 && own == p.ofOwn(l.manifest) {
		l.proved = append(l.proved, proved{What: "files " + id, Of: own})
	}
	return err
}

// ofRun is what the proof of a run depends on, but for its Parquet files; empty where
// that cannot be said.
func (p *proving) ofRun(id string, m *store.Manifest) string {
	p.looking.Lock()
	seen, err := health.Seen(p.bundles, p.Store, id)
	p.looking.Unlock()
	if err != nil {
		return ""
	}
	return sumOf(versions, m.Versions["tables"], m.Content, seen)
}

// ofOwn is how the Parquet files of a run are whose rows stand in no joined one.
func (p *proving) ofOwn(m *store.Manifest) string {
	var text strings.Builder
	if m == nil || !m.LoadsTo(store.ParquetFiles) {
		return sumOf(versions)
	}
	for _, part := range m.Files {
		if part.Rows > 0 && p.where.Joined(part.Table, m.Run.RunID) == nil {
			fmt.Fprintln(&text, part.Path, part.SHA256, seen(filepath.Join(p.Store.Parquet(), filepath.FromSlash(part.Path))))
		}
	}
	return sumOf(versions, text.String())
}

// slim is a manifest without what is long and not needed of all runs at a time.
func slim(m store.Manifest) *store.Manifest {
	return &store.Manifest{
		Run: schemas.Run{RunID: m.Run.RunID, Outcome: m.Run.Outcome}, Files: m.Files, Content: m.Content, Copy: m.Copy, ClosedBy: m.ClosedBy,
		Destinations: m.Destinations, Parquet: m.Parquet, Database: m.Database, Versions: m.Versions,
	}
}
