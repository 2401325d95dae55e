//go:build unix

package ready

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/robfig/cron/v3"
)

// What a scheduler sees of each exit code of a run.
var exitCodes = map[int]int{0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 75: 0, 137: 137}

// fake is a program that says what it was given and ends with $CODE.
const fake = "#!/bin/sh\necho \"ran $* with [$CREATORS$TOPICS$IDS_FILE]\"\nexit $CODE\n"

func writeProgram(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "spacesetl")
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// ended is the exit code of a command, and what it printed.
func ended(t *testing.T, cmd *exec.Cmd) (int, string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestCronMailsFailuresOnly(t *testing.T) {
	for _, r := range Jobs() {
		dir := t.TempDir()
		bin := writeProgram(t, fake)
		text := deploy(t, r, "cron", Deployment{Bin: bin, JobFile: filepath.Join(dir, "job.yaml")})[0].Text
		line := text[strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n")+1:]
		fields := strings.SplitN(line, " ", 6)
		if _, err := cron.ParseStandard(strings.Join(fields[:5], " ")); err != nil || strings.Contains(line, "%") {
			t.Errorf("%q: %v, or a %% that cron takes for a new line", line, err)
		}
		for comment := range strings.Lines(strings.TrimSuffix(text, line)) {
			if !strings.HasPrefix(comment, "# ") {
				t.Errorf("a second line in %q", text)
			}
		}
		value := strings.ReplaceAll(r.Needs.Example, "\n", "|")
		if err := os.WriteFile(filepath.Join(dir, "job.env"), []byte(r.Needs.Name+"=\""+value+"\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for code, want := range exitCodes {
			cmd := exec.Command("/bin/sh", "-c", strings.ReplaceAll(fields[5], "/var/lib/spacesetl", dir))
			cmd.Env = append(os.Environ(), "CODE="+strconv.Itoa(code))
			got, out := ended(t, cmd)
			said := "ran run -f " + dir + "/job.yaml --memory 1536MiB with [" + value + "]\n"
			if want == 0 {
				log, err := os.ReadFile(filepath.Join(dir, r.Name+".log"))
				if got != 0 || out != "" || err != nil || string(log) != said {
					t.Errorf("%s after %d: exit code %d, mailed %q, logged %q, %v; want 0, nothing mailed, and %q", r.Name, code, got, out, log, err, said)
				}
			} else if got != want || out != said {
				t.Errorf("%s after %d: exit code %d, mailed %q; want %d and %q", r.Name, code, got, out, want, said)
			}
		}
	}
}

func TestCronDFilesNameTheUser(t *testing.T) {
	text := deploy(t, Jobs()[0], "cron", Deployment{User: "etl"})[0].Text
	if !strings.Contains(text, "\n17 * * * * etl cd ") {
		t.Errorf("no user in\n%s", text)
	}
}

func TestContainerEndsAsTheRunDoes(t *testing.T) {
	for _, r := range Jobs() {
		_, _, job := kubernetes(t, r, Deployment{})
		script := job.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args[0]
		for code, want := range exitCodes {
			cmd := exec.Command("/bin/sh", "-c", script)
			cmd.Env = []string{"PATH=" + filepath.Dir(writeProgram(t, fake)) + ":" + os.Getenv("PATH"), "CODE=" + strconv.Itoa(code)}
			if got, out := ended(t, cmd); got != want || !strings.HasPrefix(out, "ran run -f /etc/spacesetl/job.yaml") {
				t.Errorf("%s after %d: exit code %d, want %d; %q", r.Name, code, got, want, out)
			}
		}
	}
}

// A pod that is told to end passes that on and waits for the checkpoint.
func TestContainerPassesSIGTERMOn(t *testing.T) {
	_, _, job := kubernetes(t, Jobs()[0], Deployment{})
	dir := t.TempDir()
	cmd := exec.Command("/bin/sh", "-c", job.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args[0])
	slow := writeProgram(t, "#!/bin/sh\ntrap 'sleep 0.05; touch checkpoint; exit 143' TERM\ntouch began\nwhile :; do sleep 0.01; done\n")
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + filepath.Dir(slow) + ":" + os.Getenv("PATH")}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "began")); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the program does not begin")
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if _, err := os.Stat(filepath.Join(dir, "checkpoint")); err != nil || cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("exit code %d, want 143; checkpoint: %v", cmd.ProcessState.ExitCode(), err)
	}
}

