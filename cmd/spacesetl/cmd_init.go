package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs"
)

func (c *console) initCommand() *cli.Command {
	return &cli.Command{
		Name:  "init",
		Usage: "write a job file by asking five questions",
		UsageText: `spacesetl init
spacesetl init watch.yaml --creators @XDevelopers --with tweets --yes
spacesetl init --from ticketed-audience --store /data/audience tickets.yaml`,
		Description: "FILE is spacesetl.yaml if not given. What flags say is the answer that is proposed; --yes takes\n" +
			"all that is proposed without asking. For a job that keeps its variables, see spacesetl jobs show.",
		ArgsUsage: "[FILE]",
		Flags: []cli.Flag{
			text("creators", "", "user ids and @usernames whose Spaces to get, `LIST` comma separated"),
			text("search", "", "`WORDS` to find in titles, several searches with ; between them"),
			text("ids", "", "Space `IDS` or links, comma separated"),
			text("with", "", "also get tweets, buyers of each Space, or none; `LIST`"),
			text("store", "", "`DIR` of the job's pages and tables (default: as the file, without .yaml)"),
			text("budget-day", "", "most that a UTC day may cost, or none; `USD`"),
			text("from", "", "begin with a ready-made job, see spacesetl jobs list; `NAME`"),
			flag("yes", "ask nothing"),
			flag("force", "write over a file that is there"),
		},
		Action: c.initJob,
	}
}

func (c *console) initJob(ctx *cli.Context) error {
	if again, err := flagsFirst(ctx, "init"); err != nil || again != nil {
		if err == nil {
			return c.app().RunContext(ctx.Context, again)
		}
		return err
	}
	err := c.writeJob(ctx, cmp.Or(ctx.Args().First(), "spacesetl.yaml"))
	var u *usageError
	if errors.As(err, &u) {
		u.command = "spacesetl init"
	}
	return err
}

