package ready

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// tool is the path of a program that checks what we write. CI has them all.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("SPACESETL_TOOLS") == "required" {
		t.Fatalf("%s is not installed, and SPACESETL_TOOLS=required wants it", name)
	}
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// load loads a job with these variables.
func load(t *testing.T, text string, variables map[string]string) (jobs.Spec, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "job.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	env := func(name string) (string, bool) { value, set := variables[name]; return value, set }
	return jobfile.Load(file, env, nil)
}

// given is the environment that a ready-made job needs.
func given(t *testing.T, r Job) map[string]string {
	t.Helper()
	if r.Needs.File == "" {
		return map[string]string{r.Needs.Name: r.Needs.Example}
	}
	file := filepath.Join(t.TempDir(), r.Needs.File)
	if err := os.WriteFile(file, []byte(r.Needs.Example), 0o644); err != nil {
		t.Fatal(err)
	}
	return map[string]string{r.Needs.Name: file}
}

func TestReadyMadeJobsAreValidOnceTheirVariableIsGiven(t *testing.T) {
	for _, r := range Jobs() {
		spec, err := load(t, r.YAML, given(t, r))
		if err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		if spec.Name != r.Name || spec.Store != "./"+r.Name || spec.Budget.Day == 0 || spec.Deadline == 0 || spec.Users != jobfile.UsersBatch || spec.Follow != jobfile.FollowOpen {
			t.Errorf("%s: %+v", r.Name, spec)
		}
		if first, _, _ := strings.Cut(r.YAML, "\n"); first != "# yaml-language-server: $schema="+jobfile.SchemaURL {
			t.Errorf("%s begins with %q, want the line for editors", r.Name, first)
		}
		if r.About == "" || len(r.About) > 90 {
			t.Errorf("%s is about %q, want one line", r.Name, r.About)
		}
		if r.Needs.File != "" {
			continue // that variable has a default
		}
		if _, err := load(t, r.YAML, nil); err == nil || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), "set "+r.Needs.Name+" in the environment") {
			t.Errorf("%s without its variable: %v", r.Name, err)
		}
	}
}

// What the README shows of the ready-made jobs is what there is.
func TestReadmeListsEveryReadyMadeJob(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Jobs() {
		if want := fmt.Sprintf("%-17s  %-12s  %-8s  %s\n", r.Name, r.Schedule.Cron(), r.Needs.Name, r.About); !strings.Contains(string(text), want) {
			t.Errorf("no %q in the README", want)
		}
	}
}

// What cron runs, systemd runs at the same time.
func TestSchedulesAreTheSameForAll(t *testing.T) {
	systemd := tool(t, "systemd-analyze")
	base := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for _, r := range Jobs() {
		schedule, err := cron.ParseStandard(r.Schedule.Cron())
		if err != nil {
			t.Fatalf("%s: %v", r.Name, err)
		}
		out, err := exec.Command(systemd, "calendar", "--base-time="+base.Format(time.DateTime)+" UTC", "--iterations=9", r.Schedule.Calendar()).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", r.Name, err, out)
		}
		var got []string
		for line := range strings.Lines(string(out)) {
			if _, at, ok := strings.Cut(line, ": "); ok && (strings.Contains(line, "Next elapse") || strings.Contains(line, "Iter.")) {
				got = append(got, strings.TrimSpace(at))
			}
		}
		at := base
		for i := range 9 {
			at = schedule.Next(at)
			if want := at.Format("Mon 2006-01-02 15:04:05 UTC"); i >= len(got) || got[i] != want {
				t.Fatalf("%s: run %d: cron at %s, systemd at %v", r.Name, i, want, got)
			}
		}
	}
}

func TestSystemdTakesTheUnits(t *testing.T) {
	systemd := tool(t, "systemd-analyze")
	bin, err := os.Executable() // a program that is there
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Jobs() {
		for _, user := range []string{"", "daemon"} {
			dir := t.TempDir()
			args := []string{"verify"}
			for _, f := range deploy(t, r, "systemd", Deployment{Bin: bin, User: user}) {
				path := filepath.Join(dir, f.Name)
				if err := os.WriteFile(path, []byte(f.Text), 0o644); err != nil {
					t.Fatal(err)
				}
				args = append(args, path)
			}
			if out, err := exec.Command(systemd, args...).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s for %q: %v\n%s", r.Name, user, err, out)
			}
		}
	}
}

