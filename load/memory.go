package load

import (
	"fmt"

	"github.com/dustin/go-humanize"
)

const (
	// maxFillers is how many connections fill a new database at a time, with
	// one thread each: one with two threads takes as long as one with one, and
	// half as much CPU time again.
	maxFillers = 2
	// fillerMemory is what DuckDB needs for each, and fillMemory what it gets
	// for all: with more it only keeps blocks that nobody reads again. Both in
	// bytes.
	fillerMemory = 80 << 20
	fillMemory   = maxFillers * fillerMemory
	// mergeMemory is what it needs for each byte of a run's files to merge them
	// into rows that are stored, besides leastMemory: it keeps what it updates
	// until it is closed. With less it gives up. To delete the rows and insert
	// them again takes half the memory and three times as long.
	mergeMemory = 12
	leastMemory = 128 << 20
)

// filling says how a new database is filled.
func (c DuckDBConfig) filling() (fillers int, settings []setting) {
	memory := uint64(fillMemory)
	if limit, err := humanize.ParseBytes(c.MemoryLimit); err == nil {
		memory = min(memory, limit)
	}
	fillers = min(maxFillers, int(memory/fillerMemory))
	if c.Threads > 0 {
		fillers = min(fillers, c.Threads)
	}
	fillers = max(fillers, 1)
	return fillers, []setting{{"threads", "1"}, {"memory_limit", fmt.Sprint(memory, "B")}}
}

// merging says how a run is merged: with the memory that it takes.
func (c DuckDBConfig) merging(r run) []setting {
	limit, err := humanize.ParseBytes(c.MemoryLimit)
	if err != nil {
		return nil // DuckDB's default is more than enough
	}
	bytes := int64(leastMemory)
	for _, p := range r.Parts {
		bytes += mergeMemory * p.Bytes
	}
	return []setting{{"memory_limit", fmt.Sprint(max(limit, uint64(bytes)), "B")}}
}
