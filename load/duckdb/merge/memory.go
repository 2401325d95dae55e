package merge

import (
	"fmt"
	"math"

	"github.com/spacesetl/spacesetl/schemas"
)

const (
	// Memory is the least to merge into rows that are stored, in bytes: of
	// a wide table DuckDB holds a block for each column that it reads or writes.
	Memory = 128 << 20
	// manyCells is from how many cells of a run DuckDB merges with more than one thread:
	// the one that asked spins while another works, which costs half as much CPU time again.
	manyCells = 2_500_000
	// mostUpdated is how much may be updated in place, in bytes, see updated:
	// beyond it DuckDB is quicker the other way, too.
	mostUpdated = 2 << 30
	// mostAtOnce is that for several runs.
	mostAtOnce = 256 << 20
	// vectorRows are noted together where one of them is updated, vectorBytes
	// for each column.
	vectorRows  = 2048
	vectorBytes = 40 << 10
	// shareCells and shareBytes are how much of a table is merged at a time with
	// Memory: its cells, and the bytes of its files.
	shareCells = 2_500_000
	shareBytes = 12 << 20
)

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

// SharesOf is how many shares the rows of a table are merged in. It follows
// from the rows and the limit alone.
func SharesOf(rows, bytes int64, columns int, limit int64) int {
	if limit == 0 {
		limit = Memory
	}
	times := float64(limit) / Memory
	cells := float64(rows) * float64(columns) / shareCells
	return int(min(max(math.Ceil(max(cells, float64(bytes)/shareBytes)/times), 1), mostShares))
}

// Share is one of several shares of a table's rows, told apart by a hash; the
// zero value is all.
type Share struct{ Part, Of int }

// From selects the share of rows whose columns hash to it.
func (s Share) From(rows string, columns []string) string {
	if s.Of <= 1 || rows == "" {
		return rows
	}
	return fmt.Sprintf("(FROM %s WHERE hash(%s) %% %d = %d)", rows, schemas.Quote(columns...), s.Of, s.Part)
}
