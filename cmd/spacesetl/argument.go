package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
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
func writeWhole(path, text string, force bool) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		var of *fs.PathError
		if errors.As(err, &of) {
			err = of.Err // without the temporary name
		}
		return fmt.Errorf("%s: %w", path, err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // once renamed there is none
	_, err = temporary.WriteString(text)
	if err == nil {
		err = temporary.Chmod(0o644)
	}
	if err == nil {
		err = temporary.Sync()
	}
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	switch {
	case err != nil:
		return err
	case force:
		return os.Rename(temporary.Name(), path)
	}
	// A link fails where a rename would replace what another has just written.
	// Not every file system has links.
	if err = os.Link(temporary.Name(), path); err == nil {
		return nil
	}
	if _, statErr := os.Lstat(path); errors.Is(err, fs.ErrExist) || statErr == nil {
		return &usageError{err: fmt.Errorf("%s is there already", path)}
	}
	return os.Rename(temporary.Name(), path)
}
