package postgres

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	goparquet "github.com/parquet-go/parquet-go"

	"github.com/spacesetl/spacesetl/load/merging"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Published says what a publish did.
type Published struct {
	Already bool  // the run was there with the same content: nothing was done
	Rows    int64 // of the run
	// Lost are the values that PostgreSQL cannot hold and that are NULL, by table and
	// column; of a column of a key the rows that are left out.
	Lost map[string]int64
}

// Publish merges a run, whose paths are relative to dir, in one transaction: all of it
// becomes visible at once, or nothing. Schema, tables, columns, comments and views that are
// missing are made. A run that is there with the same content changes nothing, one with
// other content replaces its rows. It returns a *LockedError where another process publishes
// for longer than Config.Wait, and a *NewerError where the schema is a newer version's.
func (d *Destination) Publish(ctx context.Context, l schemas.Load, dir string) (Published, error) {
	if err := d.Prepare(ctx, l, dir); err != nil {
		return Published{}, err
	}
	return d.published, d.Commit(ctx)
}

// Prepare does what Publish does, without changing what anybody sees: Commit does. Until
// then, or until Close, others that publish wait. It returns the errors of Publish.
func (d *Destination) Prepare(ctx context.Context, l schemas.Load, dir string) error {
	return d.wrap(ctx, d.prepare(ctx, l, dir))
}

func (d *Destination) prepare(ctx context.Context, l schemas.Load, dir string) (err error) {
	switch {
	case l.RunID == "":
		return errors.New("the run has no id")
	case d.prepared:
		return errors.New("a run is prepared and not committed")
	}
	if err := d.connect(ctx); err != nil {
		return err
	}
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer func() {
		if d.prepared = err == nil; err != nil {
			d.rollback()
		}
	}()
	sizes, err := d.evolve(ctx)
	if err != nil {
		return err
	}
	id := schemas.QuoteText(l.RunID)
	there, err := d.query(ctx, "SELECT content FROM "+loads+" WHERE run_id = "+id)
	if err != nil {
		return err
	}
	if d.published = (Published{Already: len(there) > 0 && there[0][0] == l.Content}); d.published.Already {
		return nil
	}
	if d.published, err = d.merge(ctx, l, dir, len(there) > 0, sizes); err != nil {
		return err
	}
	_, err = d.execute(ctx, fmt.Sprintf("DELETE FROM %s WHERE run_id = %s; INSERT INTO %[1]s VALUES (%[2]s, %s)", loads, id, schemas.QuoteText(l.Content)))
	return err
}

// Commit makes what was prepared visible. A context that has ended does not stop it.
func (d *Destination) Commit(ctx context.Context) error {
	if !d.prepared {
		return d.wrap(ctx, errors.New("nothing is prepared"))
	}
	d.prepared = false
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
	defer cancel()
	_, err := d.execute(ctx, "COMMIT")
	return d.wrap(ctx, err)
}

// Published is what the last Prepare, or Publish, did.
func (d *Destination) Published() Published { return d.published }

// begin begins a transaction and takes the lock of the schema, which ends with it.
func (d *Destination) begin(ctx context.Context) error {
	lock := "hashtextextended(" + schemas.QuoteText("spacesetl "+d.schema) + ", 0)"
	if _, err := d.execute(ctx, "BEGIN; SET LOCAL standard_conforming_strings = on"); err != nil {
		return err
	}
	// Compiling queries of so many columns takes longer than they do; and what a run
	// meets is looked up, not searched for.
	_, err := d.execute(ctx, fmt.Sprintf("SET LOCAL search_path = %s, pg_temp; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL jit = off; SET LOCAL random_page_cost = 1.1; SET LOCAL work_mem = '64MB'; SET LOCAL lock_timeout = %d; SELECT pg_advisory_xact_lock(%s)",
		schemas.Quote(d.schema), d.wait.Milliseconds(), lock))
	if err == nil {
		return nil
	}
	d.rollback()
	if !isLockTimeout(err) {
		return err
	}
	locked := &LockedError{Schema: d.schema}
	holders, asked := d.query(ctx, fmt.Sprintf("SELECT 'process ' || pid || ' of ' || application_name || ' at ' || coalesce(host(client_addr), 'the server') FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND (classid::bigint << 32 | objid::bigint) = %s", lock))
	if asked == nil && len(holders) > 0 {
		locked.Holder = holders[0][0]
	}
	return locked
}

// rollback gives the transaction up. Where that fails, the connection ends with it.
func (d *Destination) rollback() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if d.conn.IsClosed() {
		return
	}
	if _, err := d.execute(ctx, "ROLLBACK"); err != nil {
		_ = d.conn.Close(ctx)
	}
}

