package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract/address"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// folderFile is the job file of a folder, which init writes.
const folderFile = "spacesetl.yaml"

// jobFile is the job file that the command line names, or else that of the
// folder, which is said; none where one of the flags says what to do without.
func jobFile(ctx *cli.Context, say func(string), unless ...string) string {
	file := ctx.String("file")
	if file != "" || slices.ContainsFunc(unless, ctx.IsSet) {
		return file
	}
	if _, err := os.Stat(folderFile); err != nil {
		return ""
	}
	say("the job is " + folderFile + " of this folder")
	_ = ctx.Set("file", folderFile) // advice names it, too
	return folderFile
}

// seedFlags say what to get, so that no job file has to.
func seedFlags() []string { return []string{"ids", "ids-file", "creators", "search"} }

// readSpec reads the job file, if any, and lets flags override it. It returns
// every mistake at once. That the file is the folder's own is said.
func readSpec(ctx *cli.Context, say func(string)) (jobs.Spec, error) {
	if ctx.Args().Present() {
		return jobs.Spec{}, usage.Errorf("%q is neither a flag nor a file: what to get is given by a job file, --ids, --creators or --search", ctx.Args().First())
	}
	var wrong error
	spec, err := loadJob(ctx, jobFile(ctx, say, seedFlags()...), func(spec *jobs.Spec) { wrong = usage.Override(ctx, spec) })
	return spec, errors.Join(inFlags(ctx, err), wrong)
}

// writeWhole writes a file that appears whole. One that is there is replaced
// only by force.
func writeWhole(path, text string, force bool) error {
	err := durable.WriteFile(path, []byte(text), durable.Options{Keep: !force})
	if errors.Is(err, fs.ErrExist) {
		return usage.Errorf("%s is there already", path)
	}
	return err
}

// insecureFlag is a flag only: no job file can say that its tokens need no care.
func insecureFlag() cli.Flag {
	return flag(address.Flag[2:], "let tokens and passwords go unencrypted, to http on other machines")
}

// trustFlags let a job file do what another's must not.
func trustFlags() []cli.Flag {
	return []cli.Flag{insecureFlag(), flag("allow-files", "let ${file:…} of the job bring in files outside of its folder")}
}

// insecure reads insecureFlag.
func insecure(ctx *cli.Context) bool { return ctx.Bool(address.Flag[2:]) }

// loadJob reads a job file as the command's trustFlags have it; override may be nil.
func loadJob(ctx *cli.Context, file string, override func(*jobs.Spec)) (jobs.Spec, error) {
	return jobfile.Reading{Env: os.LookupEnv, Override: override, AllowFiles: ctx.Bool("allow-files"), InsecureHTTP: insecure(ctx)}.Load(file)
}

// sayAll says each of a few sentences.
func sayAll(say func(string), all []string) {
	for _, line := range all {
		say(line)
	}
}

// ofJob makes an error of a job that the command line can mend a usage error.
func ofJob(ctx *cli.Context, err error) error {
	var (
		token   *jobs.TokenError
		trust   *jobs.TrustError
		account *jobs.AccountError
		client  *jobs.ClientError
		none    *jobs.NoRunError
	)
	switch {
	case errors.As(err, &none):
		return usage.Of(withoutRun(ctx.Command.Name, none))
	case errors.As(err, &token), errors.As(err, &trust), errors.As(err, &account), errors.As(err, &client):
		return usage.Of(err)
	}
	return err
}

// withoutRun says which flags name a store that has run.
func withoutRun(command string, e *jobs.NoRunError) error {
	switch {
	case e.Run != "":
		return e
	case command == "status":
		return fmt.Errorf("%w: name the store of a job that has run with --store or -f", e)
	case command == "cost":
		return fmt.Errorf("%w: name a store with --store", e)
	}
	return fmt.Errorf("there are no runs in %s: give the --store of a job that has run", e.Store)
}

// inFlags rewrites the mistakes of a job whose values came by flags, so that
// they name the flag instead of the key.
func inFlags(ctx *cli.Context, err error) error {
	var invalid *jobs.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	for i, p := range invalid.Problems {
		name := strings.ReplaceAll(p.Key, "_", "-")
		switch {
		case p.Line > 0 || p.File != "":
		case p.Key == "" && strings.HasPrefix(p.Text, "nothing to do"):
			invalid.Problems[i].Text = "nothing to do: name a job file, or give --ids, --ids-file, --creators or --search"
		case p.Key != "" && ctx.IsSet(name):
			invalid.Problems[i].Text = "--" + name + ": " + strings.TrimPrefix(p.Text, p.Key+": ")
		}
	}
	return err
}
