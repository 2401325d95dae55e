package describe

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// The module knows every table, with its key and its columns in the order of the
// files: the digits of _columns go by it.
func TestPolarsHasEveryColumn(t *testing.T) {
	module := Polars()
	for _, table := range schemas.Tables() {
		_, rest, ok := strings.Cut(module, fmt.Sprintf("\n    %q: {\n", table.Name))
		body, _, _ := strings.Cut(rest, "\n    },\n")
		if !ok || !strings.Contains(body, "\"key\": ["+pythonNames(table.Key)+"],\n") {
			t.Errorf("%s and its key are not there: %s", table.Name, body)
		}
		_, body, _ = strings.Cut(body, "\"columns\": {")
		columns, _, _ := strings.Cut(body, "}")
		var got []string
		for item := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(columns), ","), ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(item), ":")
			got = append(got, strings.Trim(name, `"`))
		}
		var want []string
		for _, c := range table.Columns {
			want = append(want, c.Name)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s has the columns\n%q, want\n%q", table.Name, got, want)
		}
	}
	for line := range strings.Lines(module) {
		if len(line) > 121 {
			t.Errorf("a line of %d signs: %s", len(line), line)
		}
	}
}
