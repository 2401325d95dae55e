package main

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
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
