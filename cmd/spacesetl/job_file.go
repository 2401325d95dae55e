package main

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
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

// writeWhole writes a file that appears whole. One that is there is replaced
// only by force.
func writeWhole(path, text string, force bool) error {
	err := durable.WriteFile(path, []byte(text), durable.Options{Keep: !force})
	if errors.Is(err, fs.ErrExist) {
		return usage.Errorf("%s is there already", path)
	}
	return err
}
