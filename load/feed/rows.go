package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	goparquet "github.com/parquet-go/parquet-go"

	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// file is an open Parquet file of ours.
type file struct {
	part   part
	closer io.Closer
	opened *goparquet.File
	leaves []int // of each column of the table: its index in the file, or -1
}

// part is a file that has rows of a run.
type part struct {
	table *schemas.Table
	path  string // as in schemas.Part
	rows  int64  // of the run
}

// partsOf are the files of a run. Several parts may have come to stand in one.
func partsOf(l schemas.Load) (parts []part, err error) {
	at := map[string]int{}
	for _, p := range l.Parts {
		t := schemas.Lookup(p.Table)
		if t == nil {
			return nil, fmt.Errorf("run %s: %s is no table", l.RunID, p.Table)
		}
		i, in := at[p.Path]
		switch {
		case p.Rows == 0:
		case in:
			parts[i].rows += p.Rows
		default:
			at[p.Path] = len(parts)
			parts = append(parts, part{t, p.Path, p.Rows})
		}
	}
	return parts, nil
}

func open(dir string, p part) (*file, error) {
	in, info, err := durable.OpenInfo(filepath.Join(dir, filepath.FromSlash(p.path)))
	if err != nil {
		return nil, durable.Cause(err)
	}
	f := &file{part: p, closer: in}
	if f.opened, err = goparquet.OpenFile(in, info.Size(), goparquet.SkipBloomFilters(true)); err == nil {
		err = f.match()
	}
	if err != nil {
		_ = in.Close()
		return nil, fmt.Errorf("%s: %w", p.path, err)
	}
	return f, nil
}

func (f *file) close() { _ = f.closer.Close() } // nothing was written

// match finds the table's columns in the file: one of before has less.
func (f *file) match() error {
	leaves, more, wrong := parquet.Columns(f.part.table, f.opened.Schema())
	switch f.leaves = leaves; {
	case wrong != "":
		return errors.New(wrong)
	case more != 0:
		return fmt.Errorf("is no file of this version: it has %d columns more", more)
	case leaves[f.part.table.Column("_run_id")] < 0:
		return errors.New("it has no column _run_id")
	}
	return nil
}

// outside reports whether a time of the file may be one that the dialect cannot store.
func (f *file) outside(d *Dialect) bool {
	for i, c := range f.part.table.Columns {
		if c.Type != schemas.Time || f.leaves[i] < 0 {
			continue
		}
		for _, group := range f.opened.RowGroups() {
			chunk, ok := group.ColumnChunks()[f.leaves[i]].(*goparquet.FileColumnChunk)
			if !ok {
				return true
			}
			least, most, ok := chunk.Bounds()
			if all := chunk.NullCount() == group.NumRows(); !all && (!ok || least.Int64() < d.earliest || most.Int64() >= d.latest) {
				return true
			}
		}
	}
	return false
}

// odd reports whether the file has a value, of whatever run, that the dialect may not be able
// to store: then it cannot be loaded.
func (f *file) odd(d *Dialect) (odd bool, err error) {
	if f.outside(d) || d.mostText == 0 {
		return f.outside(d), nil
	}
	for _, group := range f.opened.RowGroups() {
		for i, c := range f.part.table.Columns {
			if f.leaves[i] < 0 || !isText(c.Type) {
				continue
			}
			err := eachValue(group.ColumnChunks()[f.leaves[i]], func(v goparquet.Value) {
				_, stored := d.literal(c, v)
				odd = odd || !stored
			})
			if odd || err != nil {
				return odd, err
			}
		}
	}
	return false, nil
}

// columns are those of the file, in their order there.
func (f *file) columns() []schemas.Column {
	columns := make([]schemas.Column, len(f.opened.Schema().Columns()))
	for i, leaf := range f.leaves {
		if leaf >= 0 {
			columns[leaf] = f.part.table.Columns[i]
		}
	}
	return columns
}

// each calls a function with the rows of a run: of each column of the table the value,
// which holds until the next.
func (f *file) each(ctx context.Context, run string, take func([]goparquet.Value) error) error {
	count, values := int64(0), make([]goparquet.Value, len(f.leaves))
	places := make([]int, len(f.opened.Schema().Columns())) // of the file's columns in the table
	for i, leaf := range f.leaves {
		if leaf >= 0 {
			places[leaf] = i
		}
	}
	for _, group := range f.opened.RowGroups() {
		ranges, err := f.find(group, run)
		if err != nil {
			return err
		}
		for _, some := range ranges {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := eachRow(group, some, func(row goparquet.Row) error {
				clear(values)
				for _, v := range row {
					values[places[v.Column()]] = v
				}
				count++
				return take(values)
			})
			if err != nil {
				return err
			}
		}
	}
	if count != f.part.rows {
		return fmt.Errorf("%s: has %d rows of the run; its manifest lists %d", f.part.path, count, f.part.rows)
	}
	return nil
}

// rowRange are rows of a row group.
type rowRange struct{ from, to int64 }

// find finds the rows of a run in a group: files of months hold those of many.
func (f *file) find(group goparquet.RowGroup, run string) (ranges []rowRange, err error) {
	at := int64(0)
	err = eachValue(group.ColumnChunks()[f.leaves[f.part.table.Column("_run_id")]], func(v goparquet.Value) {
		if string(v.ByteArray()) == run {
			if last := len(ranges) - 1; last >= 0 && ranges[last].to == at {
				ranges[last].to++
			} else {
				ranges = append(ranges, rowRange{at, at + 1})
			}
		}
		at++
	})
	return ranges, err
}

func eachValue(chunk goparquet.ColumnChunk, take func(goparquet.Value)) error {
	pages := chunk.Pages()
	defer pages.Close()
	values := make([]goparquet.Value, 256)
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		reader := page.Values()
		for {
			n, err := reader.ReadValues(values)
			for _, v := range values[:n] {
				take(v)
			}
			if errors.Is(err, io.EOF) || err == nil && n == 0 {
				break
			}
			if err != nil {
				return err
			}
		}
		goparquet.Release(page)
	}
}

func eachRow(group goparquet.RowGroup, some rowRange, take func(goparquet.Row) error) error {
	rows := group.Rows()
	defer rows.Close()
	if err := rows.SeekToRow(some.from); err != nil {
		return err
	}
	buffer := make([]goparquet.Row, 16) // a few: each may have a long text
	for left := some.to - some.from; left > 0; {
		n, err := rows.ReadRows(buffer[:min(int64(len(buffer)), left)])
		for _, row := range buffer[:n] {
			if err := take(row); err != nil {
				return err
			}
		}
		left -= int64(n)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n == 0 {
			return errors.New("has less rows than it says")
		}
	}
	return nil
}
