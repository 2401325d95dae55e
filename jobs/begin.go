package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/watch"
	"github.com/spacesetl/spacesetl/schemas"
)

// begin finds the run that a start goes on with, or begins a new one. A run that
// was killed or interrupted a moment ago is only continued. Any other that has not
// ended is closed: what has landed of it is loaded, and the new run, which asks
// today's questions first, then asks for what it had left.
func begin(ctx context.Context, j *Job, locked *store.Locked, to tables) (store.Planned, error) {
	plan := j.opts.Tokens.plan(&j.spec)
	begun, err := locked.Unended(plan, j.opts.Resume)
	if err != nil {
		return store.Planned{}, err
	}
	if len(begun) > 0 && begun[0].PlanHash() == plan.Hash() && (j.opts.Resume || fresh(j, begun[0])) {
		planned := begun[0].Planned
		j.opts.Started(planned.Run.RunID)
		j.opts.Log.Info("going on with run " + planned.Run.RunID)
		if _, err := finish(ctx, j, locked, begun[1:], planned.Run.RunID, to); err != nil || planned.Seeds != nil {
			return planned, err // a start died that was about to close the others
		}
		return todays(ctx, j, locked, planned)
	}
	// Runs are closed in the order of their rows' times, and before the state is
	// asked, which has to know that they do not go on.
	next := store.Planned{Plan: plan, Server: host(j)}
	if origin := j.opts.Origin; origin.File != "" || len(origin.Flags) > 0 {
		next.Job = &origin
	}
	ended, err := finish(ctx, j, locked, begun, "", to)
	if err != nil {
		return next, err
	}
	for _, e := range ended {
		switch same, old := asksFor(e.Begun, plan), j.opts.Now().Sub(e.Run.StartedAt) > j.spec.ResumeWithin; {
		case same && (!old || len(e.left) == 0):
			next.Left = append(next.Left, e.left...)
			next.LeftBy = append(append(next.LeftBy, recent(j, e.LeftBy)...), e.Run.RunID)
		case len(e.left) == 0:
		case !same:
			j.opts.Log.Warn(fmt.Sprintf("run %s had %s left, given up since it was of another plan of the job", e.Run.RunID, count(len(e.left), "request")))
		default:
			j.opts.Log.Warn(fmt.Sprintf("run %s had %s left, given up since it was started on %s, longer ago than resume_within", e.Run.RunID, count(len(e.left), "request"), e.Run.StartedAt.Format(time.DateTime)))
		}
	}
	if asksPosts(plan) {
		if err := store.Note(locked, store.RequestsFormat); err != nil {
			return next, err
		}
	}
	if next, err = locked.Begin(next, j.opts.Version, j.opts.Now()); err != nil {
		return next, err
	}
	for _, e := range ended {
		if _, err := locked.Close(e.Run.RunID, next.Run.RunID); err != nil {
			return next, err
		}
	}
	j.opts.Started(next.Run.RunID)
	j.opts.Log.Info("new run " + next.Run.RunID)
	if n := len(next.Left); n > 0 {
		j.opts.Log.Info(fmt.Sprintf("it also asks for what earlier runs had left: %s", count(n, "request")))
	}
	return todays(ctx, j, locked, next)
}

// recent are those of the runs that are recent enough to be continued.
func recent(j *Job, runs []string) []string {
	return slices.DeleteFunc(slices.Clone(runs), func(id string) bool {
		planned, err := j.store.Planned(id)
		return err != nil || j.opts.Now().Sub(planned.Run.StartedAt) > j.spec.ResumeWithin
	})
}

// asksFor reports whether a run was of this plan, whoever's tokens it had, and whether it
// was one of a watch.
func asksFor(b store.Begun, plan store.Plan) bool {
	of := b.Plan
	if of.Self, of.Owners = plan.Self, plan.Owners; of.Watch != plan.Watch {
		of.Watch, of.NoExpand = plan.Watch, plan.NoExpand
	}
	return of.Hash() == plan.Hash()
}

