package main

import (
	"cmp"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/pipeline/answer"
)

// queryFormats are what query prints, the default first.
var queryFormats = []string{"table", "csv", "jsonl", "json", "markdown", "parquet"}

func queryCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "query",
		Usage: "answer a question of SQL from a store's tables",
		UsageText: `spacesetl query --store ./spaces "SELECT title, state FROM v_spaces LIMIT 5"
spacesetl query no-shows --format csv > no-shows.csv
spacesetl query @mine.sql --param since=2026-01-01 -o mine.parquet`,
		Description: "A QUERY is a SELECT of DuckDB's dialect, the number or name of one that ships (--list), @FILE, or\n" +
			"- for standard input. $name in it is a parameter: a text, which $name::INT makes a number. It reads\n" +
			"the tables and no other file, and changes nothing. table and markdown have the first 10,000 rows.",
		ArgsUsage: "QUERY",
		Flags: append(answerFlags(queryFormats, "1m"),
			usage.Queries("param", "value of $NAME in the query, `NAME=VALUE`; may be given again"),
			flag("list", "list the queries that ship"),
		),
		Action: func(ctx *cli.Context) error {
			if ctx.Bool("list") {
				return listQueries(c)
			}
			statement, values, err := statementOf(ctx)
			if err != nil {
				return err
			}
			q, err := newQuestion(c, ctx, queryFormats)
			if err != nil {
				return err
			}
			q.timeout = cmp.Or(q.timeout, time.Minute)
			q.SQL, q.Values = statement, values
			return q.answer(c, ctx.Context)
		},
	}
}

func listQueries(c *console) error {
	for _, q := range answer.Shipped() {
		several := ""
		if q.Runs {
			several = " (of several runs)"
		}
		if err := c.print("%-31s %s%s\n", q.Name, q.Question, several); err != nil {
			return err
		}
	}
	return nil
}

// statementOf is the SQL that the command line names, and the values of its parameters.
func statementOf(ctx *cli.Context) (text string, values map[string]string, err error) {
	if ctx.NArg() != 1 {
		return "", nil, usage.Errorf("name one query: a SELECT in quotes, @FILE, - or a name of spacesetl query --list")
	}
	if text, err = queryText(ctx.Args().First()); err != nil {
		return "", nil, err
	}
	values = map[string]string{}
	for _, param := range ctx.Generic("param").(*usage.Query).Given("param") {
		name, value, ok := strings.Cut(param, "=")
		if !ok {
			return "", nil, usage.Errorf("--param: %q is not NAME=VALUE", param)
		}
		values[strings.TrimPrefix(name, "$")] = value
	}
	return text, values, nil
}

// longestQuery bounds what is read of a file, in bytes.
const longestQuery = 1 << 20

// queryText is the SQL that a word stands for.
func queryText(word string) (string, error) {
	file, named := strings.CutPrefix(word, "@")
	if q, ok := answer.Named(word); ok && answer.ReadsFiles(q) {
		return "", usage.Errorf("query %s reads Parquet files by their names: give it to DuckDB itself, in the store's folder", q.Name)
	} else if ok {
		return q.SQL, nil
	}
	if !named && word != "-" {
		if len(strings.Fields(word)) == 1 {
			return "", usage.Errorf("there is no query %q%s", word, usage.Near(word, answer.Names()))
		}
		return word, nil
	}
	in := os.Stdin
	if named {
		var err error
		if in, err = os.Open(file); err != nil {
			return "", usage.Of(err)
		}
		defer in.Close()
	}
	text, err := io.ReadAll(io.LimitReader(in, longestQuery+1))
	if len(text) > longestQuery {
		err = usage.Errorf("%s is longer than a statement can be, 1 MiB", word)
	}
	return strings.TrimPrefix(string(text), "\ufeff"), err
}
