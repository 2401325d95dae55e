package load

import (
	"fmt"
	"math"

	"github.com/dustin/go-humanize"

	"github.com/spacesetl/spacesetl/schemas"
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
	// mergeMemory is the least to merge into rows that are stored, in bytes: of
	// a wide table DuckDB holds a block for each column that it reads or writes.
	mergeMemory = 128 << 20
	// manyThreads is from where it may work with more than one thread.
	manyThreads = 4 * mergeMemory
	// manyCells is from how many cells of a run DuckDB merges with more than one thread:
	// the one that asked spins while another works, which costs half as much CPU time again.
	manyCells = 2_500_000
	// mostUpdated is how much may be updated in place, in bytes, see updated:
	// beyond it DuckDB is quicker the other way, too.
	mostUpdated = 2 << 30
	// vectorRows are noted together where one of them is updated, vectorBytes
	// for each column.
	vectorRows  = 2048
	vectorBytes = 40 << 10
	// shareCells and shareBytes are how much of a table is merged at a time with
	// mergeMemory: its cells, and the bytes of its files.
	shareCells = 2_500_000
	shareBytes = 12 << 20
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

// merging says how a run is merged.
func (c DuckDBConfig) merging() (settings []setting) {
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
func (c DuckDBConfig) mergeLimit() int64 {
	limit, err := humanize.ParseBytes(c.MemoryLimit)
	if err != nil {
		return 0
	}
	return max(int64(min(limit, 1<<60)), mergeMemory)
}

// updated is about what DuckDB keeps in memory to update so many rows of a
// table, in bytes: the rows are anywhere among those stored.
func updated(rows, stored int64, columns int) int64 {
	return min(rows, stored/vectorRows+1) * int64(columns) * vectorBytes
}

// isThrifty reports whether rows are better replaced than updated, with this
// limit.
func isThrifty(updated, limit int64) bool {
	if limit == 0 {
		return updated > mostUpdated
	}
	return updated > min(limit/2, mostUpdated)
}

// mostShares bounds what a manifest's numbers can ask for.
const mostShares = 10_000

// sharesOf is how many shares the rows of a table are merged in. It follows
// from the rows and the limit alone.
func sharesOf(rows, bytes int64, columns int, limit int64) int {
	if limit == 0 {
		limit = mergeMemory
	}
	times := float64(limit) / mergeMemory
	cells := float64(rows) * float64(columns) / shareCells
	return int(min(max(math.Ceil(max(cells, float64(bytes)/shareBytes)/times), 1), mostShares))
}

// share is one of several shares of a table's rows, told apart by a hash; the
// zero value is all.
type share struct{ part, of int }

// from selects the share of rows whose columns hash to it.
func (s share) from(rows string, columns []string) string {
	if s.of <= 1 || rows == "" {
		return rows
	}
	return fmt.Sprintf("(FROM %s WHERE hash(%s) %% %d = %d)", rows, schemas.Quote(columns...), s.of, s.part)
}
