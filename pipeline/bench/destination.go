package main

import (
	"maps"
	"slices"
)

type destination string

const (
	toParquet destination = "parquet"
	toDuckDB  destination = "duckdb"
)

// title is the destination's name for people.
func (d destination) title() string {
	if d == toDuckDB {
		return "DuckDB"
	}
	return "Parquet"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
