package duckdb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
	"github.com/spacesetl/spacesetl/schemas"
)

// HashRuled returns what Hashes gives, but for the tables of ended versions, of a database
// that runs are merged into in whatever order: by schemas.Rule over their files, whose
// paths are relative to dir, and of which nil runs are all. It takes as long as the rows
// do, however many runs they are of, and spills to a folder beside cfg.Path, where there
// need be no database.
func HashRuled(ctx context.Context, cfg Config, parts []schemas.Part, dir string, runs []string) (hashes map[string]TableHash, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("parquet: %w", firstLine{err})
		}
	}()
	limit := cmp.Or(cfg.mergeLimit(), 2*merge.Memory)
	r := ruled{Run: merge.Run{Load: schemas.Load{Parts: parts}, Dir: dir, Limit: limit / 2}, chosen: runs}
	if r.from, err = r.Rows(); err != nil {
		return nil, err
	}
	spill := setting{"temp_directory", filepath.Join(filepath.Dir(cfg.Path), "ruled.tmp")}
	if r.db, err = cfg.connect("", spill, setting{"memory_limit", fmt.Sprint(limit, "B")}, setting{"threads", "1"}); err != nil {
		return nil, err
	}
	defer r.db.Close()
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	hashes = map[string]TableHash{}
	for _, t := range schemas.Tables() {
		if hashes[t.Name], err = r.hash(ctx, t); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return hashes, nil
}

// ruled is a database without rows, beside the files of runs.
type ruled struct {
	merge.Run
	db     *sql.DB
	from   map[string]string // what to select the rows of each table from
	chosen []string          // runs; nil for all
}

// prepare makes the tables, for those without files, and that of the runs.
func (r *ruled) prepare(ctx context.Context) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := new(merge.Run).Evolve(ctx, tx, true); err != nil {
		return err
	}
	if err := r.choose(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// choose makes the table of the runs.
func (r *ruled) choose(ctx context.Context, db interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}) error {
	script := "CREATE TEMP TABLE _chosen (_run_id VARCHAR);"
	for some := range slices.Chunk(r.chosen, 1000) {
		script += "INSERT INTO _chosen VALUES ('" + strings.Join(some, "'), ('") + "');"
	}
	_, err := db.ExecContext(ctx, script)
	return err
}

// rule is the rule for a share of a table's rows: of lists, those of some objects.
func (r *ruled) rule(t *schemas.Table, part merge.Share) schemas.Rule {
	told := listsIn(t)
	return schemas.DuckDBRule(func(of *schemas.Table) string {
		from := r.from[of.Name]
		switch {
		case from == "":
			return fmt.Sprintf("(FROM %s LIMIT 0)", schemas.Quote(of.Name))
		case r.chosen != nil:
			from = "(FROM " + from + " SEMI JOIN _chosen USING (_run_id))"
		}
		switch {
		case of == t:
			return part.From(from, apart(t))
		case told[of.Name] > 0:
			return part.From(from, of.Key[:1])
		}
		return from
	})
}

// apart are the columns by which shares are told apart: of lists all of an object are in one.
func apart(t *schemas.Table) []string {
	if len(t.ListColumns()) > 0 {
		return []string{t.OwnerColumn()}
	}
	return t.Key
}

// listsIn counts the lists that stand in a table, by the table of the objects that tell of
// them.
func listsIn(t *schemas.Table) map[string]int {
	told := map[string]int{}
	for _, parent := range schemas.Tables() {
		for _, l := range parent.Lists() {
			if l.Table == t {
				told[parent.Name]++
			}
		}
	}
	return told
}

// shares is in how many shares a table is looked at that has so many rows. Of lists, every
// object that tells of one is looked at beside their rows.
func (r *ruled) shares(t *schemas.Table, rows int64) int {
	cells := rows * int64(len(t.Columns))
	for parent, lists := range listsIn(t) {
		cells += r.Count(schemas.Lookup(parent)) * int64(lists) * listCells
	}
	return merge.SharesOf(cells, r.Bytes(t), 1, r.Limit)
}

// listCells is what an object that tells of a list takes: what tells the list apart, and the
// sighting.
const listCells = 6

// hash hashes a table, as many rows at a time as there is memory for: a GROUP BY that
// spills can end the process.
func (r *ruled) hash(ctx context.Context, t *schemas.Table) (TableHash, error) {
	all, sum := TableHash{Hash: "0"}, new(big.Int)
	if r.from[t.Name] == "" {
		return all, nil
	}
	shares := r.shares(t, r.Count(t))
	for i := range shares {
		if err := giveBack(ctx, r.db); err != nil {
			return all, err
		}
		some, err := hashTables(ctx, r.db, []*schemas.Table{t}, map[string]string{t.Name: "(" + r.rule(t, merge.Share{Part: i, Of: shares}).Rows(t) + ")"})
		if err != nil {
			return all, err
		}
		hash, ok := new(big.Int).SetString(some[t.Name].Hash, 10)
		if !ok {
			return all, errors.New("its hash is no number")
		}
		all.Rows += some[t.Name].Rows
		all.Hash = sum.Add(sum, hash).String()
	}
	return all, nil
}
