package transform

import (
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// A page may nest as deep as it likes: it costs neither the stack nor the rows
// of what stands beside.
func TestDepthIsBounded(t *testing.T) {
	const depth = 200_000
	errors := strings.Repeat(`{"type":"t","errors":[`, depth) + `{"type":"innermost"}` + strings.Repeat(`]}`, depth)
	for name, body := range map[string]string{
		"errors in errors": `{"data":[{"id":"1","title":"kept"}],"errors":[` + errors + `]}`,
		"unknown key":      `{"data":[{"id":"1","title":"kept","new":` + strings.Repeat(`[`, depth) + strings.Repeat(`]`, depth) + `}]}`,
		"list of lists":    `{"data":[{"id":"1","title":"kept","host_ids":[` + strings.Repeat(`[`, depth) + strings.Repeat(`]`, depth) + `]}]}`,
		"never closed":     `{"data":[{"id":"1","title":"kept","new":` + strings.Repeat(`{"a":`, depth),
	} {
		page := schemas.Page{Status: 200, Body: []byte(body), Request: schemas.Request{Endpoint: schemas.Spaces, IDs: []string{"1"}}}
		rows, stats, err := allRows(page)
		if name == "never closed" {
			if err == nil {
				t.Errorf("%s: no error", name)
			}
			continue
		}
		if err != nil || len(rows["spaces"]) != 1 || !strings.Contains(rows["spaces"][0], "kept") {
			t.Errorf("%s: rows %.200q, %v; want the Space", name, rows["spaces"], err)
		}
		if stats.Unreadable == 0 {
			t.Errorf("%s: nothing says that something was left out", name)
		}
		if n := len(rows["api_errors"]); n > maxDepth+3 {
			t.Errorf("%s: %d errors, want one for each level kept and one for the rest", name, n)
		}
	}
}
