package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// newest sets $RUN to the newest run of a store: newest STORE.
func newest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: newest STORE")
	}
	runs, err := store.Dir(ts.MkAbs(args[0])).Runs()
	ts.Check(err)
	ts.Setenv("RUN", runs[len(runs)-1])
}

// sameFiles checks that two folders hold the same files, byte by byte.
func sameFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: samefiles A B")
	}
	a, b := sums(ts, args[0]), sums(ts, args[1])
	if len(a) == 0 || !maps.Equal(a, b) {
		ts.Fatalf("files differ:\n%v\n%v", a, b)
	}
}

// sums are the SHA-256 of the files in a folder.
func sums(ts *testscript.TestScript, dir string) map[string]string {
	found := map[string]string{}
	eachFile(ts, dir, func(path string, body []byte) {
		sum := sha256.Sum256(body)
		found[path] = hex.EncodeToString(sum[:])
	})
	return found
}

func eachFile(ts *testscript.TestScript, dir string, do func(path string, body []byte)) {
	root := ts.MkAbs(dir)
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err == nil {
			name, _ := filepath.Rel(root, path) // path begins with root
			do(filepath.ToSlash(name), body)
		}
		return err
	}))
}

// checkManifest checks a manifest on its own and against the files it lists:
// manifest FILE PARQUET-FOLDER.
func checkManifest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: manifest FILE PARQUET-FOLDER")
	}
	var m store.Manifest
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	d.DisallowUnknownFields()
	ts.Check(d.Decode(&m))
	listed := map[string]string{}
	for _, f := range m.Files {
		info, err := os.Stat(filepath.Join(ts.MkAbs(args[1]), filepath.FromSlash(f.Path)))
		ts.Check(err)
		if info.Size() != f.Bytes || f.Rows < 0 {
			ts.Fatalf("%s: %d bytes on disk, manifest: %+v", f.Path, info.Size(), f)
		}
		listed[f.Path] = f.SHA256
	}
	found := sums(ts, args[1])
	maps.DeleteFunc(found, func(path, _ string) bool { return strings.HasSuffix(path, "/empty.parquet") }) // of tables without a file
	delete(found, "_latest.json")                                                                          // says which files are the newest, and is none of them
	if !maps.Equal(found, listed) {
		maps.DeleteFunc(found, func(path, sum string) bool { return listed[path] == sum })
		ts.Fatalf("manifest does not list %v", found)
	}
	pages, requests := 0, 0
	for _, use := range m.Endpoints {
		pages, requests = pages+use.Pages, requests+use.Requests
	}
	sent := sceneOf(ts).count("")
	if m.Run.Pages == 0 || pages != m.Run.Pages || requests != m.Run.Requests || requests != sent {
		ts.Fatalf("pages %d, %d by endpoint; requests %d, %d by endpoint, %d sent", m.Run.Pages, pages, m.Run.Requests, requests, sent)
	}
}

// oneLine checks that stderr, saved in a file, has one line of error, beside
// the log and the next step.
func oneLine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: oneline FILE")
	}
	var errs []string
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		switch {
		case strings.HasPrefix(line, "spacesetl: see "), strings.HasPrefix(line, "spacesetl: everything received is kept;"):
		case strings.HasPrefix(line, "spacesetl: "):
			errs = append(errs, line)
		case !strings.HasPrefix(line, `{"time":`):
			ts.Fatalf("a line that is neither log nor error: %s", line)
		}
	}
	if len(errs) != 1 {
		ts.Fatalf("%d lines of error, want 1: %q", len(errs), errs)
	}
}
