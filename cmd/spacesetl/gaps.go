package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// gapsError is what a strict job ends with that is done with gaps.
type gapsError struct{ manifest *store.Manifest }

func (e *gapsError) Error() string {
	return "done with gaps, which strict takes for a failure: " + strings.Join(gapLines(e.manifest), "; ")
}

// gapLines say what was asked for and did not come.
func gapLines(m *store.Manifest) []string {
	var lines, kinds []string
	gaps, missing, asked := m.Gaps(), 0, 0
	for _, kind := range slices.Sorted(maps.Keys(gaps)) {
		missing += gaps[kind]
		kinds = append(kinds, thousands(int64(gaps[kind]))+" "+strings.ReplaceAll(string(kind), "_", " "))
	}
	for _, n := range m.Asked {
		asked += n
	}
	if missing > 0 {
		lines = append(lines, fmt.Sprintf("%s of %s asked for did not come: %s (api_errors, and missing in the manifest)",
			thousands(int64(missing)), thousands(int64(asked)), strings.Join(kinds, ", ")))
	}
	if n := len(m.Cut); n > 0 {
		lines = append(lines, fmt.Sprintf("%s cut before the end (cut in the manifest)", were(n, "collection")))
	}
	return lines
}

// were counts things in the past: 1 collection was, 2 collections were.
func were(n int, thing string) string {
	if n == 1 {
		return plural(n, thing) + " was"
	}
	return plural(n, thing) + " were"
}
