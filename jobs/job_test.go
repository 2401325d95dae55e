package jobs_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// What a caller has to decide about is told by types.
func TestErrorsOfJobsHaveTypes(t *testing.T) {
	good := jobs.Spec{IDs: []string{"1SLjjRYNejbKM"}, Store: filepath.Join(t.TempDir(), "none")}
	one := jobs.Options{Tokens: jobs.Tokens{App: "token-of-the-job-test"}}
	run := func(spec jobs.Spec, o jobs.Options) error {
		_, err := jobs.Open(spec, o).Run(t.Context())
		return err
	}
	var (
		invalid *jobs.InvalidError
		token   *jobs.TokenError
		client  *jobs.ClientError
		none    *jobs.NoRunError
	)
	if err := run(jobs.Spec{Workers: -1}, one); !errors.As(err, &invalid) || len(invalid.Problems) != 2 {
		t.Errorf("no seeds and -1 workers: got %v, want two problems", err)
	}
	if err := run(jobs.Spec{IDsFile: good.Store}, one); !errors.As(err, &invalid) || invalid.Problems[0].Key != "ids_file" {
		t.Errorf("a file of ids that is not there: got %v", err)
	}
	if err := run(good, jobs.Options{}); !errors.As(err, &token) || token.Of != "" {
		t.Errorf("no token: got %v", err)
	}
	buyers := good
	buyers.With = []string{"buyers"}
	if err := run(buyers, one); !errors.As(err, &token) || token.Of != "buyers" {
		t.Errorf("buyers with an app's token: got %v", err)
	}
	if err := run(good, jobs.Options{Tokens: jobs.Tokens{App: "to ken"}}); !errors.As(err, &client) {
		t.Errorf("a token with a space: got %v", err)
	}
	job := jobs.Open(good, one)
	_, status := job.Status(t.Context(), jobs.StatusOptions{})
	_, verify := job.Verify(t.Context(), proof.Options{})
	_, cost := job.Cost(t.Context())
	for _, err := range []error{status, verify, cost} {
		if !errors.As(err, &none) || none.Store != good.Store {
			t.Errorf("a store without runs: got %v", err)
		}
	}
	if _, err := job.Plan(t.Context()); err != nil {
		t.Errorf("plan needs no store: got %v", err)
	}
}

// Each verb works on a store that a job left, and a replay of one run into
// another folder makes the same files.
func TestVerbsOfAStore(t *testing.T) {
	t.Parallel()
	spec := jobs.Spec{Store: smallStore(t)}
	job := jobs.Open(spec, jobs.Options{})
	o, err := job.Status(t.Context(), jobs.StatusOptions{})
	if err != nil || !o.Healthy || len(o.Runs) != 1 {
		t.Fatalf("status: %+v, %v", o, err)
	}
	if s, err := job.Cost(t.Context()); err != nil || s.High <= 0 || s.High != o.Runs[0].High {
		t.Errorf("cost: %v to %v, %v; status says %v", s.Low, s.High, err, o.Runs[0].High)
	}
	again := t.TempDir()
	for r, err := range job.Replay(t.Context(), jobs.ReplayOptions{Run: o.Runs[0].RunID, Out: again}) {
		if err != nil || r.Parquet != store.Dir(again).Parquet() || r.Manifest.Run.RunID != o.Runs[0].RunID {
			t.Fatalf("replay: %+v, %v", r, err)
		}
	}
	if diff := sameFilesBelow(filepath.Join(spec.Store, "parquet"), filepath.Join(again, "parquet")); diff != "" {
		t.Errorf("replay: %s", diff)
	}
	v, err := jobs.Open(jobs.Spec{Store: again}, jobs.Options{}).Verify(t.Context(), proof.Options{})
	if err != nil || len(v.Problems) > 0 || v.Files == 0 || !slices.ContainsFunc(v.Notes, func(text string) bool { return strings.Contains(text, "in another store: 1;") }) {
		t.Errorf("verify of what was made there: %v, %+v", err, v)
	}
	page, err := job.Report(t.Context(), jobs.ReportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var html bytes.Buffer
	if err := page.Write(&html); err != nil || !bytes.HasPrefix(html.Bytes(), []byte("<!doctype html>")) {
		t.Errorf("report: %d bytes, %v", html.Len(), err)
	}
}
