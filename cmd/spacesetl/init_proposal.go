package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs/ready"
	"github.com/spacesetl/spacesetl/schemas"
)

// proposal is what is answered where nothing else is.
type proposal struct {
	from   *ready.Job // nil: asked for
	key    string     // creators, search or ids
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
	for _, with := range usage.Trimmed(strings.Split(p.with, ",")) {
		if err := usage.Among("with", with, schemas.Companions()...); err != nil && with != "none" {
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

// draft asks for what goes into the file.
func (p proposal) draft(ask asker) (d ready.Draft, err error) {
	if p.from == nil {
		p.key, err = ask("What do you want to get: creators, search or ids?", p.key, func(answer string) error {
			if !slices.Contains(seedKeys(), answer) {
				return fmt.Errorf("%q is not one of creators, search, ids%s", answer, usage.Near(answer, seedKeys()))
			}
			return nil
		})
		if err != nil {
			return d, err
		}
		p.from = firstFor(p.key)
	}
	d = ready.Draft{From: *p.from, Name: p.name}
	which := map[string]string{
		"creators": "Whose Spaces? @usernames and user ids, with commas between them",
		"search":   "Which words in titles? Several searches with ; between them",
		"ids":      "Which Spaces? Ids or links, with commas between them",
	}[p.key]
	if _, err = ask(which, p.seeds[p.key], func(answer string) error {
		d.Seeds = seedsIn(p.key, answer)
		return ready.CheckSeeds(p.key, d.Seeds)
	}); err != nil {
		return d, err
	}
	with := cmp.Or(p.with, strings.Join(p.from.With(), ", "), "none")
	if _, err = ask("What else of each Space: "+companions()+", both, or none?", with, func(answer string) error {
		d.With = withIn(answer)
		return ready.CheckWith(d.With)
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
		return ready.CheckBudget(answer)
	})
	if d.Budget == "none" {
		d.Budget = ""
	}
	return d, err
}

// firstFor is the ready-made job to begin with.
func firstFor(key string) *ready.Job {
	all := ready.Jobs()
	i := slices.IndexFunc(all, func(r ready.Job) bool { return r.Needs.Key == key })
	return &all[i]
}

func seedsIn(key, answer string) []string {
	if key == "search" {
		return usage.Trimmed(strings.Split(answer, ";"))
	}
	return usage.Trimmed(strings.Split(answer, ","))
}

func isFolder(path string) error {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file", path)
	}
	return nil
}
