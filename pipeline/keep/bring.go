package keep

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// bringing are Parquet files on their way back to the store that they were pruned from.
type bringing struct {
	l       *store.Locked
	archive string
	staged  store.Dir // what the archive has, laid out as a store
	names   []string  // its files, below parquet
	of      landing.PrunedTables
	joined  map[string][]store.Joined // by table
	listed  map[string]*store.Manifest
	runs    []string // of the month
	step    durable.Step
}

// restoreTables brings the Parquet files of a month back, compares them with the checksums
// of the archive and of the runs' manifests, and notes that they are no more pruned. A
// process that dies leaves those of each table that came back, or none of them.
func restoreTables(ctx context.Context, d store.Dir, archive string, step durable.Step) (Back, error) {
	l, err := d.Lock()
	if err != nil {
		return Back{}, err
	}
	defer l.Unlock()
	pruned, err := landing.ReadPruned(d)
	if err != nil {
		return Back{}, err
	}
	b := &bringing{l: l, archive: archive, staged: store.Dir(filepath.Join(l.Parquet(), "_staging-restored")), joined: map[string][]store.Joined{}, listed: map[string]*store.Manifest{}, step: step}
	if err := os.RemoveAll(string(b.staged)); err != nil {
		return Back{}, err
	}
	defer os.RemoveAll(string(b.staged)) // only takes space
	if err := b.unpack(ctx); err != nil {
		return Back{}, err
	}
	at, err := b.find(pruned)
	if err == nil {
		err = b.check(ctx)
	}
	if err != nil {
		return Back{}, err
	}
	for _, table := range b.of.Tables {
		if err := errors.Join(ctx.Err(), b.place(table)); err != nil {
			return Back{}, err
		}
	}
	pruned.Tables = slices.Delete(pruned.Tables, at, at+1)
	return Back{b.of.PrunedMonth, b.of.Tables}, landing.WritePruned(l, pruned, step)
}

// unpack writes the files beside the tables' folders; what is left of them there is swept.
func (b *bringing) unpack(ctx context.Context) error {
	sums := map[string]string{}
	x, err := walk(b.archive, nil, func(e Entry, from io.Reader) error {
		if kindOf(e.Path) != tables {
			return &NoBackupError{b.archive, "it has " + e.Path + " beside Parquet files"}
		}
		hash := sha256.New()
		err := errors.Join(ctx.Err(), b.step.At("restore: before write", e.Path))
		if err == nil {
			err = write(filepath.Join(string(b.staged), filepath.FromSlash(e.Path)), e, io.TeeReader(from, hash))
		}
		sums[e.Path] = hex.EncodeToString(hash.Sum(nil))
		return err
	})
	if err != nil {
		return err
	}
	if len(sums) != len(x.Files) || slices.ContainsFunc(x.Files, func(e Entry) bool { return sums[e.Path] != e.SHA256 }) {
		return &NoBackupError{b.archive, "its files are not those that it lists"}
	}
	for _, e := range x.Files {
		name := strings.TrimPrefix(e.Path, "parquet/")
		table, rest, _ := strings.Cut(name, "/")
		if !store.IsMap(rest) {
			b.names = append(b.names, name)
			continue
		}
		m, err := store.ReadMap(b.staged, table)
		if err != nil {
			return err
		}
		b.joined[table] = m.Files
	}
	return nil
}

