package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// The command that status prints gives the job as it was given, by flags and the
// environment: it goes on with the run, within the job's budget.
func TestStatusGivesTheCommandThatResumes(t *testing.T) {
	world, url := worldToResume(t)
	t.Chdir(t.TempDir())
	t.Setenv("SPACESETL_BASE_URL", url)
	dir := filepath.Join(".", "a store")
	k := kill(t, world, dir, "run", "--store", dir, "--name", "it's", "--ids", strings.Join(world.SpaceIDs(3), ","),
		"--creators", "@"+world.Usernames(1)[0]+","+world.CreatorIDs(1)[0], "--search", world.SearchWord()+", x", "--state", "live", "--with", "tweets", "--users", "batch",
		"--budget-day", "50", "--max-wait", "5m", "--private=false", "--progress", "none", "--ping-url", "http://127.0.0.1:1/secret")
	k.dir, _ = filepath.Abs(dir)
	command := k.advice(t)
	for _, want := range []string{"spacesetl run ", " --base-url " + url, " --budget-day 50", " --max-wait 5m0s", " --private=false", " --store '" + k.dir + "'"} {
		if !strings.Contains(command, want) {
			t.Errorf("no %q in %s", want, command)
		}
	}
	if strings.Contains(command, "secret") || strings.Contains(command, "progress") {
		t.Errorf("what is not the job's is in %s", command)
	}
	os.Unsetenv("SPACESETL_BASE_URL")
	k.goesOn(t, command)
}

// Of a job in a file the command names that. Where the file is no more what it
// was, that is said.
func TestStatusNamesTheJobFile(t *testing.T) {
	world, url := worldToResume(t)
	t.Chdir(t.TempDir())
	job := "name: filed\nids: [" + world.SpaceIDs(1)[0] + "]\nbase_url: ${GATE}\nbudget: {usd_per_day: 50}\nstore: kept\n"
	write := func(text string) {
		if err := os.WriteFile("job.yaml", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(job)
	t.Setenv("GATE", url)
	k := kill(t, world, "kept", "run", "job.yaml")
	file, _ := filepath.Abs("job.yaml")
	k.dir, _ = filepath.Abs("kept")
	if got, want := k.advice(t), "spacesetl run -f "+file; got != want {
		t.Errorf("beside its store: got %s, want %s", got, want)
	}
	write(job + "search: other\n")
	if got, want := k.advice(t), file+" asks for something else now, and running it does that; to give this run up: spacesetl abandon "+k.run+" --store "+k.dir; got != want {
		t.Errorf("edited: got %s, want %s", got, want)
	}
	write(strings.Replace(job, "GATE", "NO_GATE", 1))
	if got, want := k.advice(t), "mend the job file ("+file+":3: base_url: ${NO_GATE} is not set"; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, ", then: spacesetl run -f "+file) {
		t.Errorf("without its variable: got %s, want %s…", got, want)
	}
	os.Remove("job.yaml")
	if got, want := k.advice(t), "put the job file "+file+" back, and run it; or give this run up: spacesetl abandon "+k.run+" --store "+k.dir; got != want {
		t.Errorf("gone: got %s, want %s", got, want)
	}
	write(job)
	t.Chdir(t.TempDir())
	command := k.advice(t)
	if want := "spacesetl run -f " + file + " --store " + k.dir; command != want {
		t.Errorf("from elsewhere: got %s, want %s", command, want)
	}
	k.goesOn(t, command)
}

// A note holds no secret, and a run without one gets no command that would do
// something else.
func TestNotesOfJobs(t *testing.T) {
	t.Chdir(t.TempDir())
	here, _ := filepath.Abs(".")
	if err := os.WriteFile("job.yaml", []byte("ids: a\nstore: kept\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(here, "job.yaml")
	for _, c := range []struct {
		args []string
		want store.JobNote
	}{
		{[]string{"job.yaml", "--output", "json", "--log-level", "warn", "--metrics-file", "m.prom"}, store.JobNote{File: file}},
		{[]string{"-f", "job.yaml", "--budget-run", "5"}, store.JobNote{File: file, Flags: []string{"run", "--budget-run", "5", "--file", file, "--store", filepath.Join(here, "kept")}}},
		{[]string{"--ids", "a", "--resume"}, store.JobNote{Flags: []string{"run", "--ids", "a", "--store", filepath.Join(here, "spacesetl-store")}}},
		{[]string{"--ids", "a", "--base-url", "https://gate.example/s3cret"}, store.JobNote{}},
		{[]string{"--ids", "a", "--base-url", "https://gate.example/", "--pushgateway", "http://u:s3cret@push.example"}, store.JobNote{Flags: []string{"run", "--base-url", "https://gate.example/", "--ids", "a", "--store", filepath.Join(here, "spacesetl-store")}}},
	} {
		got := originOf(t, append([]string{"run"}, c.args...)...)
		if got.File != c.want.File || jobs.Command(got.Flags...) != jobs.Command(c.want.Flags...) {
			t.Errorf("%q: got %+v, want %+v", c.args, got, c.want)
		}
	}
}

func TestStatusWithoutAStoreIsAUsageError(t *testing.T) {
	code, _, stderr := spoken(t, "status", "--store", filepath.Join(t.TempDir(), "none"))
	if code != 2 || !strings.Contains(stderr, "name the store of a job that has run") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
