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
		spec, err := Load(file, env, c.override)
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
	spec, err := Load(file, nowhere, nil)
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

func TestTokensAreNotSentUnencrypted(t *testing.T) {
	for base, want := range map[string]bool{
		"http://elsewhere.example": false, "http://10.0.0.1:8080/gate": false, "http://127.0.0.1.nip.example": false,
		"http://127.0.0.1:1": true, "http://[::1]:1": true, "http://localhost:1": true, "http://LOCALHOST:1": false, "https://elsewhere.example": true,
	} {
		file := write(t, filepath.Join(t.TempDir(), "job.yaml"), "ids: [1SLjjRYNejbKM]\nbase_url: "+base+"\n", 0o600)
		_, err := Load(file, nowhere, nil)
		if (err == nil) != want {
			t.Errorf("%s: %v", base, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), file+":2: base_url: ") || err != nil && !strings.HasSuffix(err.Error(), "write https, or give --insecure-http") {
			t.Errorf("%s: %v", base, err)
		}
		if _, err := (Reading{Env: nowhere, InsecureHTTP: true}).Load(file); err != nil {
			t.Errorf("%s, let: %v", base, err)
		}
		if _, err := Load(file, nowhere, func(s *Spec) { s.InsecureHTTP = true }); err != nil {
			t.Errorf("%s, let by a flag: %v", base, err)
		}
	}
	file := write(t, filepath.Join(t.TempDir(), "job.yaml"), "ids: [1SLjjRYNejbKM]\ninsecure_http: true\nallow_files: true\n", 0o600)
	if _, err := Load(file, nowhere, nil); err == nil || strings.Count(err.Error(), "unknown key") != 2 {
		t.Errorf("a job file can say it: %v", err)
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

func TestFilesAreTheFolders(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need a right there")
	}
	top := t.TempDir()
	dir := filepath.Join(top, "job")
	write(t, filepath.Join(top, "outside.txt"), "1aaaaaaaaaaaA\n", 0o600)
	write(t, filepath.Join(top, "job2", "ids.txt"), "1aaaaaaaaaaaA\n", 0o600)
	// As Kubernetes mounts a config map: names lead through ..data to a folder.
	write(t, filepath.Join(dir, "..2026_11", "ids.txt"), "1SLjjRYNejbKM\n", 0o644)
	write(t, filepath.Join(dir, "sub", "ids.txt"), "1SLjjRYNejbKM\n", 0o600)
	for link, to := range map[string]string{
		"..data": "..2026_11", "ids.txt": "..data/ids.txt", "out": "../outside.txt", "abs": filepath.Join(top, "outside.txt"),
		"up": "..", "loop": "loop", "dev": "/dev/zero",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	pipe(t, filepath.Join(dir, "fifo"))
	const elsewhere, regular = "--allow-files", "no regular file"
	for path, want := range map[string]struct{ says, any string }{
		"ids.txt": {}, "sub/ids.txt": {}, "sub/../ids.txt": {}, filepath.Join(dir, "ids.txt"): {}, "..data/ids.txt": {},
		"../outside.txt": {elsewhere, ""}, "out": {elsewhere, ""}, "abs": {elsewhere, ""}, "up/outside.txt": {elsewhere, ""},
		filepath.Join(top, "outside.txt"): {elsewhere, ""}, "../job2/ids.txt": {elsewhere, ""}, "/dev/zero": {elsewhere, regular},
		"dev": {elsewhere, regular}, "fifo": {regular, regular}, "sub": {regular, regular}, "none": {"no such file", "no such file"},
		"loop": {"too many", "too many"},
	} {
		file := write(t, filepath.Join(dir, "job.yaml"), "ids: \"${file:"+path+"}\"\n", 0o600)
		for _, any := range []bool{false, true} {
			says := want.says
			if any {
				says = want.any
			}
			spec, err := Reading{Env: nowhere, AllowFiles: any}.Load(file)
			if says == "" && (err != nil || len(spec.IDs) != 1) || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
				t.Errorf("%s, any file %v: got %q, %v; want %q", path, any, spec.IDs, err, says)
			}
		}
	}
}

// A folder of another's can have a pipe where a job file is looked for.
func TestAPipeWithoutAWriterIsNotWaitedFor(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are none in folders there")
	}
	file := filepath.Join(t.TempDir(), "spacesetl.yaml")
	pipe(t, file)
	if _, err := Load(file, nowhere, nil); err == nil || !strings.Contains(err.Error(), "nothing to do") {
		t.Errorf("got %v", err)
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
	spec, err := Load(file, nowhere, nil)
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

// A job file can name any file for its ids: what stands in it is not shown.
func TestNoLineOfAFileThatAJobNamesIsShown(t *testing.T) {
	dir := t.TempDir()
	secret := write(t, filepath.Join(dir, "secret"), "# a comment\nroot:s3cret\n", 0o600)
	file := write(t, filepath.Join(dir, "job.yaml"), "ids_file: "+secret+"\n", 0o600)
	_, err := Load(file, nowhere, nil)
	if err == nil || !strings.Contains(err.Error(), secret+":2: the value of this line is not a Space id") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
	_, err = Load("", nowhere, func(s *Spec) { s.IDsFile = secret })
	if err == nil || !strings.Contains(err.Error(), secret+`:2: "root:s3cret" is not a Space id`) {
		t.Errorf("by a flag: got %v", err)
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
