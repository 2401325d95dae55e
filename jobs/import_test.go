package jobs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/imports"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// importing imports a file of the scene.
func (s *scene) importing(text string) jobs.Imported {
	s.Helper()
	r, err := s.tryImport(text)
	if err != nil || r.Manifest == nil && !r.Already {
		s.Fatalf("imported %+v: %v", r.Found, err)
	}
	return r
}

func (s *scene) tryImport(text string) (jobs.Imported, error) {
	s.Helper()
	file := filepath.Join(s.TempDir(), "answers.jsonl")
	at := s.clock.Now()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		s.Fatal(err)
	}
	if err := os.Chtimes(file, at, at); err != nil {
		s.Fatal(err)
	}
	o := s.opts
	o.Now = s.clock.Now
	return jobs.Open(s.spec, o).Import(s.Context(), imports.Config{Paths: []string{file}}, false)
}

func (s *scene) row(query string) string {
	s.Helper()
	db := openStore(s.T, s.spec.Store)
	defer db.Close()
	return strings.Join(printedRows(s.T, db, query)[1], " ")
}

// What is imported beside a job's runs changes no row that is newer, empties no list of
// which it does not tell, costs nothing, and is not followed.
func TestImportsBesideRuns(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newScene(t, jobs.Spec{To: []string{"parquet", "duckdb"}, Follow: jobfile.FollowOpen}, simulator.Config{})
	s.spec.IDs = s.world.SpaceIDs(3)
	s.start().wants(s, schemas.Done, "spaces", 1)
	spent := func() schemas.Money {
		cost, err := jobs.Open(s.spec, s.opts).Cost(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return cost.High
	}
	id := s.row("SELECT space_id FROM space_users GROUP BY ALL ORDER BY count(*) DESC, space_id")
	look := fmt.Sprintf("SELECT title, state, (SELECT count(*) FROM space_users WHERE space_id = '%[1]s'), (SELECT count(*) FROM space_topics WHERE space_id = '%[1]s') FROM spaces WHERE space_id = '%[1]s'", id)
	before, paid := s.row(look), spent()

	older := fmt.Sprintf(`{"data":[{"id":"%s","state":"scheduled","title":"older"},{"id":"1imported0nly","state":"live","title":"another"}],"__twarc":{"url":"https://api.twitter.com/2/spaces?ids=%[1]s,1imported0nly&space.fields=title,state,host_ids&expansions=speaker_ids,host_ids,topic_ids","retrieved_at":"2022-03-04T05:06:07+00:00"}}`+"\n", id)
	s.clock.pass(time.Hour)
	first := s.importing(older)
	if got := s.row(look); got != before {
		t.Errorf("an older answer made %q of %q", got, before)
	}
	if got := s.row("SELECT title FROM spaces WHERE space_id = '1imported0nly'"); got != "another" {
		t.Errorf("its other Space has the title %q", got)
	}
	if again := s.importing(older); !again.Already || again.Run != first.Run {
		t.Errorf("again it is run %s, and %v", again.Run, again.Already)
	}

	s.clock.pass(time.Hour)
	s.importing(fmt.Sprintf(`{"data":[{"id":"%s","state":"ended"}]}`+"\n", id))
	fields := strings.Fields(before)
	n := len(fields)
	want := strings.Join(slices.Concat(fields[:n-3], []string{"ended"}, fields[n-2:]), " ")
	if got := s.row(look); got != want {
		t.Errorf("a newer answer, of which nobody knows what was asked, made %q of %q", got, want)
	}
	if got := s.row("SELECT count(*), sum(requests) FROM runs WHERE job = 'import'"); got != "2 0" {
		t.Errorf("imported runs and their requests: %s", got)
	}
	if now := spent(); now != paid {
		t.Errorf("spent %s, and before the imports %s", now, paid)
	}
	if found := s.problems(); len(found) > 0 {
		t.Errorf("status finds %q", found)
	}
	broken := strings.Replace(older, "2022", "2021", 1)
	s.opts.Step = func(name, _ string) error {
		if name == "prepared" {
			return syscall.ENOSPC
		}
		return nil
	}
	if _, err := s.tryImport(broken); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("imported onto a full disk: %v", err)
	}
	s.opts.Step = nil
	b := s.start()
	if found := s.problems(); len(found) != 1 || !strings.Contains(found[0], "was not finished") {
		t.Errorf("after an import that did not end, and a run, status finds %q", found)
	}
	s.importing(broken)
	if found := s.problems(); len(found) > 0 {
		t.Errorf("repeated, status finds %q", found)
	}
	if looked := append(b.members("spaces"), b.members("space")...); slices.Contains(looked, "1imported0nly") || b.err != nil {
		t.Errorf("the next run looked up %v: %v", looked, b.err)
	}
	s.verified()
}

// An import that is killed at any step, and repeated, ends as one that was not.
func TestKilledImportsEndAsAnUndisturbedOne(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "answers.jsonl")
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, `{"data":[{"id":"1a%d","state":"live","host_ids":["%d"]}],"__twarc":{"url":"https://h/2/spaces/1a%[1]d?space.fields=state,host_ids","retrieved_at":"2022-03-04T05:06:07Z"}}`+"\n", i, i+1)
	}
	if err := os.WriteFile(file, []byte(text.String()+"and no JSON\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	job := func(store string) *fragile {
		return &fragile{Spec: jobs.Spec{Store: filepath.Join(dir, store), To: []string{"parquet"}}, Import: []string{file}}
	}
	whole := job("whole")
	if err := whole.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, at := range firstOf(whole.steps) {
		if !job(name).killed(t, at) {
			t.Errorf("step %d, %s, was not reached", at, name)
		}
		if err := job(name).run(t.Context()); err != nil {
			t.Errorf("killed at %s, then: %v", name, err)
		}
		for _, part := range []string{"parquet", "runs"} {
			if diff := sameFilesBelow(filepath.Join(dir, "whole", part), filepath.Join(dir, name, part)); diff != "" {
				t.Errorf("killed at %s: %s", name, diff)
			}
		}
	}
	t.Logf("killed at %d kinds of steps", len(firstOf(whole.steps)))
}