// The parts of Kubernetes' objects that a job has, and no others.
type (
	metadata struct {
		Name string `yaml:"name"`
	}
	configMap struct {
		APIVersion string            `yaml:"apiVersion"`
		Kind       string            `yaml:"kind"`
		Metadata   metadata          `yaml:"metadata"`
		Data       map[string]string `yaml:"data"`
	}
	volumeClaim struct {
		APIVersion string   `yaml:"apiVersion"`
		Kind       string   `yaml:"kind"`
		Metadata   metadata `yaml:"metadata"`
		Spec       struct {
			AccessModes []string `yaml:"accessModes"`
			Resources   struct {
				Requests map[string]string `yaml:"requests"`
			} `yaml:"resources"`
		} `yaml:"spec"`
	}
	cronJob struct {
		APIVersion string   `yaml:"apiVersion"`
		Kind       string   `yaml:"kind"`
		Metadata   metadata `yaml:"metadata"`
		Spec       struct {
			Schedule                string `yaml:"schedule"`
			TimeZone                string `yaml:"timeZone"`
			ConcurrencyPolicy       string `yaml:"concurrencyPolicy"`
			StartingDeadlineSeconds int    `yaml:"startingDeadlineSeconds"`
			JobTemplate             struct {
				Spec struct {
					BackoffLimit     *int           `yaml:"backoffLimit"`
					PodFailurePolicy map[string]any `yaml:"podFailurePolicy"`
					Template         struct {
						Spec podSpec `yaml:"spec"`
					} `yaml:"template"`
				} `yaml:"spec"`
			} `yaml:"jobTemplate"`
		} `yaml:"spec"`
	}
	podSpec struct {
		RestartPolicy                 string         `yaml:"restartPolicy"`
		AutomountServiceAccountToken  *bool          `yaml:"automountServiceAccountToken"`
		TerminationGracePeriodSeconds int            `yaml:"terminationGracePeriodSeconds"`
		SecurityContext               map[string]any `yaml:"securityContext"`
		Containers                    []container    `yaml:"containers"`
		Volumes                       []struct {
			Name                  string `yaml:"name"`
			PersistentVolumeClaim struct {
				ClaimName string `yaml:"claimName"`
			} `yaml:"persistentVolumeClaim"`
			ConfigMap metadata       `yaml:"configMap"`
			EmptyDir  map[string]any `yaml:"emptyDir"`
		} `yaml:"volumes"`
	}
	container struct {
		Name       string   `yaml:"name"`
		Image      string   `yaml:"image"`
		WorkingDir string   `yaml:"workingDir"`
		Command    []string `yaml:"command"`
		Args       []string `yaml:"args"`
		Env        []struct {
			Name      string                       `yaml:"name"`
			Value     string                       `yaml:"value"`
			ValueFrom map[string]map[string]string `yaml:"valueFrom"`
		} `yaml:"env"`
		Resources struct {
			Requests map[string]string `yaml:"requests"`
			Limits   map[string]string `yaml:"limits"`
		} `yaml:"resources"`
		SecurityContext struct {
			AllowPrivilegeEscalation *bool               `yaml:"allowPrivilegeEscalation"`
			ReadOnlyRootFilesystem   bool                `yaml:"readOnlyRootFilesystem"`
			Capabilities             map[string][]string `yaml:"capabilities"`
		} `yaml:"securityContext"`
		VolumeMounts []struct {
			Name      string `yaml:"name"`
			MountPath string `yaml:"mountPath"`
			ReadOnly  bool   `yaml:"readOnly"`
		} `yaml:"volumeMounts"`
	}
)

