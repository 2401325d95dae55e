package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/pipeline/answer"
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
			text("since", "", "only what was seen since a `TIME`: 7d, 24h, 2026-01-31, 2026-01-31T12:00:00Z"),
			text("where", "", "only rows of which this `CONDITION` in SQL is true"),
		),
		Action: func(ctx *cli.Context) error {
			name, err := tableOf(ctx)
			if err != nil {
				return err
			}
			since, err := c.moment(ctx, "since")
			if err != nil {
				return err
			}
			q, err := newQuestion(c, ctx, exportFormats)
			if err != nil {
				return err
			}
			q.timeout = cmp.Or(q.timeout, time.Hour)
			where := ctx.String("where")
			if ctx.IsSet("where") && strings.TrimSpace(where) == "" {
				return usage.Errorf("--where: the condition is empty: leave it out for all rows")
			}
			q.Rows = &answer.Rows{Name: name, IDs: q.form == "ids", Since: since, Where: where}
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
