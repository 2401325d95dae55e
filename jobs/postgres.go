package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/load/postgres"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// server are the tables in PostgreSQL. It connects when it is needed.
type server struct {
	*postgres.Destination
	schema string
	files  string // the folder of Parquet files
	log    *slog.Logger
}

func postgresOf(j *Job) *server {
	schema := cmp.Or(j.spec.PostgresSchema, postgres.DefaultSchema)
	d := postgres.New(postgres.Config{URL: j.opts.PostgresURL, Schema: schema})
	return &server{d, schema, j.store.Parquet(), j.opts.Log}
}

// name is that of the schema; empty where there is no server.
func (s *server) name() string {
	if s == nil {
		return ""
	}
	return s.schema
}

// Commit also says which values there is no room for.
func (s *server) Commit(ctx context.Context) error {
	err := s.Destination.Commit(ctx)
	lost := s.Published().Lost
	for _, column := range slices.Sorted(maps.Keys(lost)) {
		if err == nil {
			s.log.Warn(fmt.Sprintf("PostgreSQL cannot hold %s of %s: they are NULL there, or in a key without a row; the pages have them", count(int(lost[column]), "value"), column))
		}
	}
	return err
}

// contents are the runs that it has, with the checksums of their content.
func (s *server) contents(ctx context.Context) (map[string]string, error) {
	loaded, err := s.Loads(ctx)
	if err != nil {
		return nil, err
	}
	runs := make(map[string]string, len(loaded))
	for id, l := range loaded {
		runs[id] = l.Content
	}
	return runs, nil
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

// tendPostgres is tend for PostgreSQL. Between its start and its end a run is not
// connected: that can take hours.
func tendPostgres(ctx context.Context, j *Job, locked *store.Locked, to *tables) error {
	if to.postgres == nil {
		return nil
	}
	defer to.postgres.Close()
	has, err := to.postgres.contents(ctx)
	if err == nil {
		name := "PostgreSQL (schema " + to.postgres.schema + ")"
		err = catchUp(ctx, j, locked, lagging{name, store.PostgreSQL, has, to.postgres.publish})
	}
	if err == nil || ctx.Err() != nil {
		return nil
	}
	to.postgres = nil
	return left(j, err)
}

// postgresView asks PostgreSQL which runs it has, but does not wait long for it.
func postgresView(ctx context.Context, j *Job) health.DatabaseView {
	const wait = 5 * time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, wait, fmt.Errorf("it does not answer within %s", wait))
	defer cancel()
	s := postgresOf(j)
	defer s.Close()
	runs, err := s.contents(ctx)
	return health.DatabaseView{Runs: runs, Err: err}
}

// asksPostgres reports whether the job's tables go to PostgreSQL, too.
func asksPostgres(j *Job) bool { return slices.Contains(j.spec.To, store.PostgreSQL) }

// postgresHasAll returns why the job's PostgreSQL has not all runs that it can be brought
// up to, or cannot say so.
func postgresHasAll(ctx context.Context, j *Job) error {
	if !asksPostgres(j) {
		return nil
	}
	view := postgresView(ctx, j)
	if view.Err != nil {
		return view.Err
	}
	lacks, err := health.Lacking(j.store, store.PostgreSQL, view.Runs)
	if err == nil && len(lacks) > 0 {
		lacks, err = makeable(j, lagging{name: "PostgreSQL", destination: store.PostgreSQL, has: view.Runs}, lacks)
	}
	if err == nil && len(lacks) > 0 {
		err = fmt.Errorf("it lacks %s, the first %s", count(len(lacks), "run"), lacks[0].Run.RunID)
	}
	return err
}

// comparePostgres holds what PostgreSQL says that it has against the store's runs, where
// the newest of these was to be loaded into it.
func comparePostgres(ctx context.Context, j *Job, v *health.Verification) {
	runs, _ := j.store.Runs() // were read before
	asked := false
	for _, id := range slices.Backward(runs) {
		if m, err := j.store.Manifest(id); err == nil && len(m.Files) > 0 {
			asked = m.LoadsTo(store.PostgreSQL)
			break
		}
	}
	if !asked {
		return
	}
	view := postgresView(ctx, j)
	if view.Err != nil {
		v.Notes = append(v.Notes, fmt.Sprintf("PostgreSQL is not compared: %v", view.Err))
		return
	}
	lacks, err := health.Lacking(j.store, store.PostgreSQL, view.Runs)
	switch {
	case len(view.Runs) == 0 && j.spec.PostgresSchema == "":
		v.Notes = append(v.Notes, "PostgreSQL is not compared: it has no run in the schema "+postgres.DefaultSchema+"; name another with --postgres-schema")
	case err != nil: // the manifest is wrong, which is said
	case len(lacks) > 0:
		v.Wrong("PostgreSQL lacks %s of the store or has other pages of them, the first %s: the next run brings it up", count(len(lacks), "run"), lacks[0].Run.RunID)
	default:
		v.Notes = append(v.Notes, "PostgreSQL says that it has the runs, with their content; its rows are not compared")
	}
}

// again loads a run into PostgreSQL alone; done is false where that needs the run's pages.
func (s *server) again(ctx context.Context, m store.Manifest, has map[string]string, kept *health.Kept) (already, done bool, err error) {
	if content, in := has[m.Run.RunID]; in && content != "" && content == m.Content {
		return true, true, nil
	}
	n, err := s.publish(ctx, []store.Manifest{m}, kept)
	return false, n > 0 || err != nil, err
}

// errElsewhere is a replay to a folder of what stands in none.
var errElsewhere = errors.New("--out: postgres is in no folder: leave out one of them")
