package duckdb

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// exportRows is a row group of what is exported.
const exportRows = 122_880

// Export writes the rows of each table of a database into <table>.parquet of a folder.
// It returns the files, without checksums, and the runs that the database has, with
// their contents: both are of one state of it.
func Export(ctx context.Context, d *Database, dir string) (parts []schemas.Part, runs map[string]string, err error) {
	defer func() { err = wrap(ctx, d.cfg.Path, err) }()
	db, err := d.cfg.openAttached(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "SET preserve_insertion_order = true; SET allowed_directories = ["+schemas.QuoteText(dir+string(filepath.Separator))+"]"); err != nil {
		return nil, nil, err
	}
	if err := shut(ctx, db.DB); err != nil {
		return nil, nil, err
	}
	c, err := contents(ctx, db.DB)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range schemas.Tables() {
		names := make([]string, len(t.Columns))
		for i, column := range t.Columns {
			names[i] = schemas.Quote(column.Name)
		}
		part := schemas.Part{Table: t.Name, Path: t.Name + ".parquet"}
		done, err := db.ExecContext(ctx, fmt.Sprintf("COPY (SELECT %s FROM %s) TO %s (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d)",
			strings.Join(names, ", "), schemas.Quote(t.Name), schemas.QuoteText(filepath.Join(dir, part.Path)), exportRows))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		if part.Rows, err = done.RowsAffected(); err != nil {
			return nil, nil, err
		}
		parts = append(parts, part)
	}
	return parts, c.Runs, nil
}
