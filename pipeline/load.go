package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// Load turns every landed page into rows and makes them visible: everything is
// prepared first, then renamed into place, and the manifest is written last. A
// destination that cannot take the run in does not keep the others: beside the
// manifest the error then is a *DestinationError. Load makes no request and can be
// repeated: the same pages give the same files.
func (p *Pipeline) Load(ctx context.Context) (*store.Manifest, error) {
	if p.pages == nil || p.Out == nil {
		return nil, ErrNotOpen
	}
	defer p.Loader.Close() // a no-op after Commit; without it nothing is left
	l, parts, err := p.tables(ctx)
	if err != nil {
		return nil, err
	}
	m := l.manifest(parts)
	if err := p.unchanged(m.Content); err != nil {
		return nil, err
	}
	m.Copy = !p.Out.Is(p.Store)
	if err := m.Seal(p.Store); err != nil {
		return nil, err
	}
	p.gauge.phase(PublishPhase, len(p.Publish))
	var ready []Publisher
	var behind error
	for _, destination := range p.Publish {
		defer destination.Close()
		err := destination.Prepare(ctx, schemas.Load{RunID: p.Run.RunID, Content: m.Content, Parts: parts}, p.Loader.Staged())
		if err != nil {
			behind = errors.Join(behind, &DestinationError{err})
			continue
		}
		ready = append(ready, destination)
		p.gauge.done()
	}
	stands, err := p.stands(ctx, m)
	if err != nil {
		return nil, err
	}
	late, err := p.commit(context.WithoutCancel(ctx), parts, ready, stands) // what is prepared takes a moment
	if err != nil {
		return nil, err
	}
	if m, err = p.Out.WriteManifest(m, p.Step); err != nil {
		return nil, err
	}
	return m, errors.Join(behind, late, p.Out.Committed(p.Run.RunID))
}

// Receipt writes the manifest of a run that stopped before its first page: no
// table has a row of it. One that says so is left as it is, unless the run was gone on
// with.
func (p *Pipeline) Receipt() error {
	if p.Out == nil {
		return ErrNotOpen
	}
	if m, err := p.Store.Manifest(p.Run.RunID); err == nil && m.Run.Pages == 0 && p.Fetcher == nil {
		return nil
	}
	l := &loading{p: p, tally: newTally(p.Run)}
	l.tally.run.EndedAt = p.Now().UTC().Truncate(time.Microsecond)
	p.Run = l.tally.run
	m := l.manifest(nil)
	m.Ask([]string{})
	if err := m.Seal(p.Store); err != nil {
		return err
	}
	_, err := p.Out.WriteManifest(m, p.Step)
	return err
}

// unchanged refuses pages of a run that is done and that are not those its
// manifest counts: a receipt for them would hide that. A run that goes on may
// have more.
func (p *Pipeline) unchanged(content string) error {
	if p.writer != nil || p.Salvage {
		return nil
	}
	m, err := p.Store.Manifest(p.Run.RunID)
	if err != nil || m.Content == "" || m.Run.Outcome != schemas.Done || m.Content == content {
		return nil // Open has looked at the rest
	}
	return fmt.Errorf("run %s: its pages in %s are not those that its manifest counts: run the same job with --resume if the run was going on, else restore them from a backup",
		p.Run.RunID, filepath.Join(p.Store.Raw(), p.Run.RunID))
}

// stands reports whether the rows of a run stand in joined files already, as they are
// to be, or were pruned. Where they do and are to be others, the files are taken apart.
func (p *Pipeline) stands(ctx context.Context, m *store.Manifest) (bool, error) {
	if !slices.Contains(p.Destinations, store.ParquetFiles) {
		return false, nil
	}
	earlier, err := p.Out.Manifest(p.Run.RunID)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !earlier.Ended() {
		return false, nil // a damaged map is nothing to a run that goes on
	}
	where, whereErr := store.ReadWhere(p.Out.Dir)
	pruned, prunedErr := landing.ReadPruned(p.Out.Dir)
	if whereErr = errors.Join(whereErr, prunedErr); whereErr != nil || !where.Has(p.Run.RunID) && !pruned.Tableless("", p.Run.RunID) {
		return false, whereErr
	}
	own := func(part schemas.Part) bool { return part.Rows > 0 && !pruned.Tableless(part.Table, p.Run.RunID) }
	switch {
	case err != nil:
		return false, fmt.Errorf("the rows of run %s are joined with those of others: %w", p.Run.RunID, err)
	case m.Repeats(earlier) && (where.Has(p.Run.RunID) || !slices.ContainsFunc(earlier.Files, own)):
		return true, nil
	case !where.Has(p.Run.RunID):
		return false, nil
	}
	return false, p.Apart(ctx, p.Out, p.Run.RunID)
}

// commit makes what was prepared visible, destination after destination, and
// returns which could not. A crash between them leaves a run without a manifest,
// which commits again.
func (p *Pipeline) commit(ctx context.Context, parts []schemas.Part, ready []Publisher, stands bool) (behind, err error) {
	if err := p.Step.At("prepared", p.Run.RunID); err != nil {
		return nil, err
	}
	if slices.Contains(p.Destinations, store.ParquetFiles) && !stands {
		if err := p.Out.Committing(p.Run.RunID, parts, p.Step); err != nil {
			return nil, err
		}
		if _, err := p.Loader.Commit(ctx); err != nil {
			return nil, err
		}
	}
	for _, destination := range ready {
		if err := p.Step.At("files committed", p.Run.RunID); err != nil {
			return nil, err
		}
		if err := destination.Commit(ctx); err != nil {
			behind = errors.Join(behind, &DestinationError{err})
		}
	}
	return behind, p.Step.At("committed", p.Run.RunID)
}

// Remake makes the files and the manifest of a run from its landed pages, and
// nothing else: no destination and no receipt is touched.
func (p *Pipeline) Remake(ctx context.Context) (*store.Manifest, error) {
	if p.pages == nil {
		return nil, ErrNotOpen
	}
	defer p.Loader.Close() // a no-op after Commit
	l, parts, err := p.tables(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := p.Loader.Commit(ctx); err != nil {
		return nil, err
	}
	return l.manifest(parts), nil
}

// newestFirst lists the pages of a run, those that were fetched again, too.
func newestFirst(pages *landing.Reader) []landing.Entry {
	entries := pages.Received()
	slices.Reverse(entries)
	return entries
}

// tables makes the files.
func (p *Pipeline) tables(ctx context.Context) (*loading, []schemas.Part, error) {
	l := &loading{p: p, entries: newestFirst(p.pages), damaged: p.pages.Damaged(), claims: newClaims(), tally: newTally(p.Run), merged: map[*schemas.Table]*transform.Coalescer{}}
	p.gauge.phase(LoadPhase, len(l.entries))
	if err := l.run(ctx); err != nil {
		return nil, nil, err
	}
	p.Run = l.tally.run
	if err := l.rest(ctx); err != nil {
		return nil, nil, err
	}
	parts, err := p.Loader.Finish(ctx)
	return l, parts, err
}
