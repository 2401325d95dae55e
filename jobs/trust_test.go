package jobs

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// A job file cannot send the environment's tokens, or what else stands there, to an
// address of its own.
func TestTokensGoOnlyWhereTheUserSays(t *testing.T) {
	env := environment(map[string]string{"GATE": "https://gate.example/s3cret", "HOST": "gate.example"})
	gate := func(s *Spec) { s.Elsewhere("base_url"); s.BaseURL = "https://gate.example" }
	for _, c := range []struct {
		base     string
		override func(*Spec)
		sent     bool
	}{
		{"", nil, true},
		{"https://api.x.com", nil, true},
		{"https://api.twitter.com/", nil, true},
		{"http://127.0.0.1:8080", nil, true},
		{"http://localhost:8080", nil, true},
		{"${GATE}", nil, true},
		{"${GATE:-https://evil.example}", nil, true},
		{"https://evil.example", gate, true},
		{"https://evil.example", nil, false},
		{"${NONE:-https://evil.example}", nil, false},
		{"https://${HOST}", nil, false},
		{"https://evil.example/${HOST}", nil, false},
		{"${file:address}", nil, false},
		{"https://api.x.com.evil.example", nil, false},
		{"https://api.x.com:444", nil, false},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "address"), "https://evil.example/s3cret\n", 0o600)
		text := "ids: [1SLjjRYNejbKM]\n"
		if c.base != "" {
			text += "base_url: \"" + c.base + "\"\n"
		}
		file := write(t, filepath.Join(dir, "job.yaml"), text, 0o600)
		spec, err := jobfile.Load(file, env, c.override)
		if err != nil {
			t.Errorf("%s: %v", c.base, err)
			continue
		}
		spec.Store = filepath.Join(dir, "store")
		given := Tokens{App: "AAAAAAAAAAAAAAAA"}
		found, err := FindTokens(spec, filepath.Join(dir, "tokens.json"), "test", given)
		var trust *TrustError
		switch {
		case c.sent && (err != nil || found.App == "" || len(spec.Doubts()) > 0):
			t.Errorf("%s: got %v, %q; want the token sent", c.base, err, spec.Doubts())
		case !c.sent && (!errors.As(err, &trust) || len(spec.Doubts()) != 1):
			t.Errorf("%s: got %v, %q; want a TrustError", c.base, err, spec.Doubts())
		case !c.sent:
			for _, want := range []string{"base_url: ", "only the job file names it", "X_BEARER_TOKEN", "--base-url", "SPACESETL_BASE_URL"} {
				if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "gate.example") {
					t.Errorf("%s: %q does not say %q, or a secret", c.base, err, want)
				}
			}
			// Whoever finds tokens another way sends them as little.
			if _, err := Open(spec, Options{Tokens: given}).Run(t.Context()); !errors.As(err, &trust) {
				t.Errorf("%s: a run ends with %v, want a TrustError", c.base, err)
			}
			if _, err := os.Stat(spec.Store); err == nil {
				t.Errorf("%s: the run has begun", c.base)
			}
		}
	}
}

// An account is of its server: the user has logged in there, whatever names it.
func TestAnAccountOfTheServerIsNoDoubt(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "job.yaml"), "ids: [1SLjjRYNejbKM]\nbase_url: https://gate.example\n", 0o600)
	spec, err := jobfile.Load(file, nowhere, nil)
	if err != nil {
		t.Fatal(err)
	}
	account := Tokens{Accounts: []extract.Credential{{Name: "app", Kind: extract.AppCredential, Source: extract.Token("AAAAAAAAAAAAAAAA")}}}
	if err := account.entrusted(spec); err != nil {
		t.Errorf("an account alone: %v", err)
	}
	account.App = "AAAAAAAAAAAAAAAA"
	if err := account.entrusted(spec); err == nil {
		t.Error("beside an account the environment's token goes to an address of the job file")
	}
}

// Who else can write a job file decides what is asked with the user's tokens.
func TestNoTokenForAFileThatOthersWrite(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing there")
	}
	for mode, want := range map[os.FileMode]bool{0o600: true, 0o644: true, 0o444: true, 0o400: true, 0o666: false, 0o602: false, 0o777: false} {
		file := write(t, filepath.Join(t.TempDir(), "job.yaml"), "ids: [1SLjjRYNejbKM]\nbase_url: http://127.0.0.1:1\nretry_for: 1ms\n", mode)
		checkTrust(t, file, want, "can be written by other users", mode)
	}
	if os.Getuid() != 0 {
		return // only root can give files away
	}
	for ids, want := range map[[2]int]bool{{0, 0}: true, {0, 1}: false, {1, 0}: false, {54321, 54321}: true} {
		file := write(t, filepath.Join(t.TempDir(), "job.yaml"), "ids: [1SLjjRYNejbKM]\nbase_url: http://127.0.0.1:1\nretry_for: 1ms\n", 0o664)
		if err := os.Chown(file, ids[0], ids[1]); err != nil {
			t.Fatal(err)
		}
		if ids[0] == 54321 { // nobody's here; that group may be anybody's
			_ = os.Chmod(file, 0o644)
		}
		checkTrust(t, file, want, "", ids)
	}
}

func checkTrust(t *testing.T, file string, sent bool, says string, what any) {
	t.Helper()
	spec, err := jobfile.Load(file, nowhere, nil)
	if err != nil {
		t.Fatal(err)
	}
	spec.Store = filepath.Join(filepath.Dir(file), "store")
	var trust *TrustError
	_, err = Open(spec, Options{Tokens: Tokens{App: "AAAAAAAAAAAAAAAA"}, Client: func(c *extract.Config) { c.RetryFor = time.Millisecond }}).Run(t.Context())
	if errors.As(err, &trust) == sent || sent == (len(spec.Doubts()) > 0) {
		t.Errorf("%v: got %v, doubts %q; want the token sent: %v", what, err, spec.Doubts(), sent)
	}
	if !sent && !slices.ContainsFunc(spec.Doubts(), func(d string) bool { return strings.HasPrefix(d, file+" ") && strings.Contains(d, says) }) {
		t.Errorf("%v: %q does not say %q", what, spec.Doubts(), says)
	}
}

// A store from elsewhere advises nothing that takes tokens to its writer.
func TestAStoreDoesNotAdviseItsWritersAddress(t *testing.T) {
	j := &Job{store: store.Dir(t.TempDir())}
	for _, flags := range [][]string{{"run", "--ids", "1SLjjRYNejbKM", "--base-url", "https://evil.example/x"}, {"auth", "logout"}, {"run", "--ping-url", "https://evil.example"}} {
		advice := onward(j, store.Planned{Job: &store.JobNote{Flags: flags}}, StatusOptions{})
		if strings.Contains(advice, "spacesetl run") || strings.Contains(advice, "spacesetl auth") || !strings.Contains(advice, "plan.json has it") {
			t.Errorf("%q: %s", flags, advice)
		}
	}
	moved := onward(j, store.Planned{Job: &store.JobNote{Flags: []string{"run", "--ids", "a", "--store", "/elsewhere"}}}, StatusOptions{})
	if moved != "spacesetl run --ids a --store "+ShellWord(string(j.store)) {
		t.Errorf("of a store that was moved: %s", moved)
	}
}

// write writes a file with a mode, whatever the umask.
func write(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
	return path
}

// nowhere is an environment without variables.
func nowhere(string) (string, bool) { return "", false }

// environment is one with these variables.
func environment(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, set := variables[name]
		return value, set
	}
}
