package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// Memory, in bytes.
const (
	// goMemory is Go's limit where nothing else is said: enough for any archive.
	goMemory    = 192 << 20
	leastMemory = 128 << 20 // that can be asked for
	// programMemory is what the process takes beside DuckDB while that works.
	programMemory = 128 << 20
)

// memory is how much each half of the program may take, in bytes. They do not
// work at the same time.
type memory struct {
	golang int64
	duckdb int64 // 0 leaves it to DuckDB, which takes four fifths of the machine
}

func memoryFlag() cli.Flag {
	return usage.In(jobfile.Limits, text("memory", "", "memory to stay within, such as `1GiB`"))[0]
}

// setMemory sets Go's limit and returns DuckDB's, in bytes.
func setMemory(ctx *cli.Context) (duckdb int64, err error) {
	m, err := memoryFor(ctx.String("memory"), memlimit.FromCgroup)
	if err != nil {
		return 0, usage.Of(err)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(m.golang)
	}
	return m.duckdb, nil
}

// queryMemory is what a process that answers a query may take, in bytes: what is asked
// for, or else most of the container or the machine; 0 where that is not known.
func queryMemory(ctx *cli.Context) (int64, error) {
	m, err := memoryFor(ctx.String("memory"), memlimit.FromCgroup)
	if err != nil {
		return 0, usage.Of(err)
	}
	if m.duckdb > 0 {
		return m.duckdb + programMemory, nil
	}
	machine, err := memlimit.FromSystem()
	if err != nil {
		return 0, nil
	}
	return int64(machine / 5 * 4), nil
}

// memoryFor divides the size asked for. If none is, it divides three quarters
// of the container that the process runs in, if any, whose limit is asked of
// container: a merge into a large database needs what it needs.
func memoryFor(asked string, container func() (uint64, error)) (memory, error) {
	if asked == "" {
		limit, err := container()
		if err != nil || limit > 1<<50 {
			return memory{golang: goMemory}, nil // no container
		}
		m := divided(max(int64(limit/4*3), leastMemory))
		m.golang = min(m.golang, goMemory)
		return m, nil
	}
	size, err := humanize.ParseBytes(asked)
	if err != nil {
		return memory{}, fmt.Errorf("--memory: %q is not a size such as 512MiB or 2GB", asked)
	}
	if size < leastMemory || size > 1<<50 {
		return memory{}, fmt.Errorf("--memory: %s is not between %s and %s", asked, humanize.IBytes(leastMemory), humanize.IBytes(1<<50))
	}
	return divided(int64(size)), nil
}

func divided(size int64) memory {
	return memory{golang: size / 2, duckdb: max(size-programMemory, leastMemory/2)}
}
