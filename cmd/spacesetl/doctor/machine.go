package doctor

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/dustin/go-humanize"

	"github.com/spacesetl/spacesetl/load/duckdb"
)

// checkVersions says what the program is made of.
func checkVersions(e *examination) {
	linked, err := duckdb.LibraryVersion(e.ctx)
	if err != nil {
		e.fail("versions", "install spacesetl again", "DuckDB does not start: %v", err)
		return
	}
	e.ok("versions", "spacesetl %s, %s %s/%s, DuckDB %s", e.Built, runtime.Version(), runtime.GOOS, runtime.GOARCH, linked)
}

// leastComfort is the memory below which merges are slow or give up, in bytes.
const leastComfort = 512 << 20

// checkMemory says what the process may take.
func checkMemory(e *examination) {
	limit, err := memlimit.FromCgroup()
	golang := "192 MiB of Go heap unless --memory says more"
	if os.Getenv("GOMEMLIMIT") != "" {
		if n := debug.SetMemoryLimit(-1); n < math.MaxInt64 {
			golang = "GOMEMLIMIT is " + humanize.IBytes(uint64(n))
		}
	}
	switch {
	case err != nil || limit > 1<<50:
		e.ok("memory", "no limit of a container; %s", golang)
	case limit < leastComfort:
		e.warn("memory", "give the container 512 MiB or more; merges into a large database need it", "the container may take %s; %s", humanize.IBytes(limit), golang)
	default:
		e.ok("memory", "the container may take %s; %s", humanize.IBytes(limit), golang)
	}
}
