package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/schemas"
)

// segments are the files of landed pages.
func (c *corpus) segments() ([]string, error) {
	return filepath.Glob(filepath.Join(c.folder().Raw(), c.Run, "*.ndjson.zst"))
}

// writePlain writes the landed pages as they are, uncompressed, for the
// baseline, unless they are there: a segment is a plain zstd file of lines. The
// folder gets its name last.
func (c *corpus) writePlain() error {
	if _, err := os.Stat(c.plain()); err == nil {
		return nil
	}
	files, err := c.segments()
	if err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(c.dir, "_plain-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) // gone already when all went well
	for _, e := range []schemas.Endpoint{schemas.Spaces, schemas.Creators, schemas.Search, schemas.Buyers, schemas.Tweets} {
		// A small corpus has no page of some, and SQL no table of no file.
		if err := os.WriteFile(filepath.Join(temporary, string(e)+"-00000.ndjson"), nil, 0o644); err != nil {
			return err
		}
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".zst")
		if err := decompress(file, filepath.Join(temporary, name)); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return os.Rename(temporary, c.plain())
}

func decompress(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	reader, err := zstd.NewReader(in)
	if err != nil {
		return err
	}
	defer reader.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, reader)
	return errors.Join(err, out.Close())
}

// sizeOf adds up files, and the files in folders.
func sizeOf(paths ...string) (total int64, err error) {
	for _, path := range paths {
		err := filepath.Walk(path, func(_ string, info os.FileInfo, err error) error {
			if err == nil && info.Mode().IsRegular() {
				total += info.Size()
			}
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return total, nil
}

// warm reads everything once, so that no run pays for the disk.
func (c *corpus) warm() error {
	return filepath.Walk(c.dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = io.Copy(io.Discard, file)
		return err
	})
}
