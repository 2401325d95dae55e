package jobs_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// truthRow is a table row as text; a column that is not there is NULL.
type truthRow map[string]string

// truthRows are rows by the text of their key.
type truthRows map[string]truthRow

const (
	null = "NULL"
	// orElse stands between the values that are both right.
	orElse = " \x00or "
	// anyNumber stands for a number from 0 that only the run itself knows.
	anyNumber = "\x00any number"
)

// cells makes a row of alternating columns and values; nil pointers are NULL.
func cells(pairs ...any) truthRow {
	r := truthRow{}
	for i := 0; i < len(pairs); i += 2 {
		r[pairs[i].(string)] = cellText(pairs[i+1])
	}
	return r
}

// cellText is the canonical text of a value, wanted or read.
func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return null
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case time.Time:
		return v.UTC().Truncate(time.Microsecond).Format("2006-01-02T15:04:05.000000Z")
	}
	p := reflect.ValueOf(v)
	switch {
	case p.Kind() != reflect.Pointer:
		return fmt.Sprint(v)
	case p.IsNil():
		return null
	}
	return cellText(p.Elem().Interface())
}

// oneOf is a cell for which several values are right.
func oneOf(values ...any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = cellText(v)
	}
	return strings.Join(slices.Compact(texts), orElse)
}

// with adds the cells of another row.
func (r truthRow) with(other truthRow) truthRow {
	maps.Copy(r, other)
	return r
}

// only empties columns where the condition does not hold.
func (r truthRow) only(when bool, columns ...string) truthRow {
	for _, c := range columns {
		if !when {
			r[c] = null
		}
	}
	return r
}

// key is the text of a row's key.
func (r truthRow) key(t *schemas.Table) string {
	values := make([]string, len(t.Key))
	for i, k := range t.Key {
		values[i] = r[k]
	}
	return strings.Join(values, " ")
}

// right tells whether a cell read is the one wanted.
func right(got, want string) bool {
	switch want {
	case got:
		return true
	case anyNumber:
		n, err := strconv.ParseInt(got, 10, 64)
		return err == nil && n >= 0
	}
	return slices.Contains(strings.Split(want, orElse), got)
}

// maxShown is how many differences of a table are printed.
const maxShown = 10

// compare reports where a destination differs from what is wanted.
func (w *wanted) compare(t *testing.T, s truthStore) {
	for _, table := range schemas.Tables() {
		columns, got := s.read(t, table)
		found := differences(table, columns, got, w.tables[table.Name])
		if len(found) == 0 {
			continue
		}
		slices.Sort(found)
		t.Errorf("%s: %d rows read, %d wanted, %d differences:\n%s", table.Name, len(got), len(w.tables[table.Name]),
			len(found), strings.Join(found[:min(len(found), maxShown)], "\n"))
	}
}

func differences(t *schemas.Table, columns []string, got, want truthRows) (found []string) {
	for key, row := range want {
		if got[key] == nil {
			found = append(found, fmt.Sprintf("  [%s] is missing", key))
		}
		for column := range row {
			if t.Column(column) < 0 {
				found = append(found, fmt.Sprintf("  [%s] there is no column %s", key, column))
			}
		}
	}
	if len(columns) != len(t.Columns) {
		found = append(found, fmt.Sprintf("  columns %v", columns))
	}
	for key, row := range got {
		if want[key] == nil {
			found = append(found, fmt.Sprintf("  [%s] is not wanted: %v", key, row))
			continue
		}
		for _, c := range t.Columns {
			if text, wanted, ok := compareCell(c, row[c.Name], want[key][c.Name]); !ok {
				found = append(found, fmt.Sprintf("  [%s] %s: got %q, want %q", key, c.Name, text, wanted))
			}
		}
	}
	return found
}

// compareCell returns what was read and wanted in a form to compare and to
// show.
func compareCell(c schemas.Column, got, want string) (string, string, bool) {
	want = cmp.Or(want, null)
	switch {
	case c.From == schemas.Told:
		return got, "digits", got != null && strings.Trim(got, "01") == ""
	case c.Name == extrasName:
		err := checkExtras(got)
		return got, fmt.Sprint(err), err == nil
	case c.Type == schemas.JSON && got != null:
		got = canonicalJSON(got)
	}
	return got, want, right(got, want)
}

const (
	extrasName    = "extras"
	unknownPrefix = "new_field" // of the keys that the simulator makes up
)

// checkExtras finds a known field among the unknown ones.
func checkExtras(text string) error {
	if text == null {
		return nil
	}
	var tree map[string]any
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		return fmt.Errorf("JSON: %w", err)
	}
	return onlyUnknown(tree)
}

func onlyUnknown(tree map[string]any) error {
	for key, value := range tree {
		if list, ok := value.([]any); ok && len(list) > 0 { // what a copy has more
			for _, one := range list {
				if below, _ := one.(map[string]any); len(below) > 0 {
					value = below
				}
			}
		}
		below, ok := value.(map[string]any)
		switch {
		case strings.HasPrefix(key, unknownPrefix):
		case !ok || len(below) == 0:
			return fmt.Errorf("no extra %s, which a column takes", key)
		default:
			if err := onlyUnknown(below); err != nil {
				return err
			}
		}
	}
	return nil
}
