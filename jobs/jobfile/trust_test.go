package jobfile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

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
