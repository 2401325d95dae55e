package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/imports"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

func importCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "import",
		Usage: "take in answers of the API that files have, without asking it",
		UsageText: "spacesetl import archive/ session.har twarc.jsonl.gz --store ./spaces\n" +
			"spacesetl import spaces.json --endpoint spaces --fetched-at 2024-03-01T12:00:00Z",
		Description: "JSON as it came, JSON lines, twarc2's, HAR files, cassettes, landed pages, with gzip or zstd.\n" +
			"They become one run, which cost nothing. Exit code 3 where something could not be read.",
		ArgsUsage: "FILE...",
		Flags: append([]cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			usage.OneOf(text("endpoint", "", "what was asked, of answers that do not say: `NAME`"), endpoints()...),
			list("ids", "what it was asked for: `IDS`, comma separated"),
			text("query", "", "the `WORDS` of a search"),
			text("fetched-at", "", "`TIME` of answers without one, such as 2024-03-01 (default the file's)"),
			flag("dry-run", "say what would be imported, and change nothing"),
			memoryFlag(),
			outputFlag(),
		}, watchFlags()...),
		Action: func(ctx *cli.Context) error { return importAnswers(c, ctx) },
	}
}

// endpoints are the names of those that have pages.
func endpoints() (names []string) {
	for _, s := range schemas.Specs() {
		names = append(names, string(s.Endpoint))
	}
	return names
}

func importAnswers(c *console, ctx *cli.Context) error {
	if !ctx.Args().Present() {
		return usage.Errorf("name the files or folders to import")
	}
	out := resultFormat(ctx)
	from := imports.Config{Paths: ctx.Args().Slice(), Endpoint: schemas.Endpoint(ctx.String("endpoint")), IDs: usage.Trimmed(ctx.StringSlice("ids")), Query: ctx.String("query")}
	if from.Endpoint == "" && (len(from.IDs) > 0 || from.Query != "") {
		return usage.Errorf("--ids and --query are of an --endpoint: name that, too")
	}
	var err error
	if from.FetchedAt, err = c.moment(ctx, "fetched-at"); err != nil {
		return err
	}
	spec, err := storeSpec(c, ctx)
	if err != nil {
		return err
	}
	o := c.options()
	if o.Memory, err = setMemory(ctx); err != nil {
		return err
	}
	w, err := watch(c, ctx)
	if err != nil {
		return err
	}
	o.Listener = listener(w)
	w.Start(ctx.Context)
	defer w.Stop()
	r, err := jobs.Open(spec, o).Import(ctx.Context, from, ctx.Bool("dry-run"))
	if r.Found == nil && (errors.Is(err, fs.ErrNotExist) || errors.As(err, new(*imports.OwnError))) {
		return usage.Of(err)
	}
	w.Clear()
	if r.Found != nil {
		if err := printImported(c, r, out); err != nil {
			return err
		}
	}
	if err == nil && r.NotRead() > 0 {
		return &unreadError{r.NotRead()}
	}
	return ofJob(ctx, err)
}

// unreadError is what an import ends with that could not read everything.
type unreadError struct{ n int }

func (e *unreadError) Error() string {
	return fmt.Sprintf("%s of the files could not be read", plural(e.n, "part"))
}

func printImported(c *console, r jobs.Imported, format string) error {
	switch format {
	case quietly: // but for what is not there
		sayAll(c.say, show.Unread(r))
		return nil
	case "json":
		return c.printJSON(struct {
			*imports.Found
			Run      string          `json:"run_id,omitempty"`
			Already  bool            `json:"already"`
			Manifest *store.Manifest `json:"manifest,omitempty"`
		}{r.Found, r.Run, r.Already, r.Manifest})
	}
	return show.Imported(c.stdout, r)
}
