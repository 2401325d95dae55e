package postgres

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spacesetl/spacesetl/load/merging"
	"github.com/spacesetl/spacesetl/schemas"
)

// Tables that tell of the schema itself: its runs, and what made it.
const (
	loads  = "_loads"
	layout = "_layout"
)

const bookkeeping = "CREATE TABLE " + loads + ` (run_id text COLLATE "C" PRIMARY KEY, content text NOT NULL, loaded_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE ` + loads + ` IS 'Runs that this schema has, as it says itself.';
COMMENT ON COLUMN ` + loads + `.run_id IS 'The run, as in runs._run_id.';
COMMENT ON COLUMN ` + loads + `.content IS 'Checksum of the pages that its rows were made of, as in its manifest.';
COMMENT ON COLUMN ` + loads + `.loaded_at IS 'When it was loaded last.';
CREATE TABLE ` + layout + ` (revision bigint NOT NULL, digest text NOT NULL);
COMMENT ON TABLE ` + layout + ` IS 'What the version of spacesetl that published last makes of this schema.';
COMMENT ON COLUMN ` + layout + `.revision IS 'Its revision of the rows, which only goes up.';
COMMENT ON COLUMN ` + layout + `.digest IS 'Checksum of its tables, comments and views.';
`

// declared are all tables: those of the runs, of the versions that ended and of sightings.
func declared() (all []*schemas.Table) {
	all = slices.Clone(schemas.Tables())
	for _, t := range schemas.Tables() {
		if t.Versioned {
			all = append(all, merging.Ended(t))
		}
	}
	return append(all, schemas.SightingTables()...)
}

// columnType is the type of a column. Texts are compared byte by byte, as the rule
// compares the ids of runs and pages.
func columnType(t schemas.Type) string {
	switch t {
	case schemas.Int:
		return "bigint"
	case schemas.Float:
		return "double precision"
	case schemas.Bool:
		return "boolean"
	case schemas.Time:
		return "timestamptz"
	}
	return `text COLLATE "C"`
}

// evolution makes a table of those columns, which is nil where there is none, what is
// declared.
func evolution(t *schemas.Table, stored map[string]bool) string {
	var b strings.Builder
	name := schemas.Quote(t.Name)
	if stored == nil {
		lines := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			lines[i] = "    " + schemas.Quote(c.Name) + " " + columnType(c.Type)
		}
		// Of versions and sightings nobody asks by the whole key.
		if schemas.Lookup(t.Name) != nil {
			lines = append(lines, "    PRIMARY KEY ("+schemas.Quote(t.Key...)+")")
		}
		fmt.Fprintf(&b, "CREATE TABLE %s (\n%s\n);\n", name, strings.Join(lines, ",\n"))
	} else {
		for _, c := range t.Columns {
			if !stored[c.Name] {
				fmt.Fprintf(&b, "ALTER TABLE %s ADD COLUMN %s %s;\n", name, schemas.Quote(c.Name), columnType(c.Type))
			}
		}
	}
	fmt.Fprintf(&b, "COMMENT ON TABLE %s IS %s;\n", name, schemas.QuoteText(t.Doc))
	for _, c := range t.Columns {
		if c.Doc != "" {
			fmt.Fprintf(&b, "COMMENT ON COLUMN %s.%s IS %s;\n", name, schemas.Quote(c.Name), schemas.QuoteText(c.Doc))
		}
	}
	return b.String()
}

// indexes are those that the merge looks rows up by, besides the primary keys.
func indexes() string {
	var b strings.Builder
	index := func(t *schemas.Table, columns ...string) {
		fmt.Fprintf(&b, "CREATE INDEX IF NOT EXISTS %s ON %s (%s);\n", schemas.Quote(t.Name+"_by_"+columns[0]), schemas.Quote(t.Name), schemas.Quote(columns...))
	}
	for _, t := range schemas.Tables() {
		switch {
		case t.IsEntity():
			index(t.Sightings(), t.Key...)
		case len(t.ListColumns()) > 0:
			if owner := merging.Owner(t); owner != t.Key[0] {
				index(t, owner)
			}
		case slices.Contains(merging.OfRuns(), t) && t.Key[0] != "_run_id":
			index(t, "_run_id")
		}
		if t.Versioned {
			index(t.Ended(), t.Key...)
		}
	}
	return b.String()
}

