package main

import (
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/schemas/describe"
)

// schemaFormat is one that schema can print.
type schemaFormat struct {
	name  string
	print func() string
}

// schemaFormats are pages, diagrams, what other tools read, and DDL.
func schemaFormats() []schemaFormat {
	formats := []schemaFormat{
		{"md", describe.Markdown}, {"json", nil}, {"mermaid", describe.Mermaid}, {"svg", schemas.SVG}, {"polars", describe.Polars},
		{"dbt", describe.DBT}, {"json-schema", describe.JSONSchema}, {"frictionless", describe.Frictionless}, {"duckdb", schemas.DuckDB},
	}
	for _, w := range schemas.Warehouses() {
		formats = append(formats, schemaFormat{w.Name, w.DDL})
	}
	return formats
}

func schemaFormatNames() (names []string) {
	for _, f := range schemaFormats() {
		names = append(names, f.name)
	}
	return names
}

func schemaCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "print the tables: data dictionary, diagram, DDL, polars, dbt; or the schema of job files",
		UsageText: "spacesetl schema\nspacesetl schema --format duckdb | duckdb new.duckdb\nspacesetl schema --format polars > spaces_latest.py\nspacesetl schema --job > job.schema.json",
		Description: "md and json are the data dictionary, mermaid and svg a diagram of the tables, polars a Python\n" +
			"module that reads the Parquet files of all runs, dbt a file of sources, json-schema one of rows as\n" +
			"JSON, frictionless a data package of the files of to: latest, all others DDL.",
		Flags: []cli.Flag{
			usage.OneOf(text("format", "md", "what to print; `FORMAT`"), schemaFormatNames()...),
			flag("job", "print the JSON Schema of job files, for editors"),
		},
		Action: func(ctx *cli.Context) error {
			if ctx.Bool("job") {
				schema, err := jobfile.Schema()
				if err != nil {
					return err
				}
				return c.text(string(schema))
			}
			for _, f := range schemaFormats() {
				if f.name == ctx.String("format") && f.print != nil {
					return c.text(f.print())
				}
			}
			return c.printJSON(describe.Dictionary())
		},
	}
}
