package auth

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// leftovers are the files that have a temporary name, or one made longer.
func leftovers(temporary string) []string {
	all, dir := []string{temporary}, filepath.Dir(temporary)
	entries, _ := os.ReadDir(dir) // without them it is the one name
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, filepath.Base(temporary)+"-") {
			all = append(all, filepath.Join(dir, name))
		}
	}
	return slices.DeleteFunc(all, func(path string) bool {
		_, err := os.Lstat(path)
		return errors.Is(err, fs.ErrNotExist)
	})
}

// readOurs reads a leftover. It is a *FileError, but for a damaged one, if this
// program and user did not write it: whoever can write to the folder, and to no
// file of ours, could have the tokens replaced by it.
func readOurs(path string) (file, error) {
	in, info, err := openRegular(path, false)
	var e *FileError
	if errors.As(err, &e) {
		return file{}, ignored(path, e.Problem)
	}
	if errors.Is(err, fs.ErrPermission) {
		return file{}, ignored(path, "cannot be read by this user")
	}
	if err != nil {
		return file{}, err
	}
	defer in.Close()
	if problem := foreign(info); problem != "" {
		return file{}, ignored(path, problem)
	}
	f, err := parse(in, path)
	if errors.As(err, &e) && !e.damaged {
		return f, ignored(path, e.Problem)
	}
	return f, err
}

// ignored is the error of a leftover that is not ours.
func ignored(path, problem string) *FileError {
	return &FileError{Path: path, Problem: problem + ", so it is ignored", Next: "look who put it there, and remove it"}
}
