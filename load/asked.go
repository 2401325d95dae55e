package load

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// asked tells the pages of a run apart by what they asked for. There are few
// kinds, whatever the number of pages: about one for each endpoint.
type asked []pageKind

// pageKind is pages of one endpoint, with the same fields and expansions.
type pageKind struct {
	number   int
	endpoint schemas.Endpoint
	params   schemas.Params
}

// askedPages is a temporary table: the kind of every page of the run.
const askedPages = "_asked"

// askedOf numbers the kinds of page in rows of api_requests.
func askedOf(ctx context.Context, tx *sql.Tx, requests string) (asked, error) {
	if requests == "" {
		return nil, nil
	}
	create := fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %s AS
SELECT _run_id, _page_id, endpoint, params, dense_rank() OVER (ORDER BY endpoint, params) AS kind FROM %s`, askedPages, requests)
	if _, err := tx.ExecContext(ctx, create); err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, "SELECT DISTINCT kind, coalesce(endpoint, ''), coalesce(params, '') FROM "+askedPages+" ORDER BY kind")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var kinds asked
	for rows.Next() {
		var k pageKind
		var params string
		if err := rows.Scan(&k.number, &k.endpoint, &params); err != nil {
			return nil, err
		}
		// What cannot be read asked for nothing that we know of.
		if k.endpoint.Known() && json.Unmarshal([]byte(params), &k.params) == nil {
			kinds = append(kinds, k)
		}
	}
	return kinds, rows.Err()
}

// rows adds to new rows the kind of the page they are from.
func (a asked) rows(from string) string {
	if len(a) == 0 {
		return from
	}
	return fmt.Sprintf("(SELECT page.*, %s.kind AS _kind FROM %s AS page LEFT JOIN %[1]s USING (_run_id, _page_id))", askedPages, from)
}

// value is what a column of an entity becomes: of rows whose page asked for it
// what came, else what came if anything did.
func (a asked) value(t *schemas.Table, c schemas.Column) string {
	var kinds []string
	for _, k := range a {
		if t.Asked(c, k.endpoint, k.params) {
			kinds = append(kinds, fmt.Sprint(k.number))
		}
	}
	name := schemas.Quote(c.Name)
	kept := fmt.Sprintf("coalesce(incoming.%s, stored.%[1]s)", name)
	if len(kinds) == 0 {
		return kept
	}
	// Not IN: of a long one DuckDB makes a join, of each column its own.
	return fmt.Sprintf("CASE WHEN list_contains([%s], incoming._kind) THEN incoming.%s ELSE %s END", strings.Join(kinds, ", "), name, kept)
}
