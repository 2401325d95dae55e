package answer

import (
	"context"
	"fmt"
	"io"
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
	title      func(name string) string // of a column; nil for its name
}

// Forms are all forms. Times are in UTC, and in all but Parquet as RFC 3339 has them.
// In csv NULL is nothing between two commas, and an empty text is "".
func Forms() []Form {
	return []Form{
		{Name: "csv", MIME: "text/csv; charset=utf-8", options: "FORMAT csv, HEADER true", value: timed},
		{Name: "jsonl", MIME: "application/x-ndjson", options: "FORMAT json", value: inJSON},
		{Name: "json", MIME: "application/json", options: "FORMAT json, ARRAY true", value: inJSON},
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

// Copy is the statement that writes to a file what a SELECT without its end returns.
func (f Form) Copy(ctx context.Context, q Querier, inner, path string, args ...any) (string, error) {
	columns, err := Columns(ctx, q, inner, args...)
	if err != nil {
		return "", err
	}
	list := make([]string, len(columns))
	for i, c := range columns {
		value, title := schemas.Quote(c.Name), c.Name
		if f.value != nil {
			value = f.value(c)
		}
		if f.title != nil {
			title = f.title(title)
		}
		list[i] = value + " AS " + schemas.Quote(title)
	}
	return fmt.Sprintf("COPY (SELECT %s FROM (%s)) TO %s (USE_TMP_FILE false, %s)", strings.Join(list, ", "), within(inner), schemas.QuoteText(path), f.options), nil
}

// Write has a file made of what a SELECT without its end returns.
func (f Form) Write(ctx context.Context, r *duckdb.Reader, inner, path string) error {
	statement, err := f.Copy(ctx, r, inner, path)
	if err == nil {
		_, err = r.ExecContext(ctx, statement)
	}
	return unwrapped(err)
}

// Send writes a file that the statement made.
func (f Form) Send(w io.Writer, file io.Reader) error {
	if _, err := io.WriteString(w, f.Begin); err != nil {
		return err
	}
	_, err := io.Copy(w, file)
	return err
}

// timed writes times as RFC 3339 has them, and leaves the rest to DuckDB.
func timed(c Column) string {
	name := schemas.Quote(c.Name)
	if c.Type == "TIMESTAMPTZ" {
		return "strftime(" + name + " AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
	}
	return name
}

// inJSON is timed without the numbers that JSON does not have.
func inJSON(c Column) string {
	name := schemas.Quote(c.Name)
	if c.Type == "DOUBLE" || c.Type == "FLOAT" {
		return "CASE WHEN isfinite(" + name + ") THEN " + name + " END"
	}
	return timed(c)
}
