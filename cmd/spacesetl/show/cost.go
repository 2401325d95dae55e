package show

import (
	"bytes"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spacesetl/spacesetl/pipeline/money"
)

// Cost prints what a store's pages have cost.
func Cost(out io.Writer, s money.Statement) error {
	var text bytes.Buffer
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, part := range []struct {
		name string
		rows []money.Spent
	}{{"day", s.Days}, {"endpoint", s.Endpoints}, {"resource", s.Objects}, {"run", s.Runs}, {"job", s.Jobs}} {
		_ = to(w, "%s\treturned\trepeated\tincluded\tlow\thigh\t\n", part.name)
		for _, row := range part.rows {
			_ = to(w, "%s\t%s\t%s\t%s\t%s\t%s\t\n", row.Name, Thousands(row.Returned), Thousands(row.Repeated), Thousands(row.Included), USD(row.Low), USD(row.High))
		}
		_ = to(w, "\t\t\t\t\t\t\n")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		_ = to(out, "%s\n", strings.TrimRight(line, " \n"))
	}
	_ = to(out, "low: X bills neither what expansions include nor what it repeats on a UTC day; high: both\n")
	if s.Lost > 0 {
		_ = to(out, "high holds %s for answers that a crash lost\n", USD(s.Lost))
	}
	if s.Damaged > 0 {
		_ = to(out, "%d pages cannot be read: what they cost is not counted\n", s.Damaged)
	}
	return to(out, "spent: %s to %s\n", USD(s.Low), USD(s.High))
}
