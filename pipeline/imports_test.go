package pipeline

import (
	"go/build"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/spacesetl/spacesetl/"

// Which of our packages each package may import, tests aside: data flows one
// way, and the stages know only schemas. Whatever is not here, cmd/spacesetl,
// may import all; nothing may import that.
var arrows = map[string][]string{
	"schemas":                nil,
	"schemas/describe":       {"schemas"},
	"pipeline/store/durable": nil, // how files are written: for all
	"pipeline/scratch":       nil, // temporary files: for all
	"pipeline/keyset":        nil,
	"pipeline/browse/chart":  nil,
	"pipeline/browse/words":  nil,

	"pipeline/scratch/scratchtest": {"pipeline/scratch"}, // for tests alone
	"load/postgres/postgrestest":   {"pipeline/scratch/scratchtest"},
	"load/loadtest":                {"schemas", "extract/simulator", "transform"},

	"extract/simulator":    nil,
	"extract/address":      nil,
	"extract":              {"schemas", "extract/address"},
	"extract/auth":         {"extract/address", "pipeline/store/durable"},
	"transform":            {"schemas"},
	"load":                 {"schemas"},
	"load/destinations":    {"load", "load/postgres", "pipeline/store"},
	"load/parquet":         {"schemas", "pipeline/store/durable"},
	"load/duckdb":          {"schemas", "pipeline/store/durable", "load/duckdb/merge"},
	"load/duckdb/merge":    {"schemas"},
	"load/merging":         {"schemas"},
	"load/feed":            {"schemas", "pipeline/store/durable", "load/merging", "load/parquet"},
	"load/postgres":        {"schemas", "pipeline/store/durable", "load", "load/merging", "load/parquet"},
	"pipeline/store":       {"schemas", "pipeline/store/durable"},
	"pipeline/landing":     {"schemas", "pipeline/store", "pipeline/store/durable"},
	"pipeline/facts":       {"schemas", "transform", "pipeline/landing", "pipeline/store"},
	"pipeline/money":       {"schemas", "pipeline/facts", "pipeline/landing", "pipeline/store", "pipeline/store/durable"},
	"pipeline/compact":     {"schemas", "pipeline/landing", "pipeline/store", "pipeline/store/durable", "load/parquet"},
	"pipeline/keep/policy": {},
	"pipeline/keep":        {"pipeline/keep/policy", "schemas", "load/parquet", "pipeline/compact", "pipeline/health", "pipeline/landing", "pipeline/money", "pipeline/store", "pipeline/store/durable"},
	"pipeline/forecast":    {"schemas", "pipeline/facts", "pipeline/money", "pipeline/store"},
	"pipeline/health":      {"schemas", "transform", "pipeline/facts", "pipeline/landing", "pipeline/money", "pipeline/store", "pipeline/store/durable"},
	"pipeline":             {"schemas", "transform", "pipeline/facts", "pipeline/keyset", "pipeline/landing", "pipeline/money", "pipeline/store", "pipeline/store/durable"},
	"pipeline/watch":       {"schemas", "pipeline", "pipeline/facts", "pipeline/money", "pipeline/store"},
	"pipeline/bench":       {"schemas", "pipeline", "pipeline/landing", "pipeline/store", "load/duckdb", "extract", "extract/simulator", "jobs", "jobs/jobfile"}, // a program
	"pipeline/answer":      {"schemas", "pipeline/health", "pipeline/store", "load/duckdb"},
	"pipeline/box":         {"pipeline/answer", "pipeline/store", "load/duckdb"},
	"pipeline/browse":      {"schemas", "pipeline/browse/chart", "pipeline/browse/words", "pipeline/answer", "pipeline/box", "pipeline/money", "pipeline/scratch", "pipeline/store", "load/duckdb"},
	"pipeline/imports":     {"schemas", "pipeline/landing", "pipeline/store", "pipeline/store/durable"},
	"pipeline/latest":      {"schemas", "pipeline/store", "pipeline/store/durable", "load/duckdb"},
	"pipeline/proof":       {"schemas", "pipeline/compact", "pipeline/health", "pipeline/landing", "pipeline/latest", "pipeline/scratch", "pipeline/store", "pipeline/store/durable", "load/duckdb"},
	"pipeline/report":      {"schemas", "pipeline/forecast", "pipeline/health", "pipeline/landing", "pipeline/money", "pipeline/store", "pipeline/store/durable", "load/duckdb"},
	"jobs/outside":         {"extract/address", "pipeline/store/durable"},
	"jobs/account":         {"schemas", "extract", "pipeline/money"},
	"jobs/form":            nil,
	"jobs/jobfile":         {"jobs/form", "jobs/outside", "schemas", "extract/address", "load/destinations", "pipeline/forecast", "pipeline/keep/policy", "pipeline/money", "pipeline/store", "pipeline/store/durable"},
	"jobs":                 {"jobs/account", "jobs/jobfile", "jobs/outside", "schemas", "pipeline", "pipeline/compact", "pipeline/facts", "pipeline/forecast", "pipeline/health", "pipeline/imports", "pipeline/keep", "pipeline/landing", "pipeline/latest", "pipeline/money", "pipeline/proof", "pipeline/report", "pipeline/scratch", "pipeline/store", "pipeline/store/durable", "pipeline/watch", "extract", "extract/address", "extract/auth", "load", "load/destinations", "load/duckdb", "load/parquet"},
	"jobs/ready":           {"jobs", "jobs/jobfile", "jobs/outside", "schemas", "extract/simulator"}, // the demo asks it

	"cmd/spacesetl/notices":   nil,
	"cmd/spacesetl/printable": nil,
	"cmd/spacesetl/usage":     {"schemas", "jobs/jobfile", "load/destinations"},
	"cmd/spacesetl/doctor":    {"extract", "extract/auth", "jobs", "jobs/jobfile", "load/duckdb", "pipeline/health", "pipeline/store"},
	"cmd/spacesetl/show":      {"schemas", "pipeline/answer", "pipeline/forecast", "pipeline/health", "pipeline/money", "pipeline/store", "jobs", "jobs/account", "extract", "cmd/spacesetl/printable"},
	"cmd/spacesetl/observe":   {"schemas", "pipeline", "pipeline/store", "extract", "extract/address", "cmd/spacesetl/printable"},
}

func imported(t *testing.T, pkg string) []string {
	t.Helper()
	p, err := build.ImportDir("../"+pkg, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p.Imports
}

func TestImportsFollowTheArrows(t *testing.T) {
	for pkg, allowed := range arrows {
		for _, path := range imported(t, pkg) {
			if ours, ok := strings.CutPrefix(path, module); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s", pkg, ours)
			}
		}
	}
}

func TestTransformIsAFunctionOfItsInput(t *testing.T) {
	for _, path := range imported(t, "transform") {
		switch path {
		case "os", "net/http", "log/slog", "io/fs", "math/rand", "math/rand/v2":
			t.Errorf("transform imports %s", path)
		}
	}
}

func TestSimulatorNeedsTheStandardLibraryOnly(t *testing.T) {
	for _, path := range imported(t, "extract/simulator") {
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			t.Errorf("extract/simulator imports %s", path)
		}
	}
}

// What tells of a run needs large libraries, which nothing else is to need.
func TestOnlyObserveNeedsTheLibrariesThatTell(t *testing.T) {
	for pkg := range arrows {
		for _, path := range imported(t, pkg) {
			for _, heavy := range []string{"go.opentelemetry.io/", "github.com/prometheus/", "github.com/schollz/"} {
				if strings.HasPrefix(path, heavy) && pkg != "cmd/spacesetl/observe" {
					t.Errorf("%s imports %s", pkg, path)
				}
			}
		}
	}
}
