package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"

	"github.com/spacesetl/spacesetl/schemas"
)

// What snapshots say of the runs that came with them, separated by commas.
const (
	runProperty     = "spacesetl.run-id"
	contentProperty = "spacesetl.content"
)

// settings are what our tables begin with.
var settings = iceberg.Properties{
	// The files are the store's: no engine may remove them with a table or a snapshot.
	"gc.enabled": "false",
	// What a commit reads and leaves behind does not grow with each one before.
	"commit.manifest-merge.enabled":              "true",
	"write.metadata.delete-after-commit.enabled": "true",
	"write.metadata.previous-versions-max":       "20",
}

// typeOf is the type of a column.
func typeOf(t schemas.Type) iceberg.Type {
	switch t {
	case schemas.Int:
		return iceberg.PrimitiveTypes.Int64
	case schemas.Float:
		return iceberg.PrimitiveTypes.Float64
	case schemas.Bool:
		return iceberg.PrimitiveTypes.Bool
	case schemas.Time:
		return iceberg.PrimitiveTypes.TimestampTz
	}
	return iceberg.PrimitiveTypes.String
}

// schemaOf is the schema of a table. Keys are not null in any file, which a schema that is
// to take columns in need not say.
func schemaOf(t *schemas.Table) *iceberg.Schema {
	var fields []iceberg.NestedField
	for i, c := range t.Columns {
		fields = append(fields, iceberg.NestedField{ID: i + 1, Name: c.Name, Type: typeOf(c.Type), Doc: c.Doc})
	}
	return iceberg.NewSchema(0, fields...)
}

func (c *catalogue) identifier(t *schemas.Table) table.Identifier {
	return append(append(table.Identifier{}, c.namespace...), t.Name)
}

// lookup returns a table, nil if there is none.
func (c *catalogue) lookup(ctx context.Context, t *schemas.Table) (*table.Table, error) {
	tbl, err := c.LoadTable(ctx, c.identifier(t))
	if errors.Is(err, catalog.ErrNoSuchTable) || errors.Is(err, catalog.ErrNoSuchNamespace) {
		return nil, nil
	}
	return tbl, err
}

// create makes a table without rows.
func (c *catalogue) create(ctx context.Context, t *schemas.Table) (*table.Table, error) {
	there, err := c.CheckNamespaceExists(ctx, c.namespace)
	if err == nil && !there {
		err = c.CreateNamespace(ctx, c.namespace, nil)
	}
	if err != nil && !errors.Is(err, catalog.ErrNamespaceAlreadyExists) {
		return nil, err
	}
	s := schemaOf(t)
	names, err := json.Marshal(s.NameMapping())
	if err != nil {
		return nil, err
	}
	// The files have no field ids: columns go by name.
	props := iceberg.Properties{table.DefaultNameMappingKey: string(names), "comment": t.Doc}
	for key, value := range settings {
		props[key] = value
	}
	return c.CreateTable(ctx, c.identifier(t), s, catalog.WithProperties(props))
}

// evolve adds the columns that a table of before has not got.
func (c *catalogue) evolve(ctx context.Context, t *schemas.Table, tbl *table.Table) (*table.Table, error) {
	tx := tbl.NewTransaction()
	update, more := tx.UpdateSchema(true, false, table.WithNameMapping(tbl.NameMapping())), false
	for _, column := range t.Columns {
		field, there := tbl.Schema().FindFieldByName(column.Name)
		switch {
		case !there:
			update, more = update.AddColumn([]string{column.Name}, typeOf(column.Type), column.Doc, false, nil), true
		case !field.Type.Equals(typeOf(column.Type)):
			return nil, fmt.Errorf("its column %s is %s, want %s: it is no table of this program; use another --namespace", column.Name, field.Type, typeOf(column.Type))
		}
	}
	if !more {
		return tbl, nil
	}
	if err := update.Commit(); err != nil {
		return nil, err
	}
	return tx.Commit(ctx)
}

// filesOf are the data files of a table, by their location.
func filesOf(ctx context.Context, tbl *table.Table) (map[string]iceberg.DataFile, error) {
	files := map[string]iceberg.DataFile{}
	snapshot := tbl.CurrentSnapshot()
	if snapshot == nil {
		return files, nil
	}
	fs, err := tbl.FS(ctx)
	if err != nil {
		return nil, err
	}
	manifests, err := snapshot.Manifests(fs)
	if err != nil {
		return nil, err
	}
	for _, m := range manifests {
		for entry, err := range m.Entries(fs, true) {
			if err != nil {
				return nil, err
			}
			files[entry.DataFile().FilePath()] = entry.DataFile()
		}
	}
	return files, nil
}

// foreign says what another than this program did to a table; empty if nothing. What came
// with that cannot be told from what is to come.
func foreign(tbl *table.Table, files map[string]iceberg.DataFile, root string) string {
	for location, f := range files {
		if f.ContentType() != iceberg.EntryContentData || !strings.HasPrefix(location, root+"/") {
			return "it has " + location + ", which is no file below " + root
		}
	}
	s := tbl.CurrentSnapshot()
	if s == nil || ours(s) || s.Summary != nil && s.Summary.Operation == table.OpReplace {
		return ""
	}
	return fmt.Sprintf("its snapshot %d is of somebody else", s.SnapshotID)
}

// ours reports whether this program made a snapshot.
func ours(s *table.Snapshot) bool { return s.Summary != nil && s.Summary.Properties[runProperty] != "" }

// localFiles opens files of the store by the location that readers have of them.
type localFiles struct {
	icebergio.LocalFS
	root, folder string
}

func (l localFiles) Open(location string) (icebergio.File, error) {
	return os.Open(l.path(location))
}

func (l localFiles) path(location string) string {
	return l.folder + strings.TrimPrefix(location, l.root)
}
