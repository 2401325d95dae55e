package show

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
)

// table aligns cells, the first of a row to the left.
type table struct{ *tabwriter.Writer }

func newTable(w io.Writer) table {
	return table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
}

// row writes a row; cells at its end that are empty are left out.
func (t table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = printable.Line(cell)
	}
	fmt.Fprintln(t, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
}
