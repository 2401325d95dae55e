// Package feed writes scripts that take runs into engines that have a client of their own:
// their tables have the rows that the DuckDB database has, as load/merging merges them. A
// script can be given again, and again after it died anywhere: what is there changes
// nothing.
package feed

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/load/merging"
	"github.com/spacesetl/spacesetl/schemas"
)

// Tables besides those of rows: the runs that are there, and the one that is on its way.
const (
	loads   = "_loads"
	feeding = "_feeding"
	landed  = "_landed" // of engines that load files: one
)

// Config says what to write.
type Config struct {
	Dialect Dialect
	Files   string // folder of the Parquet files
	Prefix  string // where the engine finds that folder; "" is where it is
	Known   *Known // what the target has; nil where that is not known
	Notes   []string
}

// Lost are the values that the engine cannot store and that are NULL, by table and column;
// of a column of a key the rows that are left out.
type Lost map[string]int64

// script is one on its way.
type script struct {
	Config
	out    *bufio.Writer
	staged map[string]bool // tables of which some run has rows
	lost   Lost
}

// Write writes the script that takes runs in, which come in their order. Of the script of
// an engine that reads Parquet files each has to be where it is now until it is done.
func Write(ctx context.Context, w io.Writer, c Config, runs []schemas.Load) (Lost, error) {
	here, err := filepath.Abs(c.Files) // the engine may be somewhere else
	if err != nil {
		return nil, err
	}
	c.Files = here
	s := &script{Config: c, out: bufio.NewWriterSize(w, 1<<16), staged: map[string]bool{}, lost: Lost{}}
	all := make([][]part, len(runs))
	for i, l := range runs {
		var err error
		if all[i], err = partsOf(l); err != nil {
			return nil, err
		}
		for _, p := range all[i] {
			s.staged[p.table.Name] = true
		}
	}
	s.text(c.Dialect.client)
	s.text(comment(fmt.Sprintf("For %s, runs: %d. It can be given again: what is there stays as it is.", c.Dialect.Title, len(runs))))
	for _, note := range c.Notes {
		s.text(comment("Note: " + note))
	}
	if len(runs) > 0 {
		s.prepare()
	}
	for i, l := range runs {
		if err := s.run(ctx, l, all[i]); err != nil {
			return nil, err
		}
	}
	if len(runs) > 0 {
		s.finish()
	}
	return s.lost, s.out.Flush()
}

func (s *script) text(text string) { _, _ = s.out.WriteString(text) } // Flush has the error

// say ends a statement, if there is one.
func (s *script) say(statement string) {
	if s.Dialect.rewrite != nil {
		statement = s.Dialect.rewrite(statement)
	}
	if statement != "" {
		s.text(strings.TrimSuffix(statement, ";\n") + ";\n")
	}
}

func loadsTable() table {
	return table{name: loads, columns: []schemas.Column{{Name: "run_id"}, {Name: "content"}, {Name: "loaded_at", Type: schemas.Time}}, key: []string{"run_id", "content"}}
}

// stored are the tables with the rows of all runs. Those that nobody but a feed makes come
// first: by them it is known whose the others are.
func stored() (all []table) {
	for _, t := range schemas.Tables() {
		if t.Versioned {
			all = append(all, table{name: t.Ended().Name, columns: merging.Ended(t).Columns, key: t.Key})
		}
	}
	for _, t := range schemas.SightingTables() {
		all = append(all, table{name: t.Name, columns: t.Columns, key: t.Key})
	}
	for _, t := range schemas.Tables() {
		all = append(all, table{name: t.Name, columns: t.Columns, key: t.Key})
	}
	return all
}

// scratch are the tables that the merge of the runs needs besides.
func (s *script) scratch() (all []table) {
	all = append(all, table{name: feeding, columns: loadsTable().columns[:2], key: []string{"run_id", "content"}})
	for _, t := range schemas.Tables() {
		if s.staged[t.Name] {
			all = append(all, table{name: merging.Staged(t), columns: t.Columns, key: t.Key})
		}
	}
	for _, m := range s.Dialect.merging().Statements(merging.Run{Staged: s.staged, Again: true}) {
		if m.Makes != "" {
			all = append(all, table{name: m.Makes, columns: m.Columns, key: m.Key})
		}
	}
	for i := range all {
		all[i].scratch = true
	}
	return all
}

// prepare makes what is missing.
func (s *script) prepare() {
	d := &s.Dialect
	s.say(d.session)
	all := append([]table{loadsTable()}, stored()...)
	if !d.transactions() {
		all = append(all, s.kept()...)
	}
	for _, t := range all {
		s.say(d.create(t))
		s.say(s.evolution(t))
	}
	for _, t := range schemas.Tables() {
		if t.Versioned {
			v := merging.Dialect{Identifier: d.name}.History(t)
			s.say(d.view(d.name(v.Name), v.SQL))
		}
	}
	if !d.transactions() {
		s.apply(nil)
	}
	for _, t := range s.scratch() {
		s.say(d.create(t))
	}
}

