package duckdb

import (
	"fmt"

	"github.com/dustin/go-humanize"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
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
	// manyThreads is from where it may work with more than one thread.
	manyThreads = 4 * merge.Memory
)

// filling says how a new database is filled.
func (c Config) filling() (fillers int, settings []setting) {
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

// merging says how a run is merged.
func (c Config) merging() (settings []setting) {
	limit := c.mergeLimit()
	if limit == 0 {
		return nil // DuckDB's default is more than enough
	}
	if limit < manyThreads {
		settings = append(settings, setting{"threads", "1"})
	}
	return append(settings, setting{"memory_limit", fmt.Sprint(limit, "B")})
}

// mergeLimit is what DuckDB may take to merge, in bytes; 0 for its default.
func (c Config) mergeLimit() int64 {
	limit, err := humanize.ParseBytes(c.MemoryLimit)
	if err != nil {
		return 0
	}
	return max(int64(min(limit, 1<<60)), merge.Memory)
}

// settingsOf are those to merge a run with, besides the database's. To find rows by their
// place DuckDB looks for as many of them in a block as dynamic_or_filter_threshold says;
// of more, only for what is between the first and the last.
func settingsOf(r merge.Run) []setting {
	if r.IsSmall() {
		return []setting{{"threads", "1"}, {"dynamic_or_filter_threshold", "1000"}, {"enable_external_file_cache", "false"}}
	}
	return nil
}
