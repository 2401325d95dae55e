package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spacesetl/spacesetl/schemas"
)

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
