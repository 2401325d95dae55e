package show

import (
	"io"
	"maps"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/health"
)

// Verification prints what of a store was proved.
func Verification(out io.Writer, v *health.Verification) error {
	if v.Runs > 0 || v.Before == 0 { // else nothing was looked at
		_ = to(out, "%s, %s (%s bytes): checksums verified\n", Plural(v.Runs, "run"), Plural(v.Pages, "page"), Thousands(v.Bytes))
		for _, endpoint := range slices.Sorted(maps.Keys(v.Leaves)) {
			leaves := v.Leaves[endpoint]
			_ = to(out, "  %-9s  %s of %s values found in the rows\n", endpoint, Thousands(int64(leaves.Found)), Thousands(int64(leaves.Seen)))
		}
		_ = to(out, "%s files match their manifests\n", Thousands(int64(v.Files)))
		_ = to(out, "%s tables are what the pages make anew\n", Thousands(int64(v.Tables)))
	}
	if v.Database != "none" {
		_ = to(out, "database: %s\n", v.Database)
	}
	if v.Before > 0 {
		_ = to(out, "%s proved before: --all proves them again\n", Plural(v.Before, "run"))
	}
	if v.BeforeFiles > 0 {
		_ = to(out, "%s of joined rows proved before\n", Plural(v.BeforeFiles, "file"))
	}
	if v.Others > 0 {
		_ = to(out, "%s not asked for\n", Plural(v.Others, "run"))
	}
	for _, note := range v.Notes {
		_ = to(out, "note   %s\n", note)
	}
	if v.Forgotten != "" {
		_ = to(out, "note   %s\n", v.Forgotten)
	}
	for _, problem := range v.Problems {
		_ = to(out, "WRONG  %s\n", problem)
	}
	if len(v.Problems) == 0 {
		_ = to(out, "%s\n", wholeness(v))
	}
	return nil
}

// wholeness says of how much of a store nothing is wrong.
func wholeness(v *health.Verification) string {
	if v.Others > 0 {
		return "the runs that were asked for are whole"
	}
	return "the store is whole"
}
