package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/load/destinations"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// server is a destination that stands in no store's folder. It connects when it is needed.
type server struct {
	load.Database
	of    load.Destination
	where string // as the job has it; empty for the default
	files string // the folder of Parquet files
	log   *slog.Logger
	has   map[string]string // runs, of a replay
}

// serversOf are the servers among destinations.
func serversOf(j *Job, to []string) (servers []*server) {
	for _, d := range destinations.Elsewhere() {
		if slices.Contains(to, d.Name) {
			servers = append(servers, serverOf(j, d))
		}
	}
	return servers
}

func serverOf(j *Job, d load.Destination) *server {
	where := whereOf(j, d)
	return &server{Database: d.Open(load.Settings{Where: where, Env: j.opts.Env}), of: d, where: where, files: j.store.Parquet(), log: j.opts.Log}
}

// whereOf is what the job says of a destination by its flag; empty for its default.
func whereOf(j *Job, d load.Destination) string {
	return map[string]string{"--postgres-schema": j.spec.PostgresSchema}[d.Flag]
}

// Place is where tables are that stand in no store's folder.
type Place struct {
	load.Destination
	Where, Look string // as load.Database has them
	Runs        int    // that it has, of Job.Places
	Err         error  // of the same: why it cannot be asked
}

// placesOf are those of servers.
func placesOf(servers []*server) (places []Place) {
	for _, s := range servers {
		places = append(places, Place{Destination: s.of, Where: s.Where(), Look: s.Look()})
	}
	return places
}

// Commit also says which values there is no room for.
func (s *server) Commit(ctx context.Context) error {
	err := s.Database.Commit(ctx)
	lost := s.Lost()
	for _, column := range slices.Sorted(maps.Keys(lost)) {
		if err == nil {
			s.log.Warn(fmt.Sprintf("%s cannot hold %s of %s: they are NULL there, or in a key without a row; the pages have them", s.of.Title, count(int(lost[column]), "value"), column))
		}
	}
	return err
}

// publish loads runs from their files, one after the other, up to the first whose files
// were not kept, and returns how many those are.
func (s *server) publish(ctx context.Context, runs []store.Manifest, kept *health.Kept) (n int, err error) {
	for _, m := range runs {
		parts, whole := kept.Parts(m)
		if !whole {
			break
		}
		err := s.Prepare(ctx, schemas.Load{RunID: m.Run.RunID, Content: m.Content, Parts: parts, Only: true}, s.files)
		if err == nil {
			err = s.Commit(ctx)
		}
		if err != nil {
			return n, fmt.Errorf("run %s: %w", m.Run.RunID, err)
		}
		n++
	}
	return n, nil
}

// tendElsewhere is tend for servers. Between its start and its end a run is not connected:
// that can take hours.
func tendElsewhere(ctx context.Context, j *Job, locked *store.Locked, to *tables) (err error) {
	to.elsewhere = slices.DeleteFunc(to.elsewhere, func(s *server) bool {
		defer s.Close()
		has, wrong := s.Runs(ctx)
		if wrong == nil {
			wrong = catchUp(ctx, j, locked, lagging{s.of.Title + " (" + s.Where() + ")", s.of.Name, has, s.publish})
		}
		if wrong == nil || ctx.Err() != nil {
			return false
		}
		err = errors.Join(err, left(j, wrong))
		return true
	})
	return err
}

// view asks which runs it has, but does not wait long for it.
func (s *server) view(ctx context.Context) health.DatabaseView {
	const wait = 5 * time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, wait, fmt.Errorf("it does not answer within %s", wait))
	defer cancel()
	defer s.Close()
	runs, err := s.Runs(ctx)
	return health.DatabaseView{Runs: runs, Err: err}
}

// elsewhereViews asks the servers that the job's tables go to.
func elsewhereViews(ctx context.Context, j *Job) (views []health.Elsewhere) {
	for _, d := range destinations.Elsewhere() {
		e := health.Elsewhere{Name: d.Name, Title: d.Title}
		if slices.Contains(j.spec.To, d.Name) {
			e.View = serverOf(j, d).view(ctx)
		}
		views = append(views, e)
	}
	return views
}

// elsewhereHasAll returns why a server of the job has not all runs that it can be brought
// up to, or cannot say so.
func elsewhereHasAll(ctx context.Context, j *Job) error {
	for _, s := range serversOf(j, j.spec.To) {
		view := s.view(ctx)
		lacks, err := []store.Manifest(nil), view.Err
		if err == nil {
			lacks, err = health.Lacking(j.store, s.of.Name, view.Runs)
		}
		if err == nil && len(lacks) > 0 {
			lacks, err = makeable(j, lagging{name: s.of.Title, destination: s.of.Name, has: view.Runs}, lacks)
		}
		if err == nil && len(lacks) > 0 {
			err = fmt.Errorf("it lacks %s, the first %s", count(len(lacks), "run"), lacks[0].Run.RunID)
		}
		if err != nil {
			return fmt.Errorf("what is old stays until a run has brought %s up: %w", s.of.Title, err)
		}
	}
	return nil
}

// compareElsewhere holds what servers say that they have against the store's runs, where
// the newest of these was to be loaded into them.
func compareElsewhere(ctx context.Context, j *Job, v *health.Verification) {
	runs, _ := j.store.Runs() // were read before
	for _, id := range slices.Backward(runs) {
		if m, err := j.store.Manifest(id); err == nil && len(m.Files) > 0 {
			for _, s := range serversOf(j, m.To()) {
				s.compare(ctx, j, v)
			}
			return
		}
	}
}

func (s *server) compare(ctx context.Context, j *Job, v *health.Verification) {
	view, title := s.view(ctx), s.of.Title
	if view.Err != nil {
		v.Notes = append(v.Notes, fmt.Sprintf("%s is not compared: %v", title, view.Err))
		return
	}
	lacks, err := health.Lacking(j.store, s.of.Name, view.Runs)
	switch {
	case len(view.Runs) == 0 && s.of.Flag != "" && s.where == "":
		v.Notes = append(v.Notes, fmt.Sprintf("%s is not compared: it has no run in the %s; name another with %s", title, s.Where(), s.of.Flag))
	case err != nil: // the manifest is wrong, which is said
	case len(lacks) > 0:
		v.Wrong("%s lacks %s of the store or has other pages of them, the first %s: the next run brings it up", title, count(len(lacks), "run"), lacks[0].Run.RunID)
	default:
		v.Notes = append(v.Notes, title+" says that it has the runs, with their content; its rows are not compared")
	}
}

// again loads a run into the server alone; done is false where that needs the run's pages.
func (s *server) again(ctx context.Context, m store.Manifest, kept *health.Kept) (already, done bool, err error) {
	if content, in := s.has[m.Run.RunID]; in && content != "" && content == m.Content {
		return true, true, nil
	}
	n, err := s.publish(ctx, []store.Manifest{m}, kept)
	return false, n > 0 || err != nil, err
}
