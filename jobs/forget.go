package jobs

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// forgetsFormat is the format of stores whose database has not all versions of its rows.
const forgetsFormat = 6

// noteForgets makes the store one of that, if the job removes any.
func noteForgets(j *Job, locked *store.Locked) error {
	if j.spec.Keep.History == 0 {
		return nil
	}
	return store.Note(locked, forgetsFormat)
}

// forget removes from the database the versions of rows that ended before the job keeps
// them, or with dry only counts them.
func forget(ctx context.Context, j *Job, dry bool) (v keep.PrunedVersions, err error) {
	since := j.spec.Keep.HistoriesSince(j.opts.Now())
	if since.IsZero() {
		return v, nil
	}
	if !dry {
		locked, err := j.store.Lock()
		if err != nil {
			return v, err
		}
		defer locked.Unlock()
		if err := noteForgets(j, locked); err != nil {
			return v, err
		}
	}
	d := stored(j, targets(j, j.store, []string{store.DuckDBFile}))
	defer d.Close() // a no-op after Commit
	n, err := d.Forgettable(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return v, nil
	}
	if err != nil || n == 0 {
		return v, err
	}
	if !dry {
		if err := d.Prepare(ctx, schemas.Load{}, ""); err != nil {
			return v, err
		}
		if err := d.Commit(ctx); err != nil {
			return v, err
		}
	}
	return keep.PrunedVersions{Before: since.Format(time.DateOnly), Rows: n}, nil
}
