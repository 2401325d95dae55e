package jobs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/postgres"
	"github.com/spacesetl/spacesetl/load/postgres/postgrestest"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/schemas"
)

const postgresPassword = "open-sesame"

// served is a job whose tables go to PostgreSQL, too.
type served struct {
	*daily
	url string
	log bytes.Buffer
}

func (s *served) options() jobs.Options {
	o := s.daily.options()
	o.Env, o.Listener = func(string) string { return s.url }, logged(&s.log)
	return o
}

func (s *served) job() *jobs.Job { return jobs.Open(s.spec, s.options()) }

func (s *served) run() (jobs.Result, error) {
	r, err := s.job().Run(s.Context())
	s.hours.Add(8)
	return r, err
}

// done is a run that brings PostgreSQL up to the store's runs.
func (s *served) done(when string, runs int) {
	s.Helper()
	if r, err := s.run(); err != nil || len(r.Elsewhere) != 1 || r.Elsewhere[0].Where != "schema "+s.spec.PostgresSchema {
		s.Fatalf("%s: %v, %v", when, err, r.Elsewhere)
	}
	s.has(when, runs)
}

// count asks PostgreSQL how many rows a table has.
func (s *served) count(table string) (n int64) {
	s.Helper()
	conn, err := pgconn.Connect(s.Context(), s.url)
	check(s.T, err)
	defer conn.Close(s.Context())
	results, err := conn.Exec(s.Context(), "SELECT count(*) FROM "+s.spec.PostgresSchema+"."+table).ReadAll()
	check(s.T, err)
	n, err = strconv.ParseInt(string(results[0].Rows[0][0]), 10, 64)
	check(s.T, err)
	return n
}

// has fails where PostgreSQL has not so many runs, or other rows than the database.
func (s *served) has(when string, runs int) {
	s.Helper()
	spec := s.spec
	spec.To = []string{"postgres"}
	if p := jobs.Open(spec, s.options()).Places(s.Context()); p[0].Err != nil || p[0].Runs != runs {
		s.Fatalf("%s: PostgreSQL has %d runs, want %d; %v", when, p[0].Runs, runs, p[0].Err)
	}
	hashes, err := duckdb.New(duckdb.Config{Path: s.store.DuckDB(), Threads: 1}).Hashes(s.Context())
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	check(s.T, err)
	for _, t := range schemas.Tables() {
		if got := s.count(t.Name); got != hashes[t.Name].Rows {
			s.Errorf("%s: %s has %d rows in PostgreSQL, %d in DuckDB", when, t.Name, got, hashes[t.Name].Rows)
		}
	}
}

// says are the problems and notes of status that are about PostgreSQL.
func (s *served) says() (all []string) {
	s.Helper()
	o, err := s.job().Status(s.Context(), jobs.StatusOptions{})
	check(s.T, err)
	for _, f := range o.Findings {
		if text := f.Level + ": " + f.Text + " -> " + f.Do; strings.Contains(text, "postgres") || strings.Contains(text, "PostgreSQL") {
			all = append(all, text)
		}
	}
	return all
}

// replay makes all tables of PostgreSQL again, and returns how many runs it loaded.
func (s *served) replay() (loaded int) {
	s.Helper()
	spec := jobs.Spec{Store: s.spec.Store, To: []string{"postgres"}, PostgresSchema: s.spec.PostgresSchema}
	for r, err := range jobs.Open(spec, s.options()).Replay(s.Context(), jobs.ReplayOptions{}) {
		if err != nil || r.Manifest == nil {
			s.Fatalf("replay: %v", err)
		}
		loaded++
	}
	return loaded
}