// view makes a view. One of before is replaced, so that what others made of it stays, where
// its columns are as they were, with new ones after them.
func view(v schemas.View) string {
	var b strings.Builder
	name := schemas.Quote(v.Name)
	made := fmt.Sprintf("VIEW %s AS\n%s;", name, strings.TrimSpace(v.SQL))
	fmt.Fprintf(&b, "DO $view$ BEGIN\nCREATE OR REPLACE %s\nEXCEPTION WHEN invalid_table_definition THEN\nDROP VIEW %s;\nCREATE %[1]s\nEND $view$;\nCOMMENT ON VIEW %[2]s IS %[3]s;\n", made, name, schemas.QuoteText(v.Doc))
	for _, c := range v.Columns {
		fmt.Fprintf(&b, "COMMENT ON COLUMN %s.%s IS %s;\n", name, schemas.Quote(c.Name), schemas.QuoteText(c.Doc))
	}
	return b.String()
}

// evolve brings the schema to what is declared, and returns how many rows the server takes
// each table to have.
func (d *Destination) evolve(ctx context.Context) (sizes map[string]int64, err error) {
	stored, sizes, err := d.stored(ctx)
	if err != nil {
		return nil, err
	}
	var script, rest strings.Builder
	revision, digest, err := d.made(ctx, stored)
	if err != nil {
		return nil, err
	}
	ours, err := strconv.ParseInt(schemas.Revision, 10, 64)
	if err != nil {
		return nil, err
	}
	if revision > ours {
		return nil, &NewerError{d.schema, fmt.Sprintf("revision %d of the rows; this one has %d", revision, ours)}
	}
	if stored[layout] == nil {
		script.WriteString(bookkeeping)
	}
	whole := sha256.New()
	for _, t := range declared() {
		for _, name := range slices.Sorted(maps.Keys(stored[t.Name])) {
			if t.Column(name) < 0 {
				return nil, &NewerError{d.schema, fmt.Sprintf("%s has a column %s", t.Name, name)}
			}
		}
		script.WriteString(evolution(t, stored[t.Name]))
		whole.Write([]byte(evolution(t, nil)))
	}
	rest.WriteString(indexes())
	for _, v := range Views() {
		rest.WriteString(view(v))
	}
	whole.Write([]byte(rest.String()))
	sum := fmt.Sprintf("%x", whole.Sum(nil))
	if sum == digest && revision == ours {
		return sizes, nil
	}
	fmt.Fprintf(&rest, "DELETE FROM %s; INSERT INTO %[1]s VALUES (%[2]d, '%[3]s');", layout, ours, sum)
	if stored == nil {
		if _, err := d.execute(ctx, "CREATE SCHEMA "+schemas.Quote(d.schema)); err != nil {
			return nil, err
		}
	}
	_, err = d.execute(ctx, script.String()+rest.String())
	return sizes, err
}

// stored returns the columns of the tables of the schema, nil where there is none, and how
// many rows the server takes each table to have.
func (d *Destination) stored(ctx context.Context) (stored map[string]map[string]bool, sizes map[string]int64, err error) {
	of := schemas.QuoteText(d.schema)
	there, err := d.query(ctx, "SELECT 1 FROM pg_namespace WHERE nspname = "+of)
	if err != nil || len(there) == 0 {
		return nil, nil, err
	}
	answer, err := d.query(ctx, "SELECT c.relname, coalesce(a.attname, ''), c.reltuples::bigint FROM pg_class AS c LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"+
		" WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = "+of+")")
	if err != nil {
		return nil, nil, err
	}
	stored, sizes = map[string]map[string]bool{}, map[string]int64{}
	for _, row := range answer {
		if stored[row[0]] == nil {
			stored[row[0]] = map[string]bool{}
		}
		stored[row[0]][row[1]] = true
		if sizes[row[0]], err = strconv.ParseInt(row[2], 10, 64); err != nil {
			return nil, nil, err
		}
	}
	return stored, sizes, nil
}

// made tells what made the schema: 0 and "" where there is none of ours, and nothing else.
func (d *Destination) made(ctx context.Context, stored map[string]map[string]bool) (revision int64, digest string, err error) {
	if stored[layout] == nil {
		if len(stored) > 0 {
			return 0, "", fmt.Errorf("it has tables of something else (%s): name another schema", slices.Min(slices.Collect(maps.Keys(stored))))
		}
		return 0, "", nil
	}
	answer, err := d.query(ctx, "SELECT revision, digest FROM "+schemas.Quote(d.schema)+"."+layout)
	if err != nil || len(answer) == 0 {
		return 0, "", err
	}
	revision, err = strconv.ParseInt(answer[0][0], 10, 64)
	return revision, answer[0][1], err
}
