package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/keep/policy"
	"github.com/spacesetl/spacesetl/schemas"
)

// exportFormats are what export writes, the default first.
var exportFormats = []string{"csv", "jsonl", "json", "parquet", "ids"}

func exportCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "export",
		Usage: "write a table or view as CSV, JSON lines, Parquet, or its ids alone",
		UsageText: `spacesetl export v_spaces --store ./spaces --since 7d > week.csv
spacesetl export tweets --format ids --where "lang = 'en'" -o tweet-ids.txt
spacesetl export v_people --for excel -o people.csv`,
		Description: "All rows, in no order. ids are those that the rows are about, one a line: what X's policy lets\n" +
			"researchers share. In CSV NULL is nothing between two commas, and an empty text is \"\".",
		ArgsUsage: "TABLE",
		Flags: append(answerFlags(exportFormats, "1h"),
			text("since", "", "only what was seen since a `TIME`: 7d, 2026-01-31, 2026-01-31T12:00:00Z"),
			text("where", "", "only rows of which this `CONDITION` in SQL is true"),
		),
		Action: func(ctx *cli.Context) error {
			name, err := tableOf(ctx)
			if err != nil {
				return err
			}
			since, err := sinceOf(c, ctx.String("since"))
			if err != nil {
				return err
			}
			q, err := newQuestion(c, ctx, exportFormats)
			if err != nil {
				return err
			}
			q.timeout = cmp.Or(q.timeout, time.Hour)
			q.statement = func(of context.Context, tables *duckdb.Reader) (string, error) {
				columns, err := answer.Columns(of, tables, "FROM "+schemas.Quote(name))
				if err != nil {
					return "", err
				}
				return rowsOf(name, columns, q.form == "ids", since, ctx.String("where"))
			}
			return q.answer(c, ctx.Context)
		},
	}
}

// exported are the names of views and tables.
func exported() (names []string) {
	for _, v := range schemas.Views() {
		names = append(names, v.Name)
	}
	for _, t := range schemas.Tables() {
		names = append(names, t.Name)
	}
	return names
}

// tableOf is the table or view that the command line names.
func tableOf(ctx *cli.Context) (string, error) {
	names, name := exported(), ctx.Args().First()
	switch {
	case ctx.NArg() != 1:
		return "", usage.Errorf("name one table or view: %s", strings.Join(names, ", "))
	case !slices.Contains(names, name):
		return "", usage.Errorf("there is no table %q%s", name, cmp.Or(usage.Near(name, names), ", but "+strings.Join(names, ", ")))
	}
	return name, nil
}

// sinceOf reads a time, or how long ago one is; the zero time for none.
func sinceOf(c *console, text string) (at time.Time, err error) {
	if text == "" {
		return at, nil
	}
	if age, err := policy.Span(text); err == nil {
		return c.clock().Add(-age), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, time.DateTime} {
		if at, err = time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return at, usage.Errorf("--since: %q is neither a time such as 2026-01-31 or 2026-01-31T12:00:00Z nor an age such as 7d", text)
}

// sightings are columns with the time of a row, the one that tells most first.
var sightings = []string{"last_seen_at", "_fetched_at", "observed_at", "event_at"}

// rowsOf is the SELECT of a table's rows, or of their ids.
func rowsOf(name string, columns []answer.Column, ids bool, since time.Time, where string) (string, error) {
	what, conditions, order := "*", []string{"true"}, ""
	has := func(name string) bool {
		return slices.ContainsFunc(columns, func(c answer.Column) bool { return c.Name == name })
	}
	if !since.IsZero() {
		at := slices.IndexFunc(sightings, has)
		if at < 0 {
			return "", usage.Errorf("--since: the rows of %s have no time: use --where", name)
		}
		conditions = append(conditions, schemas.Quote(sightings[at])+" >= TIMESTAMPTZ "+schemas.QuoteText(since.UTC().Format(time.RFC3339Nano)))
	}
	if !answer.Encloses(where) {
		return "", usage.Errorf("--where: a parenthesis is closed that is not opened")
	}
	if where != "" {
		conditions = append(conditions, "(\n"+where+"\n)")
	}
	if ids {
		at := slices.IndexFunc(columns, func(c answer.Column) bool {
			return c.Name[0] != '_' && (strings.HasSuffix(c.Name, "_id") || c.Name == "media_key")
		})
		if at < 0 {
			return "", usage.Errorf("--format ids: the rows of %s have none", name)
		}
		id := schemas.Quote(columns[at].Name)
		what, order = "DISTINCT "+id, " ORDER BY "+id
		conditions = append(conditions, id+" IS NOT NULL")
	}
	return "SELECT " + what + " FROM " + schemas.Quote(name) + " WHERE " + strings.Join(conditions, " AND ") + order, nil
}
