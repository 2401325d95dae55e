package load

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// publish renames finished files into place, then removes what earlier commits
// of the run left and this one did not write again.
func (p *Parquet) publish(files []*parquetFile) ([]schemas.Part, error) {
	parts := make([]schemas.Part, len(files))
	kept := map[string]bool{}
	touched := folders{}
	for i, f := range files {
		parts[i] = p.part(f)
		target := filepath.Join(p.cfg.Dir, filepath.FromSlash(parts[i].Path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return nil, fmt.Errorf("parquet %s: %w", f.table.Name, err)
		}
		if err := os.Rename(f.name, target); err != nil {
			return nil, fmt.Errorf("parquet %s: %w", f.table.Name, err)
		}
		kept[target] = true
		touched.add(p.cfg.Dir, target)
	}
	stale, err := p.stale(kept)
	if err != nil {
		return nil, err
	}
	for _, name := range stale {
		if err := os.Remove(name); err != nil {
			return nil, fmt.Errorf("parquet: %w", err)
		}
		touched.add(p.cfg.Dir, name)
	}
	return parts, touched.sync()
}

func (p *Parquet) part(f *parquetFile) schemas.Part {
	date := "run_date=" + p.cfg.RunDate.UTC().Format("2006-01-02")
	file := fmt.Sprintf("%s-%d.parquet", p.cfg.RunID, f.key.shard)
	return schemas.Part{
		Table: f.table.Name, Path: path.Join(f.table.Name, date, file),
		Rows: f.rows, Bytes: f.out.bytes, SHA256: f.out.sum(),
	}
}

// stale lists the files of the run that are not among those kept, whatever
// table and date they stand under.
func (p *Parquet) stale(kept map[string]bool) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(globEscape(p.cfg.Dir), "*", "run_date=*", globEscape(p.cfg.RunID)+"-*.parquet"))
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	var stale []string
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
		if err := syncFolder(dir); err != nil {
			return fmt.Errorf("parquet: %w", err)
		}
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
