package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// flagsFirst returns the command line of a command with one argument and flags
// behind it, which the library takes for arguments, with the flags in front.
// It returns none where they are.
func flagsFirst(ctx *cli.Context, words ...string) ([]string, error) {
	args := ctx.Args().Slice()
	if len(args) < 2 {
		return nil, nil
	}
	if !strings.HasPrefix(args[1], "-") {
		return nil, &usageError{"spacesetl " + strings.Join(words, " "), fmt.Errorf("%q is one too many", args[1])}
	}
	given := ctx.Lineage()[1].Args().Tail() // behind the command's name
	line := slices.Concat([]string{"spacesetl"}, words, given[:len(given)-len(args)], args[1:], args[:1])
	return line, nil
}

// writeWhole writes a file that appears whole. One that is there is replaced
// only by force.
func writeWhole(path, text string, force bool) error {
	err := durable.WriteFile(path, []byte(text), durable.Options{Keep: !force})
	if errors.Is(err, fs.ErrExist) {
		return &usageError{err: fmt.Errorf("%s is there already", path)}
	}
	return err
}
