package transform

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// goldenPage reads testdata/NAME.json: an answer's body. The first part of the
// name is the endpoint; a status other than 200 is the last part.
func goldenPage(t *testing.T, file string) schemas.Page {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(strings.TrimSuffix(filepath.Base(file), ".json"), "-")
	p := schemas.Page{
		RunID: "run", Status: 200, Attempts: 1, Body: body,
		FetchedAt: time.Date(2026, 8, 1, 10, 6, 0, 0, time.UTC),
		Request:   schemas.Request{Endpoint: schemas.Endpoint(parts[0]), IDs: []string{"1SLjjRYNejbKM"}},
		Params:    schemas.Params{"space.fields": schemas.Fields(schemas.Space, schemas.TweetDialect, false, false)},
	}
	if last := parts[len(parts)-1]; last == "403" || last == "404" || last == "400" {
		p.Status = map[string]int{"400": 400, "403": 403, "404": 404}[last]
	}
	p.ID = p.Request.ID()
	return p
}

// Bodies in, rows of every table out. Those named "doc" are the examples of
// the API's documentation, the others follow the published specification.
func TestGoldenPages(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden pages", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			rows, _, err := allRows(goldenPage(t, file))
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".json") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(dump(rows)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), dump(rows)); diff != "" {
				t.Errorf("%s: rows differ (-want +got):\n%s", file, diff)
			}
		})
	}
}

func TestGoldenPagesAreJSON(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil || !json.Valid(body) {
			t.Errorf("%s: not JSON (%v)", file, err)
		}
	}
}
