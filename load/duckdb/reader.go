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

	// Sink is a file that COPY may write results to; empty for none. It and the
	// tables are all that SQL can reach.
	Sink        string
	MemoryLimit string // such as "512MB"; empty for DuckDB's default. Nothing is spilled
	Threads     int    // 0 for one per core
	Connections int    // queries at a time; 0 for one
}

// Reader gives SQL the tables of a store that we know, with our own views and
// macros, and nothing else: no file but those can be read, none but Sink
// written, no extension loaded and no setting changed. It sees one state of the
// tables, that of when it was opened. What else a database holds is in the schema
// store.main, for who asks for it by that name.
type Reader struct {
	*sql.DB
	cfg ReaderConfig

	// Lost are what is wrong with files, one of each table that has some: whatever reads
	// such a table fails with a text that has it in.
	Lost []error
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
		statements, reach = r.views()
	}
	if r.cfg.Sink != "" {
		reach = append(reach, r.cfg.Sink)
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
// schemas.Rule. The files are returned, too. What is none, or has another size than is
// listed, is lost with its table, and no other.
func (r *Reader) views() (statements, paths []string) {
	files, lost := map[string][]string{}, map[string]error{}
	for _, p := range r.cfg.Parts {
		path := filepath.Join(r.cfg.Dir, filepath.FromSlash(p.Path))
		if err := whole(path, p); err != nil && lost[p.Table] == nil {
			lost[p.Table] = fmt.Errorf("%s: %v", path, durable.Cause(err)) // which is no fs.ErrNotExist: there are tables
			r.Lost = append(r.Lost, lost[p.Table])
		}
		files[p.Table] = append(files[p.Table], path)
		paths = append(paths, path)
	}
	rule := schemas.DuckDBRule(func(t *schemas.Table) string {
		switch {
		case lost[t.Name] != nil:
			return fmt.Sprintf("(FROM %s WHERE error(%s))", noRows(t, "true"), schemas.QuoteText(lost[t.Name].Error()))
		case len(files[t.Name]) == 0:
			return noRows(t, "false")
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
	return statements, paths
}

// whole returns an error where a file is not as it is listed.
func whole(path string, p schemas.Part) error {
	if err := durable.Regular(path); err != nil {
		return err
	}
	if info, err := os.Lstat(path); err == nil && info.Size() != p.Bytes {
		return fmt.Errorf("has %d bytes; its manifest lists %d", info.Size(), p.Bytes)
	}
	return nil
}

// noRows selects the columns of a table, where a condition is true.
func noRows(t *schemas.Table, condition string) string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = fmt.Sprintf("NULL::%s AS %s", c.Type.DuckDB(), schemas.Quote(c.Name))
	}
	return "(SELECT " + strings.Join(columns, ", ") + " WHERE " + condition + ")"
}

// rowsOfFiles selects the rows that a table has in files. Those of an earlier
// version lack columns.
func rowsOfFiles(t *schemas.Table, files []string) string {
	slices.Sort(files)
	return fmt.Sprintf("(FROM %s UNION ALL BY NAME FROM read_parquet(%s, union_by_name = true, hive_partitioning = false))", noRows(t, "false"), textList(files))
}

// textList writes a list of texts in SQL.
func textList(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = schemas.QuoteText(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
