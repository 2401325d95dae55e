package merge

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// setDiffering makes the merge of rows set only columns in which one of them differs from
// the one stored, which has been taken out: of a column that is set DuckDB writes the
// values of 61,440 rows around anew.
func setDiffering(m merge, from string, statements []string) []string {
	if !m.few {
		return statements
	}
	newer := assigned(m.newer())
	var columns []string
	for _, c := range m.table.Columns {
		name := schemas.Quote(c.Name)
		if newer[name] == "" {
			continue
		}
		differs := fmt.Sprintf("bool_or(stored.%s IS DISTINCT FROM %s)", name, newer[name])
		if c.Type == schemas.Float {
			differs = "true" // 0 and -0 are not distinct
		}
		columns = append(columns, fmt.Sprintf("CASE WHEN %s THEN %s END", differs, schemas.QuoteText(name)))
	}
	last := len(statements) - 1
	statements[last] = fmt.Sprintf("%sSELECT name FROM (SELECT unnest([%s]) AS name FROM %s AS stored JOIN %s AS incoming ON %s) WHERE name IS NOT NULL",
		differing, strings.Join(columns, ", "), metRows, from, Equal(m.table.Key, "stored", "incoming")) + differingEnd + statements[last]
	return statements
}

// setLines writes what is set, one a line, of which the last one always stays.
func setLines(sets []string) string {
	last := fmt.Sprintf("%s = incoming.%[1]s", schemas.Quote(fetchedAt))
	text := ""
	for _, set := range sets {
		if set != last {
			text += "\t" + set + ",\n"
		}
	}
	return text + last
}

// assigned is what columns are set to.
func assigned(sets []string) map[string]string {
	values := map[string]string{}
	for _, set := range sets {
		name, value, _ := strings.Cut(set, " = ")
		values[name] = value
	}
	return values
}
