//go:build unix

package duckdb

import (
	"strings"
	"testing"
)

// What a file calls its schemas does not bring its macros into the questions by which it
// is found harmless, or not.
func TestASchemaOfAnyNameRunsNothing(t *testing.T) {
	t.Parallel()
	for i, schema := range []string{"memory", "store", "draft", "temporary"} {
		oneMode(t, i, func(t *testing.T, s store) {
			rows := func(run string) map[string][]row {
				return map[string][]row{"spaces": {{"space_id": run, "_fetched_at": noon}}}
			}
			s.publish("r1", batchesOf(t, "r1", rows("r1"))...)
			plant(t, s.path, "CREATE SCHEMA "+schema, "CREATE MACRO "+schema+".lower(x) AS error('it ran')")
			parts := s.commit("r2", batchesOf(t, "r2", rows("r2")))
			if err := s.duckdb().Publish(t.Context(), parts); err == nil || !strings.Contains(err.Error(), `has a macro "lower"`) {
				t.Errorf("schema %s: %v; want the macro to be named, not run", schema, err)
			}
		})
	}
}