// evolution adds the columns that a table of before has not got.
func (s *script) evolution(t table) string {
	if s.Known == nil && !s.Dialect.guess {
		return ""
	}
	var lacks []string
	there, known := map[string]bool{}, false
	if s.Known != nil {
		if there, known = s.Known.Columns[t.name]; !known {
			return ""
		}
	}
	for _, c := range t.columns {
		if !there[c.Name] && !slices.Contains(t.key, c.Name) {
			lacks = append(lacks, s.Dialect.definition(t, c))
		}
	}
	if lacks == nil {
		return ""
	}
	return s.Dialect.add(s.Dialect.name(t.name), lacks)
}

// finish removes what was needed on the way.
func (s *script) finish() {
	for _, t := range s.scratch() {
		if s.Dialect.drops {
			s.say("DROP TABLE IF EXISTS " + s.Dialect.name(t.name))
		}
	}
}

// run takes one run in.
func (s *script) run(ctx context.Context, l schemas.Load, parts []part) error {
	d := &s.Dialect
	rows, staged := int64(0), map[string]bool{}
	for _, p := range parts {
		rows += p.rows
		staged[p.table.Name] = true
	}
	s.text("\n" + comment(fmt.Sprintf("run %s, %d rows", l.RunID, rows)))
	if d.land == nil {
		s.say(d.begin)
	}
	run, content, now := d.text(l.RunID), d.text(l.Content), d.name(feeding)
	s.say(d.empty(now))
	s.say(fmt.Sprintf("INSERT INTO %s (run_id, content) SELECT one.run_id, one.content FROM (SELECT %s AS run_id, %s AS content) AS one WHERE (one.run_id, one.content) NOT IN (SELECT done.run_id, done.content FROM %s AS done)",
		now, run, content, d.name(loads)))
	lost := Lost{}
	if err := s.stage(ctx, l.RunID, parts, lost); err != nil {
		return fmt.Errorf("run %s: %w", l.RunID, err)
	}
	if d.land != nil {
		s.say(d.begin)
	}
	if !d.transactions() {
		s.copy(l.RunID, staged)
	}
	merged := merging.Run{ID: l.RunID, Staged: staged, Again: true, Only: fmt.Sprintf("%s IN (SELECT now.run_id FROM %s AS now)", d.name("_run_id"), now)}
	for _, m := range d.merging().Statements(merged) {
		s.say(m.SQL)
	}
	if d.transactions() {
		s.say(d.delete(d.name(loads), loadsTable().key[:1], fmt.Sprintf("SELECT now.run_id FROM %s AS now", now)))
		s.say(fmt.Sprintf("INSERT INTO %s (run_id, content, loaded_at) SELECT now.run_id, now.content, %s FROM %s AS now", d.name(loads), d.now, now))
	} else {
		s.say(fmt.Sprintf("INSERT INTO %s (run_id, content) SELECT now.run_id, now.content FROM %s AS now", d.name(ready), now))
		s.apply(staged)
	}
	s.say(d.commit)
	for _, column := range slices.Sorted(maps.Keys(lost)) {
		s.text(comment(fmt.Sprintf("%s cannot store %d values of %s: they are NULL, or in a key without a row", d.Title, lost[column], column)))
		s.lost[column] += lost[column]
	}
	return nil
}

// stage puts the rows of a run's files into its tables.
func (s *script) stage(ctx context.Context, run string, parts []part, lost Lost) error {
	d := &s.Dialect
	wanted, emptied, carried := map[string]int64{}, map[string]bool{}, map[string]bool{}
	for _, p := range parts {
		name := merging.Staged(p.table)
		if !emptied[name] {
			s.say(d.empty(d.name(name)))
			emptied[name] = true
		}
		f, err := open(s.Files, p)
		if err != nil {
			return err
		}
		carries := d.Prefixes == nil
		if d.land != nil {
			carries, err = f.odd(d)
		}
		var left int64
		switch {
		case err != nil:
		case carries:
			carried[name] = true
			left, err = s.values(ctx, f, run, lost)
		default:
			left, err = s.read(ctx, f, run, lost)
		}
		wanted[name] += p.rows - left
		f.close()
		if err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(emptied)) {
		if carried[name] { // the rows are in the script, whether they are needed or not
			s.say(fmt.Sprintf("DELETE FROM %s WHERE NOT EXISTS (SELECT 1 FROM %s AS now)", d.name(name), d.name(feeding)))
		}
		if d.Prefixes != nil {
			s.say(d.check(d.name(name), d.name(feeding), wanted[name], fmt.Sprintf("the files have not the %d rows of run %s for %s", wanted[name], run, name)))
		}
	}
	return nil
}
