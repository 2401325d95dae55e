package health

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// VerifyQuickly compares what can be compared without reading much: the
// checksums of manifests and plans, that the files listed are there, with
// their size and a Parquet file's first and last bytes, and that the pages of
// a run that is done are as many as its manifest says. Of a run that is noted, and
// whose files are as they were then, only sizes and times are looked at. It changes
// nothing.
func VerifyQuickly(ctx context.Context, v *Verification, d store.Dir, runs []string, kept *Notes) error {
	files, err := published(d)
	if err != nil {
		return err
	}
	for _, id := range runs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if n := kept.noted(d, id); n != nil {
			v.noted(d, n, files)
			continue
		}
		m, err := d.Manifest(id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // nothing is promised of a run that has not come to its end
		}
		if err != nil {
			v.Wrong("%v", err)
			continue
		}
		v.Runs++
		verifyRun(v, d, m)
		if m.LoadsTo(store.ParquetFiles) {
			for _, part := range m.Files {
				if files.where.Joined(part.Table, id) == nil && !MayBeGone(d, files.pruned, id, part) {
					v.glance(d, part)
				}
			}
		}
	}
	v.Problems = append(v.Problems, files.wrong...)
	for _, joined := range files.where {
		for _, j := range joined {
			v.glance(d, j.Part)
		}
	}
	return nil
}

// verifyRun compares a run with its manifest, but for its Parquet files.
func verifyRun(v *Verification, d store.Dir, m store.Manifest) {
	receipts(v, d, m)
	countPages(v, d, m)
}

// noted counts what is known of a run that is as it was. Into a file that was written
// later than the manifest, which is written last, it looks.
func (v *Verification) noted(d store.Dir, n *note, files *publishedFiles) {
	if n.Open {
		return
	}
	v.Runs++
	v.Noted++
	v.Pages += n.Pages
	if !slices.Contains(n.To, store.ParquetFiles) {
		return
	}
	at := n.seen.manifestAt()
	n.files.each(func(one listed) {
		switch file := files.claim(one, n.RunID); {
		case files.where.Joined(one.table, n.RunID) != nil || file == elsewhere:
			return // joined files are looked at themselves
		case file != nil && file.at <= at:
			v.Files++
			return
		}
		v.glance(d, schemas.Part{Path: one.path(n.RunID), Bytes: one.bytes})
	})
}

func (v *Verification) glance(d store.Dir, part schemas.Part) {
	if err := glance(d, part); err != nil {
		v.Wrong("%v", err)
		return
	}
	v.Files++
}

// glance looks at the size and the ends of a Parquet file.
func glance(d store.Dir, part schemas.Part) error {
	name := filepath.Join(d.Parquet(), filepath.FromSlash(part.Path))
	file, info, err := durable.OpenInfo(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if info.Size() != part.Bytes {
		return fmt.Errorf("%s: has %d bytes; its manifest lists %d", name, info.Size(), part.Bytes)
	}
	const magic = "PAR1"
	var ends [2 * len(magic)]byte
	_, headErr := file.ReadAt(ends[:len(magic)], 0)
	_, tailErr := file.ReadAt(ends[len(magic):], max(0, info.Size()-int64(len(magic))))
	if err := errors.Join(headErr, tailErr); err != nil || string(ends[:]) != magic+magic {
		return &store.CorruptError{Path: name, Err: errors.New("it is not a Parquet file")}
	}
	return nil
}

// countPages compares the landed pages of a run with its manifest: none that it
// counts may be missing.
func countPages(v *Verification, d store.Dir, m store.Manifest) {
	pages, err := landing.OpenSalvage(d, m.Run.RunID)
	if errors.Is(err, landing.ErrNone) {
		return // it counts none
	}
	if err != nil {
		v.Wrong("%v", err)
		return
	}
	defer pages.Close()
	n := pages.Len()
	v.Pages += n
	for _, damage := range pages.Damaged() {
		v.damaged(damage)
	}
	if n != m.Run.Pages && m.Run.Outcome.Complete() && len(pages.Damaged()) == 0 {
		v.Wrong("run %s: %d landed pages of the %d that its manifest counts", m.Run.RunID, n, m.Run.Pages)
	}
}
