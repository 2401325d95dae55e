package answer

import (
	"context"
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/schemas"
)

// Form is how a result is written for other programs.
type Form struct {
	Name, MIME string
	Begin      string                   // of the file, before what DuckDB writes
	options    string                   // DuckDB's
	value      func(Column) string      // in SQL; nil for the value as it is
	deep       bool                     // the value is what nested makes of it
	title      func(name string) string // of a column; nil for its name
}

// Forms are all forms. Times are in UTC, and in all but Parquet as RFC 3339 has them.
// In csv NULL is nothing between two commas, and an empty text is "".
func Forms() []Form {
	return []Form{
		{Name: "csv", MIME: "text/csv; charset=utf-8", options: "FORMAT csv, HEADER true", value: timed},
		{Name: "jsonl", MIME: "application/x-ndjson", options: "FORMAT json", deep: true},
		{Name: "json", MIME: "application/json", options: "FORMAT json, ARRAY true", deep: true},
		{Name: "parquet", MIME: "application/vnd.apache.parquet", options: "FORMAT parquet, COMPRESSION zstd"},
		{Name: "ids", MIME: "text/plain; charset=utf-8", options: "FORMAT csv, HEADER false"},
		{Name: Sheet, MIME: "text/csv; charset=utf-8", Begin: "\ufeff", options: `FORMAT csv, HEADER true, NEW_LINE '\r\n'`, value: inSheets, title: disarmed},
	}
}

// FormNamed is the form of a name.
func FormNamed(name string) (Form, bool) {
	for _, f := range Forms() {
		if f.Name == name {
			return f, true
		}
	}
	return Form{}, false
}

// write has a file made of what a SELECT without its end returns: of the first so many
// rows, where most is not 0. It reports whether there are more.
func (f Form) write(ctx context.Context, r *duckdb.Reader, inner, path string, most int, args []any) (cut bool, err error) {
	statement, err := f.copy(ctx, r, inner, path, most, args)
	if err != nil {
		return false, err
	}
	done, err := r.ExecContext(ctx, statement, args...)
	if err != nil || most == 0 {
		return false, err
	}
	if n, err := done.RowsAffected(); err != nil || n < int64(most) {
		return false, err
	}
	var all int
	err = r.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM (%s) LIMIT %d)", within(inner), most+1), args...).Scan(&all)
	return all > most, err
}

// copy is the statement that writes to a file what a SELECT without its end returns, or
// its first rows.
func (f Form) copy(ctx context.Context, q Querier, inner, path string, most int, args []any) (string, error) {
	columns, err := columnsOf(ctx, q, inner, args)
	if err != nil {
		return "", err
	}
	list := make([]string, len(columns))
	for i, c := range columns {
		value, title := schemas.Quote(c.Name), c.Name
		if f.value != nil {
			value = f.value(c)
		}
		if f.deep {
			value = nested{ctx, q, within(inner), args}.inJSON(c.Type, value, value, 0)
		}
		if f.title != nil {
			title = f.title(title)
		}
		list[i] = value + " AS " + schemas.Quote(title)
	}
	limit := ""
	if most > 0 {
		limit = fmt.Sprint(" LIMIT ", most)
	}
	return fmt.Sprintf("COPY (SELECT %s FROM (%s%s)) TO %s (USE_TMP_FILE false, %s)", strings.Join(list, ", "), within(inner), limit, schemas.QuoteText(path), f.options), nil
}

// timed writes times as RFC 3339 has them, and leaves the rest to DuckDB.
func timed(c Column) string { return timeText(c.Type, schemas.Quote(c.Name)) }

func timeText(kind, value string) string {
	if kind == "TIMESTAMPTZ" {
		return "strftime(" + value + " AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
	}
	return value
}
