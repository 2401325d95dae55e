package parquet

import (
	"fmt"

	goparquet "github.com/parquet-go/parquet-go"

	"github.com/spacesetl/spacesetl/schemas"
)

// Columns finds the columns of a table in a file: the index of each there, or -1 of one
// that the file, of an earlier version, does not have. The file has so many more. It ends
// at the first column that is of another type, and says what that is.
func Columns(t *schemas.Table, file *goparquet.Schema) (leaves []int, more int, wrong string) {
	more = len(file.Columns())
	for _, c := range t.Columns {
		leaf, ok := file.Lookup(c.Name)
		if !ok {
			leaves = append(leaves, -1)
			continue
		}
		if leaf.Node.Type().Kind() != kindOf(c.Type) || leaf.MaxRepetitionLevel > 0 || leaf.MaxDefinitionLevel > 1 {
			return leaves, more, fmt.Sprintf("column %s is %s", c.Name, leaf.Node)
		}
		leaves = append(leaves, leaf.ColumnIndex)
		more--
	}
	return leaves, more, ""
}

func kindOf(t schemas.Type) goparquet.Kind {
	switch t {
	case schemas.Int, schemas.Time:
		return goparquet.Int64
	case schemas.Float:
		return goparquet.Double
	case schemas.Bool:
		return goparquet.Boolean
	}
	return goparquet.ByteArray
}
