package feed

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	goparquet "github.com/parquet-go/parquet-go"

	"github.com/spacesetl/spacesetl/load/merging"
	"github.com/spacesetl/spacesetl/schemas"
)

// mostBytes is how long a statement with rows gets, but for its last row.
const mostBytes = 512 << 10

// values stages the rows of a run that the script carries itself, and returns how many it
// leaves out.
func (s *script) values(ctx context.Context, f *file, run string, lost Lost) (left int64, err error) {
	d, t := &s.Dialect, f.part.table
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	begin := fmt.Sprintf("INSERT INTO %s (%s) VALUES\n", d.name(merging.Staged(t)), d.names("", names))
	size := 0
	literals := make([]string, len(t.Columns))
	err = f.each(ctx, run, func(row []goparquet.Value) error {
		for i, c := range t.Columns {
			var stored bool
			if literals[i], stored = d.literal(c, row[i]); !stored {
				lost[t.Name+"."+c.Name]++
			}
			if literals[i] == "NULL" && t.IsKey(c.Name) {
				left++
				return nil
			}
		}
		line := "(" + strings.Join(literals, ", ") + ")"
		switch {
		case size == 0:
			s.text(begin)
		case size > mostBytes:
			s.text(";\n" + begin)
			size = 0
		default:
			s.text(",\n")
		}
		s.text(line)
		size += len(line)
		return nil
	})
	if size > 0 {
		s.text(";\n")
	}
	return left, err
}

// count counts the values that the engine leaves out of a file, and returns of how many rows
// it leaves all out.
func (s *script) count(ctx context.Context, f *file, run string, lost Lost) (left int64, err error) {
	d, t := &s.Dialect, f.part.table
	err = f.each(ctx, run, func(row []goparquet.Value) error {
		whole := true
		for i, c := range t.Columns {
			if c.Type != schemas.Time || row[i].IsNull() || d.fitsTime(row[i].Int64()) {
				continue
			}
			lost[t.Name+"."+c.Name]++
			whole = whole && !t.IsKey(c.Name)
		}
		if !whole {
			left++
		}
		return nil
	})
	return left, err
}

func (d *Dialect) fitsTime(at int64) bool { return at >= d.earliest && at < d.latest }

// literal is a value in SQL, NULL where it cannot be stored.
func (d *Dialect) literal(c schemas.Column, v goparquet.Value) (_ string, stored bool) {
	if v.IsNull() {
		return "NULL", true
	}
	switch c.Type {
	case schemas.Int:
		return strconv.FormatInt(v.Int64(), 10), true
	case schemas.Float:
		number := v.Double()
		switch {
		case math.IsNaN(number) || math.IsInf(number, 0) && d.infinite == "":
			return "NULL", false
		case math.IsInf(number, 0):
			if number < 0 {
				return "-" + d.infinite, true
			}
			return d.infinite, true
		}
		return strconv.FormatFloat(number, 'e', -1, 64), true
	case schemas.Bool:
		if d.typed != "" {
			return strconv.FormatBool(v.Boolean()), true
		}
		if v.Boolean() {
			return "1", true
		}
		return "0", true
	case schemas.Time:
		if !d.fitsTime(v.Int64()) {
			return "NULL", false
		}
		return fmt.Sprintf(cmp.Or(d.typed, "'%s'"), time.UnixMicro(v.Int64()).UTC().Format("2006-01-02 15:04:05.000000")), true
	}
	text := string(v.ByteArray())
	if !utf8.ValidString(text) || d.mostText > 0 && len(text) > d.mostText || d.mostKey > 0 && isKey(c.Name) && utf8.RuneCountInString(text) > d.mostKey {
		return "NULL", false
	}
	return d.text(text), true
}

// read stages what the engine reads from a file, and returns how many rows it leaves out.
func (s *script) read(ctx context.Context, f *file, run string, lost Lost) (left int64, err error) {
	d, t := &s.Dialect, f.part.table
	from := d.name(landed)
	if d.land == nil {
		from, err = d.read(s.place(f.part.path))
	} else {
		s.say(d.land(f.columns(), s.place(f.part.path)))
	}
	if err != nil {
		return 0, err
	}
	outside := d.fits != nil && f.outside(d)
	where := fmt.Sprintf("one.%s = %s AND EXISTS (SELECT 1 FROM %s AS now)", d.name("_run_id"), d.text(run), d.name(feeding))
	names, values := make([]string, len(t.Columns)), make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i], values[i] = c.Name, "one."+d.name(c.Name)
		switch {
		case f.leaves[i] < 0:
			values[i] = "NULL"
		case c.Type == schemas.Time && outside && t.IsKey(c.Name):
			where += " AND " + d.fits(values[i])
		case c.Type == schemas.Time && outside:
			values[i] = fmt.Sprintf("CASE WHEN %s THEN %s END", d.fits(values[i]), values[i])
		}
	}
	s.say(fmt.Sprintf("INSERT INTO %s (%s)\nSELECT %s FROM %s AS one WHERE %s", d.name(merging.Staged(t)), d.names("", names), strings.Join(values, ", "), from, where))
	if !outside {
		return 0, nil
	}
	return s.count(ctx, f, run, lost)
}

// place is where the engine finds a file.
func (s *script) place(path string) string {
	if s.Prefix != "" {
		return strings.TrimSuffix(s.Prefix, "/") + "/" + path
	}
	return filepath.Join(s.Files, filepath.FromSlash(path))
}
