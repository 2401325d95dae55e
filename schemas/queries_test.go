package schemas

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestQueriesNameWhatTheyRead(t *testing.T) {
	queries := Queries()
	if len(queries) < 20 {
		t.Fatalf("%d queries, want 20 or more", len(queries))
	}
	known := relations()
	word := regexp.MustCompile(`[a-z_]+`)
	for _, q := range queries {
		var read []string
		for _, name := range word.FindAllString(q.SQL, -1) {
			if slices.Contains(known, name) && regexp.MustCompile(`(?i)\b(from|join)\s+`+name+`\b`).MatchString(q.SQL) {
				read = append(read, name)
			}
		}
		var listed []string
		for _, name := range q.Tables {
			if strings.HasPrefix(name, "parquet/") {
				continue
			}
			listed = append(listed, strings.TrimSuffix(name, "(ts)"))
		}
		slices.Sort(read)
		slices.Sort(listed)
		if read = slices.Compact(read); !slices.Equal(read, listed) {
			t.Errorf("%s reads %v, and says %v", q.Name, read, listed)
		}
		if !strings.Contains(q.SQL, "ORDER BY") {
			t.Errorf("%s: its rows have no order", q.Name)
		}
	}
}

// relations are the names of everything one can select from.
func relations() []string {
	var names []string
	for _, t := range Tables() {
		names = append(names, t.Name)
	}
	for _, v := range Views() {
		names = append(names, v.Name)
	}
	for _, m := range Macros(time.Time{}) {
		names = append(names, m.Name)
	}
	return names
}

func TestQueryFilesThatSayTooLittleAreRefused(t *testing.T) {
	for _, text := range []string{
		"SELECT 1;",
		"-- question: Why?\nSELECT 1;",
		"-- question: Why?\n-- tables: spaces\nSELECT 1",
		"-- question: Why?\n-- tables: spaces\nSELECT 1; SELECT 2;",
		"-- question: Why?\n-- tables: spaces\n-- colour: red\nSELECT 1;",
	} {
		if q, err := parseQuery("00-test", text); err == nil {
			t.Errorf("%q was read as %+v", text, q)
		}
	}
}
