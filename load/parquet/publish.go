package parquet

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// publish renames finished files into place, then removes what earlier commits
// of the run left and this one did not write again.
func (p *Writer) publish(parts []schemas.Part) error {
	kept := map[string]bool{}
	touched := folders{}
	for _, part := range parts {
		name := filepath.FromSlash(part.Path)
		target := filepath.Join(p.cfg.Dir, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
			return fmt.Errorf("parquet %s: %w", part.Table, err)
		}
		if err := p.cfg.Step.At("parquet: before rename", target); err != nil {
			return fmt.Errorf("parquet %s: %w", part.Table, err)
		}
		if err := os.Rename(filepath.Join(p.cfg.Staging, name), target); err != nil {
			return fmt.Errorf("parquet %s: %w", part.Table, err)
		}
		kept[target] = true
		touched.add(p.cfg.Dir, target)
	}
	if err := p.cfg.Step.At("parquet: renamed", p.cfg.Dir); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	if err := p.readable(touched); err != nil {
		return err
	}
	stale, err := p.stale(kept)
	if err != nil {
		return err
	}
	for _, name := range stale {
		if err := os.Remove(name); err != nil {
			return fmt.Errorf("parquet: %w", err)
		}
		touched.add(p.cfg.Dir, name)
	}
	return touched.sync()
}

// EmptyFile is a file without rows, which a table without any other has: no run's, and no
// manifest lists it.
const EmptyFile = "empty.parquet"

// emptyFile is where it lies in a table's folder.
func emptyFile(p schemas.Partition) string {
	return filepath.Join(p.Folder(time.Unix(0, 0)), EmptyFile)
}

// readable gives tables without a file where the partition has them an EmptyFile: who
// reads all tables would else be told that there are no such files.
func (p *Writer) readable(touched folders) error {
	for _, t := range schemas.Tables() {
		folder := filepath.Join(p.cfg.Dir, t.Name)
		if names, err := filepath.Glob(filepath.Join(globEscape(folder), p.pattern())); err != nil || len(names) > 0 {
			continue
		}
		target := filepath.Join(folder, emptyFile(p.cfg.Partition))
		text, err := NoRows(t)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(target), 0o777)
		}
		if err == nil {
			err = durable.WriteFile(target, text, durable.Options{})
		}
		if err != nil {
			return fmt.Errorf("parquet %s: %w", t.Name, err)
		}
		touched.add(p.cfg.Dir, target)
		for _, other := range schemas.Partitions() { // of the job before it was changed
			if name := filepath.Join(folder, emptyFile(other)); name != target && os.Remove(name) == nil {
				_ = os.Remove(filepath.Dir(name)) // if there is nothing else
			}
		}
	}
	return nil
}

// pattern matches what a table's folder has where it has files.
func (p *Writer) pattern() string {
	if folder, _, found := strings.Cut(p.date(), "="); found {
		return folder + "=*"
	}
	return "*.parquet"
}

func (p *Writer) part(f *file) schemas.Part {
	return schemas.Part{
		Table: f.table.Name, Path: p.path(f.key),
		Rows: f.rows, Bytes: f.out.bytes, SHA256: f.out.sum(),
	}
}

// path is where a file goes, relative to the destination, with slashes.
func (p *Writer) path(key fileKey) string {
	return path.Join(key.table.Name, p.date(), fmt.Sprintf("%s-%d.parquet", p.cfg.RunID, key.shard))
}

// date is the folder of the run's files in that of each table; empty if it is that.
func (p *Writer) date() string { return p.cfg.Partition.Folder(p.cfg.RunDate) }

// staged is where it is written.
func (p *Writer) staged(key fileKey) string {
	return filepath.Join(p.cfg.Staging, filepath.FromSlash(p.path(key)))
}

// stale lists the files of the run that are not among those kept, whatever table
// they stand under, and whatever the partition was. A run has one date: the folders of
// others, ever more of them, are not looked through.
func (p *Writer) stale(kept map[string]bool) ([]string, error) {
	var names, stale []string
	for _, one := range schemas.Partitions() {
		found, err := filepath.Glob(filepath.Join(globEscape(p.cfg.Dir), "*", one.Folder(p.cfg.RunDate), globEscape(p.cfg.RunID)+"-*.parquet"))
		if err != nil {
			return nil, fmt.Errorf("parquet: %w", err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		shard := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), p.cfg.RunID+"-"), ".parquet")
		// Run "a" must not take files of run "a-1" for its own.
		isShard := shard != "" && strings.Trim(shard, "0123456789") == ""
		if isShard && !kept[name] {
			stale = append(stale, name)
		}
	}
	return stale, nil
}

// globEscape makes a name match itself only.
func globEscape(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// folders are those whose entries changed. Without an fsync of the folder a
// rename may be gone after a crash.
type folders map[string]bool

// add notes the folders of a file, up to the root.
func (f folders) add(root, file string) {
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		f[dir] = true
		if dir == filepath.Clean(root) || dir == filepath.Dir(dir) {
			return
		}
	}
}

func (f folders) sync() error {
	for dir := range f {
		if err := durable.SyncDir(dir); err != nil {
			return fmt.Errorf("parquet: %w", err)
		}
	}
	return nil
}
