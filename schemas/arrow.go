package schemas

import "github.com/apache/arrow/go/v17/arrow"

func arrowSchema(t *Table) *arrow.Schema {
	fields := make([]arrow.Field, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type.Arrow(), Nullable: !t.IsKey(c.Name)}
	}
	return arrow.NewSchema(fields, nil)
}

// Arrow is the column type in record batches.
func (t Type) Arrow() arrow.DataType {
	switch t {
	case Int:
		return arrow.PrimitiveTypes.Int64
	case Float:
		return arrow.PrimitiveTypes.Float64
	case Bool:
		return arrow.FixedWidthTypes.Boolean
	case Time:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	default:
		return arrow.BinaryTypes.String
	}
}

// DuckDB is the column type in DuckDB.
func (t Type) DuckDB() string {
	switch t {
	case Int:
		return "BIGINT"
	case Float:
		return "DOUBLE"
	case Bool:
		return "BOOLEAN"
	case Time:
		return "TIMESTAMPTZ"
	default:
		return "VARCHAR"
	}
}

// String is the column type in the data dictionary.
func (t Type) String() string {
	switch t {
	case ID:
		return "text (id)"
	case Int:
		return "integer"
	case Float:
		return "double"
	case Bool:
		return "boolean"
	case Time:
		return "timestamp (UTC)"
	case JSON:
		return "text (JSON)"
	default:
		return "text"
	}
}
