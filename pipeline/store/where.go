package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Joined is a Parquet file with the rows of runs whose own files it took the place
// of: of all from First to Last but those in Except, one after the other. Their
// manifests go on listing the files that they made.
type Joined struct {
	schemas.Part
	First  string   `json:"first"`
	Last   string   `json:"last"`
	Except []string `json:"except,omitempty"` // whose rows are in files of their own, if anywhere
}

// Of reports whether a run's rows of the table are in the file.
func (j *Joined) Of(runID string) bool {
	return j.First <= runID && runID <= j.Last && !slices.Contains(j.Except, runID)
}

// mapFile is what a table's folder has beside its files once some of them are joined: it
// and they take the place of what was there in one step. It is a Parquet file without
// rows, so that whoever reads the whole folder can; the map is the line of JSON behind
// its first four bytes.
const mapFile = "map.parquet"

// MapFile is its path in the table's folder, in a folder as the table's files have.
func MapFile(p schemas.Partition) string { return path.Join(p.Folder(time.Unix(0, 0)), mapFile) }

// IsMap reports whether a path in a table's folder is that of its map.
func IsMap(name string) bool {
	return slices.ContainsFunc(schemas.Partitions(), func(p schemas.Partition) bool { return MapFile(p) == name })
}

// parquetMagic begins a Parquet file.
const parquetMagic = "PAR1"

// Map says in which files of a table the rows of runs stand that are not in their own.
type Map struct {
	Files    []Joined `json:"files"` // oldest first, each with other runs than those before
	Checksum string   `json:"checksum"`
}

// Seal fills in the checksum.
func (m *Map) Seal() {
	m.Checksum = ""
	m.Checksum = Checksum(m)
}

// ReadMap reads the map of a table; one without has none of its files joined. The
// error is a *CorruptError where it is not what was written.
func ReadMap(d Dir, table string) (Map, error) {
	for range 2 { // it can be moved to a place that was looked at before
		for _, p := range schemas.Partitions() {
			m, err := readMap(filepath.Join(d.Parquet(), table, filepath.FromSlash(MapFile(p))), table)
			if !errors.Is(err, fs.ErrNotExist) {
				return m, err
			}
		}
	}
	return Map{}, nil
}

func readMap(name, table string) (Map, error) {
	var m Map
	text, err := durable.ReadFile(name, MostJSON)
	switch {
	case errors.Is(err, durable.ErrNotRegular):
		return m, &CorruptError{name, durable.Cause(err)}
	case err != nil:
		return m, err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line, ours := bytes.CutPrefix(line, []byte(parquetMagic))
	if ours = ours && json.Unmarshal(line, &m) == nil; ours {
		sum := m.Checksum
		m.Seal()
		ours = m.Checksum == sum && m.ours(table)
	}
	if !ours {
		return Map{}, &CorruptError{name, errors.New("it is not what was written")}
	}
	return m, nil
}

// Text is the map as its file has it, made of a Parquet file without rows.
func (m Map) Text(noRows []byte) ([]byte, error) {
	m.Seal()
	line, err := json.Marshal(m)
	rest, ours := bytes.CutPrefix(noRows, []byte(parquetMagic))
	if err == nil && !ours {
		err = errors.New("it is no Parquet file")
	}
	return slices.Concat([]byte(parquetMagic), line, []byte("\n"), rest), err
}

var joinedFile = regexp.MustCompile(`^[0-9]{6}([0-9]{2})?-[0-9]+\.parquet$`)

// IsJoined reports whether a Parquet file has a name that one of joined rows has.
func IsJoined(name string) bool { return joinedFile.MatchString(filepath.Base(name)) }

// isJoined reports whether a map can say so of a file of the table.
func isJoined(table string, j Joined) bool {
	of, _, name, ours := CutPath(j.Path)
	return ours && of == table && joinedFile.MatchString(name) && j.Table == table &&
		CheckRunID(j.First) == nil && CheckRunID(j.Last) == nil && 0 <= j.Rows && j.Rows <= mostCounted && 0 <= j.Bytes && j.Bytes <= mostCounted
}

// ours reports whether the map can be one of ours.
func (m *Map) ours(table string) bool {
	last := ""
	for _, j := range m.Files {
		if !isJoined(table, j) || j.First <= last || j.Last < j.First {
			return false
		}
		last = j.Last
	}
	return true
}

// Where says where the rows of runs stand, by table.
type Where map[string][]Joined

// ReadWhere reads the maps of all tables. With an error it is that of those it could
// read.
func ReadWhere(d Dir) (Where, error) {
	w := Where{}
	folders, err := os.ReadDir(d.Parquet())
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return w, fmt.Errorf("store %s: %w", d, err)
	}
	for _, folder := range folders {
		if !isName(folder.Name(), "") {
			continue
		}
		m, mapErr := ReadMap(d, folder.Name())
		if err = errors.Join(err, mapErr); len(m.Files) > 0 {
			w[folder.Name()] = m.Files
		}
	}
	return w, err
}

// Joined returns the file that has a run's rows of a table, nil if its own has them.
func (w Where) Joined(table, runID string) *Joined {
	files := w[table]
	after := sort.Search(len(files), func(i int) bool { return files[i].First > runID })
	if after == 0 || !files[after-1].Of(runID) {
		return nil
	}
	return &files[after-1]
}

// Has reports whether rows of a run are in joined files.
func (w Where) Has(runID string) bool {
	for table := range w {
		if w.Joined(table, runID) != nil {
			return true
		}
	}
	return false
}
