// Package report makes one HTML page of a run and its store: what was asked,
// found, missing and refused, what it cost, and what is in the tables. The page
// needs no network and no other file; without script it keeps every number.
package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// Config says what to report on. A zero field but Store is left out or taken
// from the store.
type Config struct {
	Store    pipeline.Store
	RunID    string // default the newest run with a manifest
	Prices   schemas.Prices
	Budget   pipeline.Budget
	Expected pipeline.MoneyRange // what the run was forecast to cost
	Again    string              // the command that goes on with the run
	Now      time.Time           // when the page is made; default time.Now
	Version  string              // of the program
	// MemoryLimit is what DuckDB may take, such as "512MB".
	MemoryLimit string
}

// NoRunError is a store without a run to report on.
type NoRunError struct {
	Store pipeline.Store
	RunID string   // empty if none was asked for
	Runs  []string // that have tables, oldest first
}

func (e *NoRunError) Error() string {
	switch {
	case len(e.Runs) == 0 && e.RunID == "":
		return fmt.Sprintf("there is no run with tables in %s: give the --store of a job that has run", e.Store)
	case len(e.Runs) == 0:
		return fmt.Sprintf("there is no run %q with tables in %s", e.RunID, e.Store)
	}
	return fmt.Sprintf("there is no run %q with tables in %s; the last is %s", e.RunID, e.Store, e.Runs[len(e.Runs)-1])
}

// maker gathers what the page shows.
type maker struct {
	Config
	manifest pipeline.Manifest   // of the run
	earlier  []pipeline.Manifest // of all runs that have one, oldest first
	ledger   *pipeline.Ledger
	reader   *load.Reader // nil where there are no tables to read
	noTables string       // why
}

// Make makes the page. It reads the store and changes nothing, and can run
// beside a run. The error is a *NoRunError where there is no such run; tables
// that cannot be read are missing from the page, which says so.
func Make(ctx context.Context, cfg Config) (*Page, error) {
	if cfg.Now.IsZero() {
		cfg.Now = time.Now()
	}
	if cfg.Prices == nil {
		cfg.Prices = schemas.DefaultPrices()
	}
	m := &maker{Config: cfg}
	if err := m.runs(); err != nil {
		return nil, err
	}
	var err error
	if m.ledger, err = cfg.Store.Ledger(ctx, false); err != nil {
		return nil, fmt.Errorf("what the pages cost: %w", err)
	}
	if err := m.open(ctx); err != nil {
		return nil, err
	}
	if m.reader != nil {
		defer m.reader.Close()
	}
	return m.page(ctx)
}

// runs reads the manifests.
func (m *maker) runs() error {
	ids, err := m.Store.Runs()
	if err != nil {
		return err
	}
	var known []string
	for _, id := range ids {
		manifest, err := m.Store.Manifest(id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // did not come to its end
		}
		if err != nil {
			return err
		}
		m.earlier = append(m.earlier, manifest)
		known = append(known, id)
	}
	at := len(known) - 1
	if m.RunID != "" {
		at = slices.Index(known, m.RunID)
	}
	if at < 0 {
		return &NoRunError{m.Store, m.RunID, known}
	}
	m.manifest = m.earlier[at]
	return nil
}

// open opens the database, or the files where there is none or another
// process has it.
func (m *maker) open(ctx context.Context) error {
	cfg := load.ReaderConfig{Path: m.Store.DuckDB(), MemoryLimit: m.MemoryLimit}
	reader, err := load.OpenReader(ctx, cfg)
	var locked *load.LockedError
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &locked) {
		if cfg = m.files(); len(cfg.Parts) == 0 {
			m.noTables = "The store has neither a database to read now nor Parquet files."
			return nil
		}
		reader, err = load.OpenReader(ctx, cfg)
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m.noTables = "The tables cannot be read: " + err.Error()
		return nil
	}
	m.reader = reader
	return nil
}

// files are the Parquet files that manifests list.
func (m *maker) files() load.ReaderConfig {
	cfg := load.ReaderConfig{Dir: m.Store.Parquet(), MemoryLimit: m.MemoryLimit}
	for _, manifest := range m.earlier {
		if manifest.Parquet {
			cfg.Parts = append(cfg.Parts, manifest.Files...)
		}
	}
	return cfg
}

// page puts the sections together.
func (m *maker) page(ctx context.Context) (*Page, error) {
	p := &Page{maker: m, Banner: m.banner()}
	tiles, err := m.tiles(ctx)
	if err != nil {
		return nil, err
	}
	p.Tiles = tiles
	happened, err := m.happened(ctx)
	if err != nil {
		return nil, err
	}
	inside, err := m.inside(ctx)
	if err != nil {
		return nil, err
	}
	p.Sections = []section{happened, m.money(), m.loaded(), inside}
	return p, nil
}

// panels makes panels in order; one whose tables cannot be read says why.
func (m *maker) panels(ctx context.Context, makes []func(context.Context, *panel) error) ([]panel, error) {
	var all []panel
	for _, make := range makes {
		var p panel
		if err := make(ctx, &p); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			p.Chart, p.Table, p.Lead = nil, table{}, ""
			p.Empty = "This could not be read: " + err.Error()
		}
		all = append(all, p)
	}
	return all, nil
}

// rows reads all rows of a statement; into lists where the columns of one go.
func rows[T any](ctx context.Context, m *maker, into func(*T) []any, statement string, args ...any) ([]T, error) {
	found, err := m.reader.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var all []T
	for found.Next() {
		var row T
		if err := found.Scan(into(&row)...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, found.Err()
}