// A job's runs are in PostgreSQL as they are in DuckDB. A server that cannot be reached
// keeps no run from its other destinations, and the next run brings it up.
func TestRunsAreInPostgreSQL(t *testing.T) {
	t.Parallel()
	postgrestest.Skip(t)
	server, err := postgrestest.New()
	t.Cleanup(server.Remove)
	postgrestest.Check(t, err)
	u, err := url.Parse(server.Address())
	check(t, err)
	query := u.Query()
	query.Set("password", postgresPassword)
	u.RawQuery = query.Encode()
	s := &served{daily: newDaily(t, 0, jobfile.CompactMonths, "duckdb"), url: u.String()}

	// Those of before the job's tables went there are brought in, too.
	_, err = s.run()
	check(t, err)
	s.spec.To, s.spec.PostgresSchema = append(s.spec.To, "postgres"), "spaces_of_mine"
	s.done("first", 2)
	if says := s.says(); len(says) > 0 {
		t.Errorf("status says %q", says)
	}

	server.Stop()
	r, err := s.run()
	var behind *pipeline.DestinationError
	if !errors.As(err, &behind) || !r.Manifest.Run.Outcome.Complete() || !r.Manifest.LoadsTo("postgres") || r.Elsewhere != nil || r.DuckDB == "" {
		t.Fatalf("stopped: %v, %+v", err, r.Manifest)
	}
	if says := s.says(); len(says) != 1 || !strings.Contains(says[0], "problem: postgres: schema spaces_of_mine:") {
		t.Errorf("stopped: status says %q", says)
	}
	v, err := s.job().Verify(t.Context(), proof.Options{})
	if err != nil || len(v.Problems) > 0 || !strings.Contains(fmt.Sprint(v.Notes), "PostgreSQL is not compared: ") {
		t.Errorf("stopped: verify: %v, %q, %q", err, v.Problems, v.Notes)
	}
	check(t, server.Start())
	if says := s.says(); len(says) != 1 || !strings.Contains(says[0], "problem: postgres lacks 1 runs that other tables have") || !strings.HasSuffix(says[0], " --to postgres --postgres-schema spaces_of_mine") {
		t.Errorf("started: status says %q", says)
	}
	if _, err := s.job().Prune(t.Context(), false); err == nil || !strings.Contains(err.Error(), "until a run has brought PostgreSQL up: it lacks 1 run") {
		t.Errorf("started: prune: %v", err)
	}
	s.done("started again", 4) // the files of the first day are joined
	if _, err := s.job().Prune(t.Context(), false); err != nil {
		t.Errorf("prune: %v", err)
	}
	if n := s.replay(); n != 0 {
		t.Errorf("what is there was loaded again: %d runs", n)
	}
	v, err = s.job().Verify(t.Context(), proof.Options{})
	if err != nil || len(v.Problems) > 0 || !strings.Contains(fmt.Sprint(v.Notes), "its rows are not compared") {
		t.Errorf("verify: %v, %q, %q", err, v.Problems, v.Notes)
	}
	s.spec.PostgresSchema = ""
	v, err = s.job().Verify(t.Context(), proof.Options{})
	if err != nil || len(v.Problems) > 0 || !strings.Contains(fmt.Sprint(v.Notes), "name another with --postgres-schema") {
		t.Errorf("verify, unnamed: %v, %q, %q", err, v.Problems, v.Notes)
	}
	unasked := *s
	unasked.spec.To = nil
	if says := unasked.says(); len(says) != 1 || !strings.HasPrefix(says[0], "note: ") {
		t.Errorf("without the job status says %q", says)
	}

	// A schema of another name is made of the store, from files, and where there are none
	// from pages.
	s.spec.PostgresSchema = "another"
	manifest, err := s.store.Manifest(r.Manifest.Run.RunID)
	check(t, err)
	for _, part := range manifest.Files {
		_ = os.Remove(filepath.Join(s.store.Parquet(), filepath.FromSlash(part.Path))) // joined ones are elsewhere
	}
	if n := s.replay(); n != 4 {
		t.Errorf("%d runs were loaded, want 4", n)
	}
	s.has("replayed", 4)

	// Nothing tells the password.
	if _, err := postgres.Open(t.Context(), postgres.Config{URL: "postgres://x:" + postgresPassword + "@" + t.TempDir() + ":99999/x"}); err == nil || strings.Contains(err.Error(), postgresPassword) {
		t.Errorf("settings that are none: %v", err)
	}
	for _, text := range []string{s.log.String(), fmt.Sprint(behind), fmt.Sprint(v)} {
		if strings.Contains(text, postgresPassword) {
			t.Error("the password is told")
		}
	}
	for _, run := range []string{"plan.json", "manifest.json"} {
		if text, err := os.ReadFile(s.store.RunFile(r.Manifest.Run.RunID, run)); err == nil && bytes.Contains(text, []byte(postgresPassword)) {
			t.Errorf("the password is in %s", run)
		}
	}

	// Alone it gets what pages make.
	alone := &served{daily: newDaily(t, 0, jobfile.CompactMonths), url: s.url}
	alone.spec.To, alone.spec.PostgresSchema, alone.spec.With, alone.spec.Creators = []string{"postgres"}, "alone", nil, nil
	alone.done("alone", 1)
	server.Stop()
	if _, err := alone.run(); !errors.As(err, &behind) {
		t.Errorf("alone, stopped: %v", err)
	}
	check(t, server.Start())
	alone.done("alone again", 3)
	if left, _ := filepath.Glob(filepath.Join(alone.spec.Store, "*part*")); len(left) > 0 {
		t.Errorf("alone it leaves %q", left)
	}
	if says := alone.says(); len(says) > 0 {
		t.Errorf("alone: status says %q", says)
	}
}
