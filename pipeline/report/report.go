// Package report makes one HTML file of a store and a run: a page of what is in
// the tables, and one of what was asked, found, missing and refused, and what it
// cost. It needs no network and no other file; without script it keeps every number.
package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Config says what to report on. A zero field but Store is left out or taken
// from the store.
type Config struct {
	Store    store.Dir
	RunID    string // default the newest run with a manifest
	Prices   schemas.Prices
	Budget   money.Budget
	Expected forecast.MoneyRange // what the run was forecast to cost
	Again    string              // the command that goes on with the run
	// Limited are the 429s that the command which made the run met, by endpoint.
	// Only it knows: pages do not tell one from another failure.
	Limited map[schemas.Endpoint]int64
	Now     time.Time // when the page is made; default time.Now
	// Zone is that of the times on the page of Spaces; default UTC.
	Zone    *time.Location
	Version string // of the program
	// MemoryLimit is what DuckDB may take, such as "512MB".
	MemoryLimit string
}

// NoRunError is a store without a run to report on.
type NoRunError struct {
	Store store.Dir
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
	manifest store.Manifest   // of the run
	ended    []string         // runs that have a manifest, oldest first
	latest   []store.Manifest // of those
	ledger   *money.Ledger
	reader   *duckdb.Reader // nil where there are no tables to read
	noTables string         // why
}

// Make makes the page. It reads the store and changes nothing, and can run
// beside a run. The error is a *NoRunError where there is no such run; tables
// that cannot be read are missing from the page, which says so.
func Make(ctx context.Context, cfg Config) (*Page, error) {
	if cfg.Now.IsZero() {
		cfg.Now = time.Now()
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.Prices == nil {
		cfg.Prices = schemas.DefaultPrices()
	}
	m := &maker{Config: cfg}
	if err := m.runs(); err != nil {
		return nil, err
	}
	p, err := m.page(ctx)
	if m.reader != nil {
		err = errors.Join(err, m.reader.Close())
	}
	return p, err
}

// mostRuns is how many runs are listed, the latest.
const mostRuns = 20

// runs reads the manifests of the run and of the latest: a store can have
// thousands.
func (m *maker) runs() error {
	ids, err := m.Store.Runs()
	if err != nil {
		return err
	}
	bundles := store.NewBundles(m.Store)
	for _, id := range ids {
		if _, err := bundles.RunFile(id, "manifest.json"); err == nil { // else it did not come to its end
			m.ended = append(m.ended, id)
		}
	}
	at := len(m.ended) - 1
	if m.RunID != "" {
		at = slices.Index(m.ended, m.RunID)
	}
	if at < 0 {
		return &NoRunError{m.Store, m.RunID, m.ended}
	}
	if m.manifest, err = m.Store.Manifest(m.ended[at]); err != nil {
		return err
	}
	for _, id := range m.ended[max(len(m.ended)-mostRuns, 0):] {
		manifest, err := m.Store.Manifest(id)
		if err != nil {
			return err
		}
		m.latest = append(m.latest, manifest)
	}
	return nil
}

// open opens the database, or the files where there is none or another
// process has it.
func (m *maker) open(ctx context.Context) error {
	cfg := duckdb.ReaderConfig{Path: m.Store.DuckDB(), MemoryLimit: m.MemoryLimit}
	reader, err := duckdb.OpenReader(ctx, cfg)
	var locked *duckdb.LockedError
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &locked) {
		reader, err = m.files(ctx)
	}
	if err == nil {
		m.reader = reader
		return nil
	}
	m.noTables = "The tables cannot be read: " + err.Error()
	return ctx.Err()
}

// files opens the Parquet files that manifests list.
func (m *maker) files(ctx context.Context) (*duckdb.Reader, error) {
	cfg := duckdb.ReaderConfig{Dir: m.Store.Parquet(), MemoryLimit: m.MemoryLimit}
	var err error
	if cfg.Parts, err = health.ReadNotes(m.Store).Parts(m.Store, m.ended); err != nil {
		return nil, err
	}
	if len(cfg.Parts) == 0 {
		return nil, errors.New("there is no database that can be read now, and there are no Parquet files")
	}
	reader, err := duckdb.OpenReader(ctx, cfg)
	if err == nil && len(reader.Lost) > 0 {
		err = reader.Lost[0]
		_ = reader.Close()
	}
	return reader, err
}

// page puts the sections together. The pages that the ledger has not seen are
// read while DuckDB answers: both can take seconds.
func (m *maker) page(ctx context.Context) (*Page, error) {
	p := &Page{run: m.manifest.Run, store: filepath.Base(string(m.Store)), made: m.Now, zone: m.Zone, version: m.Version, banner: m.banner()}
	var happened section
	g, both := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		if m.ledger, err = money.Read(both, m.Store); err != nil {
			return fmt.Errorf("what the pages cost: %w", err)
		}
		return nil
	})
	g.Go(func() (err error) {
		if err = m.open(both); err != nil {
			return err
		}
		if happened, err = (requests{m.manifest, m.Limited}).section(both, m.reader); err != nil {
			return err
		}
		return m.tell(both, p)
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if m.reader == nil {
		happened.Lead, p.noTables = m.noTables, m.noTables
	}
	var err error
	p.tiles, err = m.tiles(ctx)
	p.machine = []section{happened, m.costs(), m.loaded()}
	return p, err
}

// tell makes the page of Spaces, where there are tables to read.
func (m *maker) tell(ctx context.Context, p *Page) (err error) {
	if m.reader == nil {
		return nil
	}
	d := newData(ctx, m.reader, m.Zone, m.Now)
	if p.headlines, err = d.headlines(ctx); err != nil {
		return err
	}
	p.seen = d.seen(len(m.ended))
	p.spaces, err = d.sections(ctx)
	return err
}

// fill makes a panel of what the tables say.
type fill func(context.Context, *duckdb.Reader, *panel) error

// filled makes panels in order; one whose tables cannot be read says why.
func filled(ctx context.Context, db *duckdb.Reader, fills []fill) ([]panel, error) {
	var all []panel
	for _, fill := range fills {
		var p panel
		if err := fill(ctx, db, &p); err != nil {
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
func rows[T any](ctx context.Context, db *duckdb.Reader, into func(*T) []any, statement string, args ...any) ([]T, error) {
	result, err := db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	var all []T
	for result.Next() {
		var row T
		if err := result.Scan(into(&row)...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, result.Err()
}
