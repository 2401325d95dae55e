package jobs

import (
	"context"
	"fmt"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// upkeep joins files of days that are over and removes pages that are old, after a run,
// also one that came to its deadline: what it cannot do, the next day's run can.
// Where a server is behind, what it is to be brought up from stays.
func upkeep(ctx context.Context, j *Job, locked *store.Locked, behind bool) {
	if j.spec.Keep.Removes() && !behind && ctx.Err() == nil {
		sum, err := keep.Prune(ctx, locked, j.pruning(true))
		why := sum.Why()
		if err != nil {
			why = append(why, err.Error())
		}
		for _, text := range why {
			j.opts.Log.Warn("what is old stays: " + text)
		}
	}
	if j.spec.Compact == jobfile.CompactNone || ctx.Err() != nil {
		return
	}
	sum, err := compact.Join(ctx, locked, joining(j, true, false))
	if err != nil {
		j.opts.Log.Warn(fmt.Sprintf("files of days that are over could not be joined: %v", err))
	}
	for _, left := range sum.Left {
		j.opts.Log.Warn("it stays as it is: " + left)
	}
}

// joining says which files of the job are joined.
func joining(j *Job, begun, all bool) compact.Config {
	return compact.Config{Now: j.opts.Now(), Days: j.spec.Compact == jobfile.CompactDays, Begun: begun, All: all, Step: j.opts.Step}
}

// apart takes the joined files apart that have rows of a run; all, where all runs are
// made anew.
func apart(all bool) func(context.Context, *store.Locked, string) error {
	return func(ctx context.Context, out *store.Locked, run string) error {
		return compact.Apart(ctx, out, run, all)
	}
}

// joinFiles is what Job.Compact does.
func joinFiles(ctx context.Context, j *Job, all bool) (compact.Summary, error) {
	if _, err := runsOf(j.store, ""); err != nil {
		return compact.Summary{}, err
	}
	locked, err := j.store.Lock()
	if err != nil {
		return compact.Summary{}, err
	}
	defer locked.Unlock()
	if err := locked.Sweep(); err != nil {
		return compact.Summary{}, err
	}
	return compact.Join(ctx, locked, joining(j, false, all))
}