// kubernetes reads the three objects of a job.
func kubernetes(t *testing.T, r Job, d Deployment) (configMap, volumeClaim, cronJob) {
	t.Helper()
	parts := strings.Split(deploy(t, r, "kubernetes", d)[0].Text, "\n---\n")
	if len(parts) != 3 {
		t.Fatalf("%s: %d objects, want 3", r.Name, len(parts))
	}
	var (
		m configMap
		v volumeClaim
		j cronJob
	)
	for i, into := range []any{&m, &v, &j} {
		if err := yaml.UnmarshalWithOptions([]byte(parts[i]+"\n"), into, yaml.Strict()); err != nil {
			t.Fatalf("%s: object %d: %v\n%s", r.Name, i, err, parts[i])
		}
	}
	return m, v, j
}

func TestKubernetesObjectsFitTogether(t *testing.T) {
	for _, r := range Jobs() {
		m, v, j := kubernetes(t, r, Deployment{Image: "example.org/etl@sha256:abc", Memory: 900 << 20})
		name := "spacesetl-" + r.Name
		if m.Kind+v.Kind+j.Kind != "ConfigMapPersistentVolumeClaimCronJob" || m.APIVersion+v.APIVersion+j.APIVersion != "v1v1batch/v1" ||
			m.Metadata.Name != name || v.Metadata.Name != name || j.Metadata.Name != name {
			t.Errorf("%s: %+v %+v %+v", r.Name, m, v, j.Metadata)
		}
		if m.Data["job.yaml"] != r.YAML {
			t.Errorf("%s: job\n%s", r.Name, m.Data["job.yaml"])
		}
		if value := m.Data[r.Needs.Name] + m.Data[r.Needs.File]; value != r.Needs.Example {
			t.Errorf("%s: example %q, want %q", r.Name, value, r.Needs.Example)
		}
		if s := j.Spec; s.Schedule != r.Schedule.Cron() || s.TimeZone != "Etc/UTC" || s.ConcurrencyPolicy != "Forbid" || *s.JobTemplate.Spec.BackoffLimit != 0 {
			t.Errorf("%s: cron job %+v", r.Name, s)
		}
		checkPod(t, r, j.Spec.JobTemplate.Spec.Template.Spec)
	}
}

func checkPod(t *testing.T, r Job, pod podSpec) {
	t.Helper()
	c := pod.Containers[0]
	if pod.RestartPolicy != "Never" || *pod.AutomountServiceAccountToken || pod.SecurityContext["runAsNonRoot"] != true || *c.SecurityContext.AllowPrivilegeEscalation ||
		!c.SecurityContext.ReadOnlyRootFilesystem || c.SecurityContext.Capabilities["drop"][0] != "ALL" {
		t.Errorf("%s: security %+v, %+v", r.Name, pod, c.SecurityContext)
	}
	if c.Image != "example.org/etl@sha256:abc" || c.WorkingDir != "/data" || !strings.Contains(c.Args[0], "--memory 900MiB") || c.Resources.Limits["memory"] != "1200Mi" || c.Resources.Requests["memory"] != "900Mi" {
		t.Errorf("%s: container %+v", r.Name, c)
	}
	mounted := map[string]string{}
	for _, m := range c.VolumeMounts {
		mounted[m.Name] = m.MountPath
	}
	for _, v := range pod.Volumes {
		if mounted[v.Name] == "" {
			t.Errorf("%s: volume %s is not mounted", r.Name, v.Name)
		}
		delete(mounted, v.Name)
	}
	if len(mounted) > 0 {
		t.Errorf("%s: no volumes for %v", r.Name, mounted)
	}
	named := map[string]bool{}
	for _, e := range c.Env {
		named[e.Name] = true
		if e.Name == "X_BEARER_TOKEN" && e.ValueFrom["secretKeyRef"]["key"] != "X_BEARER_TOKEN" {
			t.Errorf("%s: the token is not from a secret: %+v", r.Name, e)
		}
	}
	if !named[r.Needs.Name] || named["X_BEARER_TOKEN"] == r.Logins || named["SPACESETL_TOKEN_FILE"] != r.Logins {
		t.Errorf("%s: environment %v", r.Name, named)
	}
}
