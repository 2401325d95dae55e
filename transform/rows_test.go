package transform

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/spacesetl/spacesetl/schemas"
)

// firstClaims keeps the first sighting of each key, as a run does.
type firstClaims map[string]bool

func (firstClaims) Begin() {}
func (firstClaims) End()   {}
func (c firstClaims) Sight(t *schemas.Table, key []byte, tells, _ uint64) (uint64, bool) {
	if c.Keep(t, key) {
		return tells, true
	}
	return 0, false
}

func (c firstClaims) Keep(t *schemas.Table, key []byte) bool {
	k := t.Name + "\x00" + string(key)
	if c[k] {
		return false
	}
	c[k] = true
	return true
}

// allRows decodes pages as a run does and returns the rows of every table as
// text: "column=value …" with nulls and lineage left out.
func allRows(pages ...schemas.Page) (map[string][]string, Stats, error) {
	d := NewDecoder()
	batches, err := d.Pages(pages, firstClaims{})
	if err != nil {
		return nil, Stats{}, err
	}
	rows := map[string][]string{}
	for _, b := range batches {
		if b.Table.Mode == schemas.Coalesce {
			c := NewCoalescer(b.Table)
			c.Add(b)
			b.Record.Release()
			b = c.Batch()[0]
		}
		rows[b.Table.Name] = append(rows[b.Table.Name], rowTexts(b)...)
		b.Record.Release()
	}
	return rows, d.Stats(), nil
}

func rowTexts(b schemas.Batch) []string {
	var rows []string
	for i := range int(b.Record.NumRows()) {
		var cells []string
		for j, column := range b.Record.Columns() {
			name := b.Table.Columns[j].Name
			if column.IsNull(i) || strings.HasPrefix(name, "_") {
				continue
			}
			cells = append(cells, name+"="+cellText(column, i))
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	return rows
}

func cellText(column any, i int) string {
	switch column := column.(type) {
	case *array.String:
		return fmt.Sprintf("%q", column.Value(i))
	case *array.Timestamp:
		return time.UnixMicro(int64(column.Value(i))).UTC().Format("2006-01-02T15:04:05.999999Z")
	case *array.Int64:
		return fmt.Sprint(column.Value(i))
	case *array.Float64:
		return fmt.Sprint(column.Value(i))
	case *array.Boolean:
		return fmt.Sprint(column.Value(i))
	}
	panic(fmt.Sprintf("%T", column))
}

// dump writes the rows of every table under its name, tables sorted.
func dump(rows map[string][]string) string {
	var out strings.Builder
	for _, table := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&out, "%s\n", table)
		for _, row := range rows[table] {
			fmt.Fprintf(&out, "  %s\n", row)
		}
	}
	return out.String()
}