func (c *console) writeJob(ctx *cli.Context, path string) error {
	if _, err := os.Lstat(path); err == nil && !ctx.Bool("force") {
		return &usageError{err: fmt.Errorf("%s is there already: give another FILE, or --force to write over it", path)}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p, err := proposed(ctx, path)
	if err != nil {
		return &usageError{err: err}
	}
	ask := c.asker(ctx)
	if ask == nil {
		return &usageError{err: errors.New("this is no terminal to ask on: give --yes, and flags for what is not as proposed")}
	}
	draft, err := p.draft(ask)
	if err != nil {
		return err
	}
	text, err := draft.YAML()
	if err != nil {
		return &usageError{err: err}
	}
	if err := writeWhole(path, text, ctx.Bool("force")); err != nil {
		return err
	}
	file := shellQuoted(path)
	return c.print("wrote %s; next:\n  spacesetl validate -f %s\n  spacesetl plan -f %[2]s\n  spacesetl run -f %[2]s\n", path, file)
}

// proposal is what is answered where nothing else is.
type proposal struct {
	from   *jobs.Ready // nil: asked for
	key    string      // creators, search or ids
	seeds  map[string]string
	with   string
	store  string
	budget string
	name   string
}

// proposed are the answers of flags, and those that flags leave open.
func proposed(ctx *cli.Context, path string) (proposal, error) {
	base := filepath.Base(path)
	name := strings.TrimSuffix(base, filepath.Ext(base))
	if name == "spacesetl" || name == "" {
		name = "spaces"
	}
	p := proposal{
		key: "creators", name: name, with: ctx.String("with"), store: cmp.Or(ctx.String("store"), "./"+name), budget: cmp.Or(ctx.String("budget-day"), "25"),
		seeds: map[string]string{"creators": "@XDevelopers", "search": "open mic", "ids": "1SLjjRYNejbKM"},
	}
	for _, with := range trimmed(strings.Split(p.with, ",")) {
		if err := chosen(ctx, "with", with); err != nil && with != "none" {
			return p, err
		}
	}
	given := map[string]string{"creators": ctx.String("creators"), "search": ctx.String("search"), "ids": ctx.String("ids")}
	var keys []string
	for _, key := range seedKeys() {
		if given[key] != "" {
			keys = append(keys, key)
			p.key, p.seeds[key] = key, given[key]
		}
	}
	if len(keys) > 1 {
		return p, fmt.Errorf("--%s and --%s: init writes a job of one kind; put the other into the file", keys[0], keys[1])
	}
	if from := ctx.String("from"); from != "" {
		r, err := readyMade(from)
		if err != nil {
			return p, err
		}
		if len(keys) > 0 && keys[0] != r.Needs.Key {
			return p, fmt.Errorf("--%s: %s is about %s", keys[0], from, r.Needs.Key)
		}
		p.from, p.key = &r, r.Needs.Key
	}
	return p, nil
}

func seedKeys() []string { return []string{"creators", "search", "ids"} }

// asker asks a question until check takes the answer.
type asker func(question, proposed string, check func(string) error) (string, error)

// draft asks for what goes into the file.
func (p proposal) draft(ask asker) (d jobs.Draft, err error) {
	if p.from == nil {
		p.key, err = ask("What do you want to get: creators, search or ids?", p.key, func(answer string) error {
			if !slices.Contains(seedKeys(), answer) {
				return fmt.Errorf("%q is not one of creators, search, ids%s", answer, near(answer, seedKeys()))
			}
			return nil
		})
		if err != nil {
			return d, err
		}
		p.from = firstFor(p.key)
	}
	d = jobs.Draft{From: *p.from, Name: p.name}
	which := map[string]string{
		"creators": "Whose Spaces? @usernames and user ids, with commas between them",
		"search":   "Which words in titles? Several searches with ; between them",
		"ids":      "Which Spaces? Ids or links, with commas between them",
	}[p.key]
	if _, err = ask(which, p.seeds[p.key], func(answer string) error {
		d.Seeds = seedsIn(p.key, answer)
		return jobs.CheckSeeds(p.key, d.Seeds)
	}); err != nil {
		return d, err
	}
	with := cmp.Or(p.with, strings.Join(p.from.With(), ", "), "none")
	if _, err = ask("What else of each Space: tweets, buyers (the creator's login needed), both, or none?", with, func(answer string) error {
		d.With = withIn(answer)
		return jobs.CheckWith(d.With)
	}); err != nil {
		return d, err
	}
	if d.Store, err = ask("Which folder for pages and tables?", p.store, isFolder); err != nil {
		return d, err
	}
	d.Budget, err = ask("How many dollars may a day cost at most? A number, or none", p.budget, func(answer string) error {
		if answer == "none" {
			return nil
		}
		return jobs.CheckBudget(answer)
	})
	if d.Budget == "none" {
		d.Budget = ""
	}
	return d, err
}

// firstFor is the ready-made job to begin with.
func firstFor(key string) *jobs.Ready {
	all := jobs.ReadyMade()
	i := slices.IndexFunc(all, func(r jobs.Ready) bool { return r.Needs.Key == key })
	return &all[i]
}

func seedsIn(key, answer string) []string {
	if key == "search" {
		return trimmed(strings.Split(answer, ";"))
	}
	return trimmed(strings.Split(answer, ","))
}

func withIn(answer string) []string {
	switch answer {
	case "none":
		return nil
	case "both":
		return []string{"tweets", "buyers"}
	}
	return trimmed(strings.Split(answer, ","))
}

func isFolder(path string) error {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file", path)
	}
	return nil
}

// asker returns what asks on the terminal, or takes what is proposed with
// --yes; nothing where there is no terminal.
func (c *console) asker(ctx *cli.Context) asker {
	if ctx.Bool("yes") {
		return func(_, proposed string, check func(string) error) (string, error) {
			if err := check(proposed); err != nil {
				return "", &usageError{err: err}
			}
			return proposed, nil
		}
	}
	// No pipe: a question that nobody reads would be answered by chance.
	if info, err := os.Stdin.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	in := bufio.NewReader(io.LimitReader(os.Stdin, 1<<20))
	return func(question, proposed string, check func(string) error) (string, error) {
		for {
			fmt.Fprintf(c.stderr, "%s [%s] ", question, proposed)
			answer, err := answered(ctx.Context, in)
			if err != nil {
				return "", err
			}
			answer = cmp.Or(strings.TrimSpace(answer), proposed)
			err = check(answer)
			if err == nil {
				return answer, nil
			}
			fmt.Fprintf(c.stderr, "  %s\n", strings.ReplaceAll(err.Error(), "\n", "\n  "))
		}
	}
}

// answered reads a line. A read cannot be cancelled: when ctx ends first, it
// ends with the process.
func answered(ctx context.Context, in *bufio.Reader) (string, error) {
	type read struct {
		line string
		err  error
	}
	lines := make(chan read, 1)
	go func() {
		line, err := in.ReadString('\n')
		lines <- read{line, err}
	}()
	select {
	case r := <-lines:
		if errors.Is(r.err, io.EOF) {
			return "", &usageError{err: errors.New("no answer: nothing is written; --yes takes what is proposed")}
		}
		return r.line, r.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
