package load

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/spacesetl/spacesetl/schemas"
)

// writerConfig is how a table's files are written: what every warehouse reads.
func writerConfig(t *schemas.Table) *parquet.WriterConfig {
	return &parquet.WriterConfig{
		CreatedBy:       "spacesetl",
		Schema:          parquetSchema(t),
		Compression:     &zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1},
		DataPageVersion: 1,
		PageBufferSize:  bufferBytes,
		KeyValueMetadata: map[string]string{
			"spacesetl.table": t.Name,
			"spacesetl.doc":   t.Doc,
			"spacesetl.key":   strings.Join(t.Key, ","),
		},
	}
}

// parquetSchema derives the file schema: columns in declaration order, those of
// the key required, all others optional.
func parquetSchema(t *schemas.Table) *parquet.Schema {
	group := parquet.Group{}
	for _, c := range t.Columns {
		node := leaf(c)
		if !t.IsKey(c.Name) {
			node = parquet.Optional(node)
		}
		group[c.Name] = node
	}
	return parquet.NewSchema(t.Name, ordered(group, t))
}

// orderedGroup is a group that keeps its columns in declaration order: a
// parquet.Group is a map and sorts them by name.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g orderedGroup) Fields() []parquet.Field { return g.fields }

func ordered(group parquet.Group, t *schemas.Table) orderedGroup {
	fields := make([]parquet.Field, len(t.Columns))
	for _, f := range group.Fields() {
		fields[t.Column(f.Name())] = f
	}
	return orderedGroup{Group: group, fields: fields}
}

func leaf(c schemas.Column) parquet.Node {
	switch c.Type {
	case schemas.Int:
		return parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked)
	case schemas.Time:
		return parquet.Encoded(parquet.Timestamp(parquet.Microsecond), &parquet.DeltaBinaryPacked)
	case schemas.Float:
		return parquet.Leaf(parquet.DoubleType)
	case schemas.Bool:
		return parquet.Leaf(parquet.BooleanType)
	}
	if c.Enum {
		return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	}
	return parquet.Encoded(parquet.String(), &parquet.Plain)
}

// checkBatch says where a batch is not what its table declares.
func checkBatch(b schemas.Batch) error {
	name, want, got := b.Table.Name, b.Table.Schema().Fields(), b.Record.Schema().Fields()
	for i, w := range want {
		if i >= len(got) {
			return fmt.Errorf("parquet %s: the batch lacks column %s", name, w.Name)
		}
		if g := got[i]; g.Name != w.Name || !arrow.TypeEqual(g.Type, w.Type) {
			return fmt.Errorf("parquet %s: column %s %s is %s %s in the batch", name, w.Name, w.Type, g.Name, g.Type)
		}
	}
	if len(got) > len(want) {
		return fmt.Errorf("parquet %s: column %s of the batch is not declared", name, got[len(want)].Name)
	}
	for i, w := range want {
		if !w.Nullable && b.Record.Column(i).NullN() > 0 {
			return fmt.Errorf("parquet %s: key column %s is null in the batch", name, w.Name)
		}
	}
	return nil
}
