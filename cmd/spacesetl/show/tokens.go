package show

import (
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spacesetl/spacesetl/extract"
)

// printTokens prints what each of several tokens did.
func printTokens(out io.Writer, s extract.Stats) error {
	if len(s.Tokens) < 2 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_ = to(w, "\ntoken\trequests\tpages\twaited\t\n")
	for _, name := range slices.Sorted(maps.Keys(s.Tokens)) {
		t := s.Tokens[name]
		_ = to(w, "%s\t%s\t%s\t%s\t\n", name, Thousands(t.Requests), Thousands(t.Pages), t.Waited.Round(100*time.Millisecond))
	}
	return w.Flush()
}
