package parquet

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/spacesetl/spacesetl/schemas"
)

// checkBatch says where a batch is not what its table declares.
func checkBatch(b schemas.Batch) error {
	want, got := b.Table.Schema(), b.Record.Schema()
	if want != got { // as a rule they are one
		if err := checkColumns(b.Table.Name, want.Fields(), got.Fields()); err != nil {
			return err
		}
	}
	for i := range want.NumFields() {
		if f := want.Field(i); !f.Nullable && b.Record.Column(i).NullN() > 0 {
			return fmt.Errorf("parquet %s: key column %s is null in the batch", b.Table.Name, f.Name)
		}
	}
	return nil
}

func checkColumns(table string, want, got []arrow.Field) error {
	for i, w := range want {
		if i >= len(got) {
			return fmt.Errorf("parquet %s: the batch lacks column %s", table, w.Name)
		}
		if g := got[i]; g.Name != w.Name || !arrow.TypeEqual(g.Type, w.Type) {
			return fmt.Errorf("parquet %s: column %s %s is %s %s in the batch", table, w.Name, w.Type, g.Name, g.Type)
		}
	}
	if len(got) > len(want) {
		return fmt.Errorf("parquet %s: column %s of the batch is not declared", table, got[len(want)].Name)
	}
	return nil
}
