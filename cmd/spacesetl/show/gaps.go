package show

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// Gaps say what was asked for and did not come.
func Gaps(m *store.Manifest) []string {
	var lines, kinds []string
	gaps, missing, asked := m.Gaps(), 0, 0
	for _, kind := range slices.Sorted(maps.Keys(gaps)) {
		missing += gaps[kind]
		kinds = append(kinds, Thousands(int64(gaps[kind]))+" "+strings.ReplaceAll(string(kind), "_", " "))
	}
	for _, n := range m.Asked {
		asked += n
	}
	if missing > 0 {
		lines = append(lines, fmt.Sprintf("%s of %s asked for did not come: %s (api_errors, and missing in the manifest)",
			Thousands(int64(missing)), Thousands(int64(asked)), strings.Join(kinds, ", ")))
	}
	if n := len(m.Cut); n > 0 {
		lines = append(lines, fmt.Sprintf("%s cut before the end (cut in the manifest)", were(n, "collection")))
	}
	return lines
}

// were counts things in the past: 1 collection was, 2 collections were.
func were(n int, thing string) string {
	if n == 1 {
		return Plural(n, thing) + " was"
	}
	return Plural(n, thing) + " were"
}
