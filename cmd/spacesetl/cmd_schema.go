package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/schemas"
)

// schemaFormats are what schema can print: pages, diagrams, DDL and a module.
func schemaFormats() []string {
	formats := []string{"md", "json", "mermaid", "svg", "polars", "duckdb"}
	for _, w := range schemas.Warehouses() {
		formats = append(formats, w.Name)
	}
	return formats
}

// warehouseDDL returns the DDL of a format, empty if it is none.
func warehouseDDL(format string) string {
	for _, w := range schemas.Warehouses() {
		if w.Name == format {
			return w.DDL()
		}
	}
	return ""
}

func schemaCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "print the tables: data dictionary, diagram, DDL, polars; or the schema of job files",
		UsageText: "spacesetl schema\nspacesetl schema --format duckdb | duckdb new.duckdb\nspacesetl schema --format polars > spaces_latest.py\nspacesetl schema --job > job.schema.json",
		Description: "md and json are the data dictionary, mermaid and svg a diagram of the tables, polars a Python\n" +
			"module that reads the Parquet files of all runs, all others DDL:\n" +
			strings.Join(schemaFormats(), ", ") + ".",
		Flags: []cli.Flag{
			usage.OneOf(text("format", "md", "what to print; `FORMAT`"), schemaFormats()...),
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
			switch format := ctx.String("format"); format {
			case "md":
				return c.text(schemas.Markdown())
			case "duckdb":
				return c.text(schemas.DuckDB())
			case "mermaid":
				return c.text(schemas.Mermaid())
			case "svg":
				return c.text(schemas.SVG())
			case "polars":
				return c.text(schemas.Polars())
			case "json":
				return c.printJSON(schemas.Dictionary())
			default:
				return c.text(warehouseDDL(format))
			}
		},
	}
}
