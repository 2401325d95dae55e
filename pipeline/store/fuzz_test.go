package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// file is a file of a store, as a stranger writes it, and what reads it.
type file struct {
	path  string
	frame func(text []byte) []byte // with right sums: these keep nobody out
	read  func(d Dir) error
}

const fuzzedRun = "20261101T000000Z-aaaaaa"

func asItIs(text []byte) []byte { return text }

// indexed is a bundle with an index of these lines.
func indexed(lines []byte) []byte {
	text := append(fmt.Appendf(nil, "%s%d\n", indexBegins, 1793491200), lines...)
	le := binary.LittleEndian
	frame := append(le.AppendUint32(le.AppendUint32(nil, indexMagic), uint32(len(text)+indexTail)), text...)
	frame = le.AppendUint32(frame, crc32.Checksum(text, castagnoli))
	frame = le.AppendUint32(frame, uint32(len(text)+indexTail))
	return slices.Concat(frame, []byte("pages"), frame)
}

func sealedMap(text []byte) []byte {
	var m Map
	if json.Unmarshal(text, &m) == nil {
		m.Seal()
		text, _ = json.Marshal(m)
	}
	return append([]byte(parquetMagic), text...)
}

// files are those of a run, a bundle and a table.
func files() []file {
	return []file{
		{filepath.Join("runs", fuzzedRun, planFile), asItIs, func(d Dir) error {
			p, err := d.Planned(fuzzedRun)
			for _, r := range p.Seeds {
				_ = r.ID()
			}
			return err
		}},
		{filepath.Join("runs", fuzzedRun, manifestFile), asItIs, func(d Dir) error {
			m, err := d.Manifest(fuzzedRun)
			if err == nil {
				_, _ = d.CheckPlan(m), m.Seal(d)
			}
			return err
		}},
		{filepath.Join("raw", "202611-1.ndjson.zst"), indexed, func(d Dir) error {
			folder, err := d.Pages(fuzzedRun)
			if err == nil {
				_, err = d.Runs()
			}
			if folder != nil {
				for _, file := range folder.Files {
					if file.Name != filepath.Base(file.Name) || !strings.HasPrefix(file.Path, d.Raw()) {
						return fmt.Errorf("%q: %w", file.Path, errOutside)
					}
				}
			}
			return err
		}},
		{filepath.Join("parquet", "spaces", filepath.FromSlash(MapFile(schemas.PartitionDay))), sealedMap, func(d Dir) error {
			m, err := ReadMap(d, "spaces")
			for _, j := range m.Files {
				if !filepath.IsLocal(filepath.FromSlash(j.Path)) {
					return fmt.Errorf("%q: %w", j.Path, errOutside)
				}
			}
			return err
		}},
	}
}

var errOutside = errors.New("leads out of the store")

// Whatever a file of a store says, its error names it or is that it is not there, and
// nothing in it leads out of the store.
func FuzzFiles(f *testing.F) {
	d := Dir(f.TempDir())
	for _, c := range files() {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(string(d), c.path)), 0o755); err != nil {
			f.Fatal(err)
		}
	}
	add := func(kind byte, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kind, text)
	}
	run := schemas.Run{RunID: fuzzedRun, Outcome: schemas.Done, Pages: 1}
	add(0, Planned{Run: run, Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: []string{"1DXxyRYNejbKM"}}}})
	add(1, Manifest{Run: run, Landed: []Segment{{Name: "spaces-00001.ndjson.zst", Bytes: 5}}, Files: []schemas.Part{{Table: "spaces", Path: "spaces/run_date=2026-11-01/x.parquet", Rows: 1}}})
	f.Add(byte(2), []byte(fuzzedRun+" 0 1 spaces-00001.ndjson.zst 5 5 0 1\n"))
	f.Add(byte(2), []byte(fuzzedRun+" 0 1 ../../x-00001.ndjson.zst 5 9223372036854775807 0 1\n"))
	add(3, Map{Files: []Joined{{}}})
	f.Fuzz(func(t *testing.T, kind byte, text []byte) {
		c := files()[int(kind)%len(files())]
		path := filepath.Join(string(d), c.path)
		if err := os.WriteFile(path, c.frame(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := c.read(d)
		if errors.Is(err, errOutside) || err != nil && !errors.Is(err, fs.ErrNotExist) && !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%s: %v", c.path, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	})
}
