package transform

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

func TestEveryValueOfThePagesIsInTheRows(t *testing.T) {
	d := NewDecoder()
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		leaves, err := d.Lossless(goldenPage(t, file))
		if err != nil || leaves.Found != leaves.Seen || leaves.Seen == 0 {
			t.Errorf("%s: found %d of %d values, first lost %s (%v)", file, leaves.Found, leaves.Seen, leaves.Lost, err)
		}
	}
	for _, quirks := range []bool{false, true} {
		for endpoint, page := range corpus(t, quirks) {
			leaves, err := d.Lossless(page)
			if err != nil || leaves.Found != leaves.Seen || leaves.Seen < 1000 {
				t.Errorf("%s, quirks %v: found %d of %d values, first lost %s (%v)", endpoint, quirks, leaves.Found, leaves.Seen, leaves.Lost, err)
			}
		}
	}
}

// What is in an object without an id has no rows of its own: it is kept as it came.
func TestObjectsWithoutIDKeepWhatIsInThem(t *testing.T) {
	page := schemas.Page{Status: 200, Request: schemas.Request{Endpoint: schemas.Search, Query: "q"},
		Body: json.RawMessage(`{"data":[{"id":"","title":"t","topics":[{"id":"1","description":"lost?"}]},{"id":"1a","topics":[{"id":"1","description":"kept"}]}]}`)}
	leaves, err := NewDecoder().Lossless(page)
	if err != nil || leaves.Found != leaves.Seen || leaves.Lost != "" {
		t.Errorf("leaves %+v, %v; want all found", leaves, err)
	}
}

// The proof must be able to fail: a value that the rows were not made of is lost.
func TestLostValueIsNamed(t *testing.T) {
	page := schemas.Page{Status: 200, Request: schemas.Request{Endpoint: schemas.Tweets, IDs: []string{"s"}}, Body: json.RawMessage(`{"data":[{"id":"1","display_text_range":[0,7]}]}`)}
	batches, err := NewDecoder().Pages([]schemas.Page{page}, Everything{})
	if err != nil {
		t.Fatal(err)
	}
	defer release(batches)
	page.Body = json.RawMessage(`{"data":[{"id":"1","display_text_range":[0,7,4711]}]}`)
	leaves, err := leavesOf(page, batches)
	if err != nil || leaves.Found != leaves.Seen-1 || !strings.Contains(leaves.Lost, "data[0].display_text_range[2]") {
		t.Errorf("leaves %+v, %v; want one lost", leaves, err)
	}
}
