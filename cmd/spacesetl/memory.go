package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"
)

// Memory the process takes, in bytes.
const (
	defaultMemory = 384 << 20
	leastMemory   = 128 << 20
	programMemory = 128 << 20 // of it what is neither decoding nor DuckDB, at most
)

func memoryFlag() cli.Flag {
	return text("memory", "", "memory to stay within, such as `1GiB` (default 384MiB)")
}

// setMemory makes the process stay within the memory asked for: Go's share is
// set here, DuckDB's is returned, in bytes. They do not work at the same time.
func setMemory(ctx *cli.Context) (duckdb int64, err error) {
	size, err := memorySize(ctx.String("memory"), memlimit.FromCgroup)
	if err != nil {
		return 0, &usageError{"spacesetl " + ctx.Command.Name, err}
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(size / 2)
	}
	return max(size-programMemory, leastMemory/2), nil
}

// memorySize is the size asked for; if none, a default that fits the container
// the process runs in, whose own limit is asked of container.
func memorySize(asked string, container func() (uint64, error)) (int64, error) {
	if asked == "" {
		limit, err := container()
		if err != nil || limit/4*3 >= defaultMemory {
			return defaultMemory, nil // no container, or a large one
		}
		return max(int64(limit/4*3), leastMemory), nil
	}
	size, err := humanize.ParseBytes(asked)
	if err != nil {
		return 0, fmt.Errorf("--memory: %q is not a size such as 512MiB or 2GB", asked)
	}
	if size < leastMemory || size > 1<<50 {
		return 0, fmt.Errorf("--memory: %s is not between %s and %s", asked, humanize.IBytes(leastMemory), humanize.IBytes(1<<50))
	}
	return int64(size), nil
}

// duckdbSize is a size as DuckDB's settings take it; nothing for 0.
func duckdbSize(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return strconv.FormatInt(bytes, 10) + "B"
}