// merge stages the rows of the run and merges them.
func (d *Destination) merge(ctx context.Context, l schemas.Load, dir string, again bool, sizes map[string]int64) (Published, error) {
	p := Published{Lost: map[string]int64{}}
	files, err := filesOf(l)
	if err != nil {
		return p, err
	}
	r := merging.Run{ID: l.RunID, Staged: map[string]bool{}, Again: again}
	staged := map[string]int64{}
	for _, f := range files {
		if !r.Staged[f.table.Name] {
			r.Staged[f.table.Name] = true
			if _, err := d.execute(ctx, fmt.Sprintf("CREATE TEMP TABLE %s (LIKE %s) ON COMMIT DROP", schemas.Quote(merging.Staged(f.table)), schemas.Quote(f.table.Name))); err != nil {
				return p, err
			}
		}
		rows, err := d.copy(ctx, f, dir, p.Lost)
		if err != nil {
			return p, fmt.Errorf("%s: %w", f.path, err)
		}
		staged[f.table.Name] += rows
		p.Rows += rows
	}
	var analyze strings.Builder
	for _, t := range schemas.Tables() {
		if r.Staged[t.Name] {
			fmt.Fprintf(&analyze, "ANALYZE %s (%s);", schemas.Quote(merging.Staged(t)), schemas.Quote(t.Key...))
		}
	}
	if _, err := d.execute(ctx, analyze.String()); err != nil {
		return p, err
	}
	if err := d.statements(ctx, merging.Postgres().Statements(r)); err != nil {
		return p, err
	}
	return p, d.analyze(ctx, staged, sizes)
}

// file is one that has rows of the run.
type file struct {
	table *schemas.Table
	path  string // as in schemas.Part
	rows  int64  // of the run
	run   string // whose rows alone count; "" for all
}

// filesOf are the files of a run. Several parts may have come to stand in one.
func filesOf(l schemas.Load) (files []file, err error) {
	run := ""
	if l.Only {
		run = l.RunID
	}
	for _, part := range l.Parts {
		t := schemas.Lookup(part.Table)
		if t == nil {
			return nil, fmt.Errorf("%s is no table", part.Table)
		}
		i := slices.IndexFunc(files, func(f file) bool { return f.path == part.Path })
		switch {
		case part.Rows == 0:
		case i >= 0:
			files[i].rows += part.Rows
		default:
			files = append(files, file{t, part.Path, part.Rows, run})
		}
	}
	return files, nil
}

// copy stages the rows of a file.
func (d *Destination) copy(ctx context.Context, f file, dir string, lost map[string]int64) (int64, error) {
	file, info, err := durable.OpenInfo(filepath.Join(dir, filepath.FromSlash(f.path)))
	if err != nil {
		return 0, durable.Cause(err)
	}
	defer file.Close()
	opened, err := goparquet.OpenFile(file, info.Size(), goparquet.SkipBloomFilters(true))
	if err != nil {
		return 0, err
	}
	in, err := newRows(ctx, f.table, opened, f.run, lost)
	if err != nil {
		return 0, err
	}
	defer in.close()
	names := make([]string, len(f.table.Columns))
	for i, c := range f.table.Columns {
		names[i] = c.Name
	}
	tag, err := d.conn.CopyFrom(ctx, in, fmt.Sprintf("COPY %s (%s) FROM STDIN (FORMAT binary)", schemas.Quote(merging.Staged(f.table)), schemas.Quote(names...)))
	if err == nil && in.count != f.rows {
		err = fmt.Errorf("has %d rows of the run; its manifest lists %d", in.count, f.rows)
	}
	return tag.RowsAffected(), err
}

// statements runs those of a merge, as many at a time as can be told to be needed: there
// and back may take long.
func (d *Destination) statements(ctx context.Context, all []merging.Statement) error {
	made := map[string]int64{} // rows of temporary tables
	var pending []merging.Statement
	flush := func() error {
		var script strings.Builder
		var answers []string // the table that each statement makes
		for _, s := range pending {
			script.WriteString(s.SQL + ";\n")
			answers = append(answers, s.Makes)
			if s.Makes != "" {
				fmt.Fprintf(&script, "ANALYZE %s (%s);\n", schemas.Quote(s.Makes), schemas.Quote(s.Key...))
				answers = append(answers, "")
			}
		}
		results, err := d.conn.Exec(ctx, script.String()).ReadAll()
		if err != nil {
			return err
		}
		for i, table := range answers {
			if table != "" {
				made[table] = results[i].CommandTag.RowsAffected()
			}
		}
		pending = nil
		return nil
	}
	for _, s := range all {
		for _, p := range pending {
			if s.IfAny != "" && s.IfAny == p.Makes {
				if err := flush(); err != nil {
					return err
				}
				break
			}
		}
		if s.IfAny == "" || made[s.IfAny] > 0 {
			pending = append(pending, s)
		}
	}
	return flush()
}

// analyze tells the planner of tables that grew by a fifth, and of those that it knows
// nothing of: the server's own look at them comes later, or not at all, and until then the
// next run could take long.
func (d *Destination) analyze(ctx context.Context, staged, sizes map[string]int64) error {
	var script strings.Builder
	analyze := func(t *schemas.Table, key []string, rows int64) {
		if sizes[t.Name] <= 0 || rows > 1000 && 5*rows > sizes[t.Name] {
			fmt.Fprintf(&script, "ANALYZE %s (%s);", schemas.Quote(t.Name), schemas.Quote(key...))
		}
	}
	for _, t := range schemas.Tables() {
		if staged[t.Name] == 0 {
			continue
		}
		analyze(t, t.Key, staged[t.Name])
		if t.IsEntity() {
			analyze(t.Sightings(), t.Key, 0)
		}
		if t.Versioned {
			analyze(t.Ended(), t.Key, 0)
		}
	}
	_, err := d.execute(ctx, script.String())
	return err
}
