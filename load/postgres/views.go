package postgres

import (
	"regexp"

	"github.com/spacesetl/spacesetl/load/merging"
	"github.com/spacesetl/spacesetl/schemas"
)

// extremeBy is an aggregate that PostgreSQL does not have: a value of the row in which
// another is the largest, or the smallest, of those in which it is not NULL.
var extremeBy = regexp.MustCompile(`\b(max|min)_by\(((?:[^()]|\([^()]*\))+), ([\w.]+)\)`)

// Views are the views of the schema: those of the DuckDB database, which has macros and a
// hash of the versions besides.
func Views() (all []schemas.View) {
	for _, v := range schemas.Views() {
		if v.Versions {
			continue
		}
		v.SQL = extremeBy.ReplaceAllStringFunc(v.SQL, func(call string) string {
			m := extremeBy.FindStringSubmatch(call)
			order := map[string]string{"max": "DESC", "min": "ASC"}[m[1]]
			return "(array_agg(" + m[2] + " ORDER BY " + m[3] + " " + order + ") FILTER (WHERE " + m[2] + " IS NOT NULL AND " + m[3] + " IS NOT NULL))[1]"
		})
		all = append(all, v)
	}
	for _, t := range schemas.Tables() {
		if t.Versioned {
			all = append(all, merging.Postgres().History(t))
		}
	}
	return all
}
