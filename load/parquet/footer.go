package parquet

import (
	"encoding/binary"
	"strings"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/spacesetl/spacesetl/schemas"
)

// magic begins and ends a Parquet file.
const magic = "PAR1"

// footer is the end of a file: what it holds, and where.
func footer(t *schemas.Table, groups []format.RowGroup, rows int64) ([]byte, error) {
	meta := format.FileMetaData{
		Version: 1, Schema: fileSchema(t), NumRows: rows, RowGroups: groups, CreatedBy: "spacesetl",
		KeyValueMetadata: []format.KeyValue{
			{Key: "spacesetl.table", Value: t.Name},
			{Key: "spacesetl.doc", Value: t.Doc},
			{Key: "spacesetl.key", Value: strings.Join(t.Key, ",")},
		},
		// Without it no reader may trust the bounds of texts.
		ColumnOrders: make([]format.ColumnOrder, len(t.Columns)),
	}
	for i := range meta.ColumnOrders {
		meta.ColumnOrders[i].Value = new(format.TypeDefinedOrder)
	}
	data, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		return nil, err
	}
	data = binary.LittleEndian.AppendUint32(data, uint32(len(data)))
	return append(data, magic...), nil
}

// fileSchema is the columns in declaration order, those of the key required,
// all others optional.
func fileSchema(t *schemas.Table) []format.SchemaElement {
	elements := []format.SchemaElement{{Name: t.Name, NumChildren: thrift.New(int32(len(t.Columns)))}}
	for _, c := range t.Columns {
		e := leaf(c)
		e.Name, e.RepetitionType = c.Name, thrift.New(format.Optional)
		if t.IsKey(c.Name) {
			e.RepetitionType = thrift.New(format.Required)
		}
		elements = append(elements, e)
	}
	return elements
}

// leaf is the type of a column: what every warehouse reads.
func leaf(c schemas.Column) format.SchemaElement {
	switch c.Type {
	case schemas.Int:
		return format.SchemaElement{
			Type: thrift.New(format.Int64), ConvertedType: thrift.New(deprecated.Int64),
			LogicalType: format.LogicalType{Value: &format.IntType{BitWidth: 64, IsSigned: true}},
		}
	case schemas.Time:
		unit := format.TimeUnit{Value: new(format.MicroSeconds)}
		return format.SchemaElement{
			Type: thrift.New(format.Int64), ConvertedType: thrift.New(deprecated.TimestampMicros),
			LogicalType: format.LogicalType{Value: &format.TimestampType{IsAdjustedToUTC: true, Unit: unit}},
		}
	case schemas.Float:
		return format.SchemaElement{Type: thrift.New(format.Double)}
	case schemas.Bool:
		return format.SchemaElement{Type: thrift.New(format.Boolean)}
	}
	return format.SchemaElement{
		Type: thrift.New(format.ByteArray), ConvertedType: thrift.New(deprecated.UTF8),
		LogicalType: format.LogicalType{Value: new(format.StringType)},
	}
}
