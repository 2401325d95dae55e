package main

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	_ "github.com/marcboeker/go-duckdb/v2" // the driver
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// openDuckDB opens a database without a file that has those of the script
// attached by name, and finds other files beside the script.
func openDuckDB(ts *testscript.TestScript, files map[string]string) *sql.DB {
	db, err := sql.Open("duckdb", "")
	ts.Check(err)
	db.SetMaxOpenConns(1)
	statements := []string{"SET file_search_path = " + schemas.QuoteText(ts.MkAbs("."))}
	for name, file := range files {
		statements = append(statements, fmt.Sprintf("ATTACH %s AS %s (READ_ONLY)", schemas.QuoteText(ts.MkAbs(file)), name))
	}
	for _, s := range statements {
		_, err := db.Exec(s)
		ts.Check(err)
	}
	return db
}

// duckDB runs a query and prints its rows, with tabs: duckdb FILE|- SQL. A
// FILE that ends in .sql is executed first, else it is the database.
func duckDB(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: duckdb FILE|- SQL")
	}
	files := map[string]string{}
	if strings.HasSuffix(args[0], ".duckdb") {
		files["db"] = args[0]
	}
	db := openDuckDB(ts, files)
	defer db.Close()
	switch {
	case len(files) > 0:
		_, err := db.Exec("USE db")
		ts.Check(err)
	case args[0] != "-":
		_, err := db.Exec(ts.ReadFile(args[0]))
		ts.Check(err)
	}
	rows, err := db.Query(args[1])
	ts.Check(err)
	defer rows.Close()
	names, err := rows.Columns()
	ts.Check(err)
	for rows.Next() {
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		ts.Check(rows.Scan(into...))
		fmt.Fprintln(ts.Stdout(), strings.TrimSuffix(strings.ReplaceAll(fmt.Sprintln(values...), " ", "\t"), "\n"))
	}
	ts.Check(rows.Err())
}

// sameTables checks that two databases have the same rows in every table.
func sameTables(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sametables A.duckdb B.duckdb")
	}
	db := openDuckDB(ts, map[string]string{"a": args[0], "b": args[1]})
	defer db.Close()
	total := 0
	for _, t := range schemas.Tables() {
		for _, order := range []string{"a.%[1]s EXCEPT FROM b.%[1]s", "b.%[1]s EXCEPT FROM a.%[1]s"} {
			var differ, all int
			ts.Check(db.QueryRow(fmt.Sprintf("SELECT count(*), (SELECT count(*) FROM a.%[1]s) FROM (FROM "+order+")", t.Name)).Scan(&differ, &all))
			if differ > 0 {
				ts.Fatalf("table %s: %d rows of one are not in the other: FROM "+order, t.Name, differ, t.Name)
			}
			total += all
		}
	}
	if total == 0 {
		ts.Fatalf("both databases are empty")
	}
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
	var m pipeline.Manifest
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
	delete(found, "_latest.json") // says which files are the newest, and is none of them
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

// secretless checks that no token stands in files and folders in any form:
// plain, escaped, decoded, base64, inside compressed pages or columns.
func secretless(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: secretless FILE|FOLDER…")
	}
	forms := tokenForms()
	decoder, err := zstd.NewReader(nil)
	ts.Check(err)
	defer decoder.Close()
	look := func(path string, body []byte) {
		for _, form := range forms {
			if bytes.Contains(body, []byte(form)) {
				ts.Fatalf("%s holds a token", path)
			}
		}
	}
	files := 0
	for _, arg := range args {
		eachFile(ts, arg, func(path string, body []byte) {
			files++
			look(path, body)
			look("name of "+path, []byte(path))
			if strings.HasSuffix(path, ".zst") {
				plain, err := decoder.DecodeAll(body, nil)
				ts.Check(err)
				look(path+", decompressed", plain)
			}
			if strings.HasSuffix(path, ".duckdb") {
				secretlessTables(ts, filepath.Join(arg, path), forms)
			}
		})
	}
	ts.Logf("%d files", files)
}

func tokenForms() []string {
	var forms []string
	for _, token := range []string{scriptAppToken, scriptUserToken} {
		plain, _ := url.PathUnescape(token) // a test's constant
		forms = append(forms, token, plain, url.QueryEscape(token), base64.StdEncoding.EncodeToString([]byte(token)))
	}
	return slices.Compact(forms)
}

// secretlessTables looks at the values, which a database file may compress.
func secretlessTables(ts *testscript.TestScript, file string, forms []string) {
	db := openDuckDB(ts, map[string]string{"db": file})
	defer db.Close()
	for _, t := range schemas.Tables() {
		for _, form := range forms {
			var n int
			ts.Check(db.QueryRow(fmt.Sprintf("SELECT count(*) FROM db.%s t WHERE contains(CAST(t AS VARCHAR), ?)", t.Name), form).Scan(&n))
			if n > 0 {
				ts.Fatalf("%s: %d rows of %s hold a token", file, n, t.Name)
			}
		}
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