// find finds which month, of which tables, the files were pruned as, and reads the
// manifests of its runs.
func (b *bringing) find(pruned landing.Pruned) (at int, err error) {
	var has []string
	first, last := "", ""
	for _, name := range b.names {
		table, _, _ := strings.Cut(name, "/")
		has = append(has, table)
		j := store.Joined{First: store.RunOf(name), Last: store.RunOf(name)}
		if i := slices.IndexFunc(b.joined[table], func(j store.Joined) bool { return j.Path == name }); i >= 0 {
			j = b.joined[table][i]
		} else if store.IsJoined(name) {
			return 0, &NoBackupError{b.archive, "nothing in it says whose rows " + name + " has"}
		}
		first, last = min(cmp.Or(first, j.First), j.First), max(last, j.Last)
	}
	slices.Sort(has)
	has = slices.Compact(has)
	at = slices.IndexFunc(pruned.Tables, func(t landing.PrunedTables) bool {
		return t.First <= first && last <= t.Last && t.Files == len(b.names) && slices.Equal(t.Tables, has)
	})
	if at < 0 {
		return 0, fmt.Errorf("%s: has Parquet files that were not pruned from %s, or that are back", b.archive, b.l.Dir)
	}
	b.of = pruned.Tables[at]
	runs, err := b.l.Runs()
	for _, run := range runs {
		if run < b.of.First || run > b.of.Last {
			continue
		}
		m, err := b.l.Manifest(run)
		if err != nil && !store.Unwritten(err) {
			return 0, err
		}
		b.runs, b.listed[run] = append(b.runs, run), nil
		if err == nil {
			b.listed[run] = &m
		}
	}
	return at, err
}

// check holds the files against the manifests: those of a run as they are, those of several
// taken apart. Rows that were made again meanwhile are not brought back beside these.
func (b *bringing) check(ctx context.Context) error {
	own := map[string]schemas.Part{}
	where, err := store.ReadWhere(b.l.Dir)
	if err != nil {
		return err
	}
	for _, run := range b.runs {
		m := b.listed[run]
		if m == nil {
			continue
		}
		for _, part := range m.Files {
			if _, ours := slices.BinarySearch(b.of.Tables, part.Table); !ours {
				continue
			}
			own[part.Path] = part
			name := filepath.Join(b.l.Parquet(), filepath.FromSlash(part.Path))
			if j := where.Joined(part.Table, run); j != nil {
				part, name = j.Part, filepath.Join(b.l.Parquet(), filepath.FromSlash(j.Path))
			}
			if _, err := os.Lstat(name); err == nil && !slices.Contains(b.names, part.Path) {
				return fmt.Errorf("%s has rows of run %s, which were made again after they were pruned: %s is not brought back beside it", name, run, b.archive)
			}
		}
	}
	for _, name := range b.names {
		if store.IsJoined(name) {
			continue
		}
		part, listed := own[name]
		if !listed {
			return fmt.Errorf("%s: has %s, which no manifest lists any more", b.archive, name)
		}
		if err := store.CheckPart(filepath.Join(b.staged.Parquet(), filepath.FromSlash(name)), part); err != nil {
			return fmt.Errorf("%s: %w", b.archive, err)
		}
	}
	files, wrong := compact.Files(b.staged, b.runs, b.listed)
	if len(wrong) > 0 {
		return errors.New(wrong[0])
	}
	for _, f := range files {
		if err := f.Verify(ctx, ""); err != nil {
			return fmt.Errorf("%s: %w", b.archive, err)
		}
	}
	return nil
}

// place puts the files of a table in their places, in one step.
func (b *bringing) place(table string) error {
	m, err := store.ReadMap(b.l.Dir, table)
	if err == nil {
		err = os.MkdirAll(filepath.Join(b.l.Parquet(), table), 0o777)
	}
	if err != nil {
		return err
	}
	next, err := store.NewTable(b.l, table)
	if err != nil {
		return err
	}
	defer next.Close()
	for _, name := range b.names {
		rest, ours := strings.CutPrefix(name, table+"/")
		if !ours {
			continue
		}
		next.Without(name) // what is there of it, if a process died
		to := filepath.Join(next.Dir, filepath.FromSlash(rest))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(b.staged.Parquet(), filepath.FromSlash(name)), to); err != nil {
			return err
		}
	}
	for _, j := range b.joined[table] {
		m.Files = slices.DeleteFunc(m.Files, func(one store.Joined) bool { return one.Path == j.Path })
		m.Files = append(m.Files, j)
	}
	slices.SortFunc(m.Files, func(a, b store.Joined) int { return cmp.Compare(a.First, b.First) })
	return replace(b.l.Dir, next, table, m, b.step)
}
