package facts

import (
	"hash/maphash"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/spacesetl/spacesetl/schemas"
)

// moments returns the values of a column of times by row, zero where there is none.
func moments(b schemas.Batch, name string) func(int) time.Time {
	column := b.Record.Column(b.Table.Column(name)).(*array.Timestamp)
	return func(i int) (at time.Time) {
		if column.IsValid(i) {
			at = time.UnixMicro(int64(column.Value(i))).UTC()
		}
		return at
	}
}

// pairs returns the values of two text columns, of rows that have both.
func pairs(b schemas.Batch, first, second string) (all [][2]string) {
	x := b.Record.Column(b.Table.Column(first)).(*array.String)
	y := b.Record.Column(b.Table.Column(second)).(*array.String)
	for i := range x.Len() {
		if x.IsValid(i) && y.IsValid(i) {
			all = append(all, [2]string{strings.Clone(x.Value(i)), strings.Clone(y.Value(i))})
		}
	}
	return all
}

// pairSeed is what distinctPairs tells pairs apart by.
var pairSeed = maphash.MakeSeed()

// distinctPairs counts the different pairs of two text columns, by a hash of each: of
// a million people no copy is made.
func distinctPairs(b schemas.Batch, first, second string) int {
	x := b.Record.Column(b.Table.Column(first)).(*array.String)
	y := b.Record.Column(b.Table.Column(second)).(*array.String)
	seen := map[uint64]struct{}{}
	for i := range x.Len() {
		if x.IsValid(i) && y.IsValid(i) {
			seen[maphash.Comparable(pairSeed, [2]string{x.Value(i), y.Value(i)})] = struct{}{}
		}
	}
	return len(seen)
}

// texts returns the values of a text column that are not null, in one piece of
// memory.
func texts(b schemas.Batch, name string) []string {
	column := b.Record.Column(b.Table.Column(name)).(*array.String)
	size, n := 0, 0
	for i := range column.Len() {
		if column.IsValid(i) {
			size += len(column.Value(i))
			n++
		}
	}
	var all strings.Builder
	all.Grow(size)
	for i := range column.Len() {
		if column.IsValid(i) {
			all.WriteString(column.Value(i))
		}
	}
	values, rest := make([]string, 0, n), all.String()
	for i := range column.Len() {
		if column.IsValid(i) {
			end := len(column.Value(i))
			values, rest = append(values, rest[:end]), rest[end:]
		}
	}
	return values
}
