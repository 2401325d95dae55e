package duckdb

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// copyBytes are copied between two looks at the context.
const copyBytes = 64 << 20

// copyFile copies a file to a name that is free. Where the file system can share
// the blocks of both it takes no time and no room.
func copyFile(ctx context.Context, from, to string) (err error) {
	in, info, err := durable.OpenInfo(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if reflink(out, in) {
		return nil
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(out, in, copyBytes); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
