package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// ReaderConfig says which tables to read: those of a database, or where Path is
// empty those of Parquet files.
type ReaderConfig struct {
	Path string // the database file

	Dir   string         // folder that Part.Path is relative to
	Parts []schemas.Part // of all runs to read

	// Scratch is a folder that COPY may write results to; empty for none. It
	// and the tables are all that SQL can reach.
	Scratch     string
	MemoryLimit string // such as "512MB"; empty for DuckDB's default. Nothing is spilled
	Threads     int    // 0 for one per core
	Connections int    // queries at a time; 0 for one
}

// Reader gives SQL the tables of a store that we know, with our own views and
// macros, and nothing else: no file but those can be read, none but in Scratch
// written, no extension loaded and no setting changed. It sees one state of the
// tables, that of when it was opened. What else a database holds is in the schema
// store.main, for who asks for it by that name.
type Reader struct {
	*sql.DB
	cfg ReaderConfig
}

// OpenReader opens tables to read. The error is an fs.ErrNotExist where there
// is no database, and a *LockedError where a process that merges in place has it.
func OpenReader(ctx context.Context, cfg ReaderConfig) (*Reader, error) {
	if cfg.Path != "" {
		if err := checkFile(cfg.Path); err != nil {
			return nil, err
		}
	}
	db, err := Config{MemoryLimit: cfg.MemoryLimit, Threads: cfg.Threads}.openLocked()
	if err != nil {
		return nil, wrap(ctx, cfg.Path, err)
	}
	r := &Reader{DB: db, cfg: cfg}
	if err := r.prepare(ctx); err != nil {
		_ = db.Close()
		return nil, wrap(ctx, cfg.Path, err)
	}
	db.SetMaxOpenConns(max(cfg.Connections, 1))
	db.SetMaxIdleConns(max(cfg.Connections, 1))
	return r, nil
}

// checkFile returns an error where there is no database file.
func checkFile(path string) error {
	err := durable.Regular(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("duckdb %s: there is no such database: %w", path, fs.ErrNotExist)
	case err != nil:
		return fmt.Errorf("duckdb %s: %w", path, durable.Cause(err))
	}
	return nil
}

// prepare makes views of what there is to read, then shuts everything else out.
func (r *Reader) prepare(ctx context.Context) error {
	var statements, reach []string
	if r.cfg.Path != "" {
		tables, err := attach(ctx, r.DB, r.cfg.Path)
		if err != nil {
			return err
		}
		if err := own(ctx, r.DB, tables); err != nil {
			return err
		}
	} else {
		var err error
		if statements, reach, err = r.views(); err != nil {
			return err
		}
	}
	if r.cfg.Scratch != "" {
		dir, err := filepath.Abs(r.cfg.Scratch)
		if err != nil {
			return err
		}
		statements = append(statements, "SET allowed_directories = "+textList([]string{dir + string(filepath.Separator)}))
	}
	if len(reach) > 0 {
		statements = append(statements, "SET allowed_paths = "+textList(reach))
	}
	for _, s := range statements {
		if _, err := r.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return shut(ctx, r.DB)
}

// views are the statements that make the tables of files: the rows that count by
// schemas.Rule. The files are returned, too; what is none, or has another size than is
// listed, is an error.
func (r *Reader) views() (statements, paths []string, err error) {
	files := map[string][]string{}
	for _, p := range r.cfg.Parts {
		path := filepath.Join(r.cfg.Dir, filepath.FromSlash(p.Path))
		if absolute, err := filepath.Abs(path); err == nil {
			path = absolute
		}
		if err := durable.Regular(path); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, durable.Cause(err))
		}
		if info, err := os.Lstat(path); err == nil && info.Size() != p.Bytes {
			return nil, nil, fmt.Errorf("%s: has %d bytes; its manifest lists %d", path, info.Size(), p.Bytes)
		}
		files[p.Table] = append(files[p.Table], path)
		paths = append(paths, path)
	}
	rule := schemas.DuckDBRule(func(t *schemas.Table) string {
		if len(files[t.Name]) == 0 {
			return noRows(t)
		}
		return rowsOfFiles(t, files[t.Name])
	})
	for _, t := range schemas.Tables() {
		if len(files[t.Name]) == 0 {
			statements = append(statements, t.DuckDB())
			continue
		}
		statements = append(statements, fmt.Sprintf("CREATE VIEW %s AS %s", schemas.Quote(t.Name), rule.Rows(t)))
	}
	for _, v := range schemas.Views() {
		if !v.Versions {
			statements = append(statements, v.DuckDB())
		}
	}
	return statements, paths, nil
}

// noRows selects the columns of a table.
func noRows(t *schemas.Table) string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = fmt.Sprintf("NULL::%s AS %s", c.Type.DuckDB(), schemas.Quote(c.Name))
	}
	return "(SELECT " + strings.Join(columns, ", ") + " WHERE false)"
}

// rowsOfFiles selects the rows that a table has in files. Those of an earlier
// version lack columns.
func rowsOfFiles(t *schemas.Table, files []string) string {
	slices.Sort(files)
	return fmt.Sprintf("(FROM %s UNION ALL BY NAME FROM read_parquet(%s, union_by_name = true, hive_partitioning = false))", noRows(t), textList(files))
}

// textList writes a list of texts in SQL.
func textList(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = schemas.QuoteText(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