// The verifier does see mistakes.
func TestSystemdRefusesAWrongUnit(t *testing.T) {
	systemd := tool(t, "systemd-analyze")
	file := filepath.Join(t.TempDir(), "wrong.service")
	if err := os.WriteFile(file, []byte("[Service]\nType=oneshot\nExecStart=/no/such/program\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(systemd, "verify", file).CombinedOutput(); err == nil {
		t.Errorf("no error; it says %q", out)
	}
}

func deploy(t *testing.T, r Job, scheduler string, d Deployment) []File {
	t.Helper()
	files, err := r.Deploy(scheduler, d)
	if err != nil {
		t.Fatalf("%s for %s: %v", r.Name, scheduler, err)
	}
	for _, f := range files {
		if strings.Contains(f.Text, "<no value>") || strings.Contains(f.Text, "\t") || strings.Contains(f.Text, " \n") {
			t.Errorf("%s: an empty value, a tab or a blank at the end of a line in\n%s", f.Name, f.Text)
		}
	}
	return files
}

func TestServiceCountsEarlyStopsAsSuccess(t *testing.T) {
	text := deploy(t, Jobs()[0], "systemd", Deployment{User: "nobody", JobFile: "/srv/jobs/mine.yaml", Memory: 768 << 20})[0].Text
	for _, want := range []string{
		"\nSuccessExitStatus=75 143\n", "\nUser=nobody\n", "\nEnvironmentFile=/srv/jobs/mine.env\n", "\nMemoryMax=1024M\n",
		"\nExecStart=/usr/local/bin/spacesetl run -f /srv/jobs/mine.yaml --memory 768MiB\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "DynamicUser") {
		t.Error("two users")
	}
}

// printsKwargs prints the literal arguments of the two calls that make a DAG.
const printsKwargs = `
import ast, json, sys
text = sys.stdin.read()
compile(text, "dag.py", "exec")
calls = {}
for node in ast.walk(ast.parse(text)):
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        calls[node.func.id] = {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg != "start_date"}
json.dump(calls, sys.stdout)
`

func TestPythonTakesTheDAG(t *testing.T) {
	python := tool(t, "python3")
	for _, r := range Jobs() {
		cmd := exec.Command(python, "-c", printsKwargs)
		cmd.Stdin = strings.NewReader(deploy(t, r, "airflow", Deployment{})[0].Text)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", r.Name, err, out)
		}
		var calls struct {
			DAG struct {
				DAGID         string `json:"dag_id"`
				Schedule      string `json:"schedule"`
				Catchup       *bool  `json:"catchup"`
				MaxActiveRuns int    `json:"max_active_runs"`
			}
			BashOperator struct {
				TaskID         string            `json:"task_id"`
				Command        string            `json:"bash_command"`
				Env            map[string]string `json:"env"`
				AppendEnv      bool              `json:"append_env"`
				SkipOnExitCode []int             `json:"skip_on_exit_code"`
			}
		}
		if err := json.Unmarshal(out, &calls); err != nil {
			t.Fatalf("%s: %v\n%s", r.Name, err, out)
		}
		d, task := calls.DAG, calls.BashOperator
		if d.DAGID != "spacesetl-"+r.Name || d.Schedule != r.Schedule.Cron() || d.Catchup == nil || *d.Catchup || d.MaxActiveRuns != 1 {
			t.Errorf("%s: DAG %+v", r.Name, d)
		}
		if !strings.Contains(task.Command, "spacesetl run -f /etc/spacesetl/"+r.Name+".yaml") || !task.AppendEnv || len(task.SkipOnExitCode) != 1 || task.SkipOnExitCode[0] != 75 {
			t.Errorf("%s: task %+v", r.Name, task)
		}
		secret := "X_BEARER_TOKEN"
		if r.Logins {
			secret = "SPACESETL_TOKEN_FILE"
		}
		if want := "{{ var.value.spacesetl_" + strings.ToLower(r.Needs.Name) + " }}"; task.Env[r.Needs.Name] != want || task.Env[secret] == "" || len(task.Env) != 2 {
			t.Errorf("%s: environment %v, want %s and %s", r.Name, task.Env, want, secret)
		}
	}
}

func TestDeployRefusesWordsThatASchedulerWouldRead(t *testing.T) {
	r := Jobs()[0]
	for _, word := range []string{"a b", "a;b", "$(x)", "a%b", "a\nb", "'", "{{x}}", "#"} {
		for _, d := range []Deployment{{Bin: word}, {Image: word}, {JobFile: word}, {User: word}} {
			for _, scheduler := range Schedulers() {
				if files, err := r.Deploy(scheduler, d); err == nil {
					t.Errorf("%s with %+v: %v, want an error", scheduler, d, files)
				}
			}
		}
	}
	if _, err := r.Deploy("systend", Deployment{}); err == nil || !strings.Contains(err.Error(), `did you mean "systemd"?`) {
		t.Errorf("error %v", err)
	}
}
