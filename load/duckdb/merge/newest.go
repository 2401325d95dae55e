package merge

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// newestAlone takes, of the sightings that several runs have of an object and that tell of
// the same, the newest: the others add only how long it is known. It returns what has them.
func newestAlone(t *schemas.Table, rows string) (statements []string, from string) {
	var extremes []string
	for _, c := range t.Columns {
		if c.Merge != schemas.Newest {
			function := map[schemas.Merge]string{schemas.Least: "min", schemas.Greatest: "max"}[c.Merge]
			extremes = append(extremes, fmt.Sprintf("%s(one.%s) OVER object AS %[2]s", function, schemas.Quote(c.Name)))
		}
	}
	from = schemas.Quote("_one_" + t.Name)
	digits := fmt.Sprintf("one.%s || '/' || coalesce(one.%s, '')", schemas.ToldColumns, schemas.ToldLists)
	return []string{fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %s AS SELECT one.* REPLACE (%s) FROM %s AS one
WINDOW object AS (PARTITION BY %s)
QUALIFY row_number() OVER (PARTITION BY %[4]s ORDER BY %s) = 1 OR min(%s) OVER object <> max(%[6]s) OVER object OR count(%[6]s) OVER object < count(*) OVER object`,
		from, strings.Join(extremes, ", "), rows, Prefixed("one", t.Key), newestFirst(), digits)}, from
}

// newestFirst is the order of rows of an alias one.
func newestFirst() string {
	return strings.ReplaceAll(Prefixed("one", sightingColumns), ",", " DESC,") + " DESC"
}

// onlyNewest ends a query of rows of an alias one: of those with a key the newest.
func onlyNewest(t *schemas.Table) string {
	return fmt.Sprintf(" QUALIFY row_number() OVER (PARTITION BY %s ORDER BY %s) = 1", Prefixed("one", t.Key), newestFirst())
}