// todays fills in and writes the first requests of a run as the store's state makes
// them now. Where earlier runs had something left, Spaces that were looked at a moment
// ago are not looked at again before that; and a job that follows none looks up only
// those that these runs had left. Else starts that stop early would never get on.
func todays(ctx context.Context, j *Job, locked *store.Locked, p store.Planned) (store.Planned, error) {
	p.Seeds = slices.Clone(p.Plan.Seeds)
	rests := func(string) bool { return true }
	if j.spec.Follow == jobfile.FollowOpen {
		state, err := health.UpdateState(ctx, locked)
		if err != nil {
			return p, err
		}
		p.Seeds, p.Resting = state.Seeds(p.Plan), state.Resting(j.opts.Now())
		rests = func(id string) bool {
			s := state.Spaces[id]
			return s != nil && j.opts.Now().Sub(s.SeenAt) < j.spec.AskAgain
		}
	}
	if len(p.Left) > 0 {
		p.Seeds = store.WithoutLookups(p.Seeds, rests)
	}
	posts, err := missingPosts(ctx, j, p.Plan)
	if err != nil {
		return p, err
	}
	p.Seeds = append(p.Seeds, posts...)
	return p, locked.WritePlan(p)
}

// fresh reports whether a run was killed or interrupted, and what it was answered
// first is recent enough to count as today's.
func fresh(j *Job, b store.Begun) bool {
	if m := b.Manifest; m != nil && (m.Run.Outcome != schemas.Interrupted || m.Ended()) {
		return false // it stopped for a reason
	}
	if j.spec.Watching {
		return !watch.Over(b.Run.StartedAt, j.opts.Now())
	}
	first, err := pipeline.FirstAnswer(j.store, b.Run)
	return err == nil && j.opts.Now().Sub(first) < j.spec.AskAgain // damaged, it cannot go on
}

// ended is a run that does not go on, and what it had left to ask for.
type ended struct {
	store.Begun
	left []schemas.Request
}

// finish brings runs that do not go on, newest first, to their end as they are: what
// has landed is loaded, unless a manifest says that it has been. With by they are
// closed.
func finish(ctx context.Context, j *Job, locked *store.Locked, begun []store.Begun, by string, to tables) (all []ended, err error) {
	for _, b := range slices.Backward(begun) {
		left, err := finishRun(ctx, j, locked, b, to)
		if err == nil && by != "" {
			_, err = locked.Close(b.Run.RunID, by)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, ended{b, left})
	}
	return all, nil
}

func finishRun(ctx context.Context, j *Job, locked *store.Locked, b store.Begun, to tables) ([]schemas.Request, error) {
	planned := b.Planned
	planned.Run.Outcome = schemas.Interrupted
	if b.Manifest != nil {
		planned.Run.Outcome = b.Manifest.Run.Outcome
	}
	p, done, err := assemble(j, planned, to, j.opts.Step)
	if err != nil {
		return nil, err
	}
	defer done()
	p.Out, p.Salvage, p.Notify, p.Now = locked, true, j.opts.Notice, j.opts.Now
	err = p.Open()
	if errors.Is(err, pipeline.ErrNoPages) { // all is left, also what it was to ask for an earlier run
		return slices.Concat(planned.Seeds, planned.Left), p.Receipt()
	}
	if err != nil {
		return nil, err
	}
	defer p.Close()
	left, err := p.Survey(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case p.Landed() == 0:
		return left, p.Receipt()
	case b.Manifest != nil && b.Manifest.Run.Pages == p.Landed():
		return left, nil
	case len(left) == 0 && planned.Run.Outcome == schemas.Interrupted:
		p.Complete()
	}
	j.opts.Log.Info(fmt.Sprintf("run %s does not go on: %s of it are loaded as they are", planned.Run.RunID, count(p.Landed(), "page")))
	_, err = p.Load(ctx)
	var behind *pipeline.DestinationError
	if errors.As(err, &behind) {
		err = nil // it is brought up with the others
	}
	return left, err
}

// count is a number of things in words.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
