package observe

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// The operator's guide names every metric, with its help, and no other, and
// every field of the report.
func TestTheGuideIsComplete(t *testing.T) {
	text, err := os.ReadFile("../../../jobs/OPERATING.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(text)
	var rows []string
	for _, m := range Metrics() {
		row := fmt.Sprintf("| `%s` | %s | %s |", m.Name, strings.Join(m.Labels, ", "), m.Help)
		if rows = append(rows, row); !strings.Contains(guide, row+"\n") {
			t.Errorf("missing:\n%s", row)
		}
	}
	if n := len(regexp.MustCompile("(?m)^\\| `spacesetl_").FindAllString(guide, -1)); n != len(rows) {
		t.Errorf("the guide has %d metrics, there are %d:\n%s", n, len(rows), strings.Join(rows, "\n"))
	}
	fields := reflect.TypeFor[Report]()
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		if !strings.Contains(guide, "`"+name+"`") {
			t.Errorf("no field %s of the report", name)
		}
	}
	for line := range strings.Lines(guide) {
		if strings.HasPrefix(line, "{") && !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	if n := strings.Count(guide, "\n"); n > 200 {
		t.Errorf("%d lines, at most 200", n)
	}
}
