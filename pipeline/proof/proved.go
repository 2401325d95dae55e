package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// fileName is the file of what was proved, a line each, which is only appended to; the
// last line of a thing counts. Without it, or where something is not as it was then, it
// is proved again: whoever deletes the file loses time. Nothing else reads it.
const fileName = "proved.ndjson"

// mostBytes bounds it.
const mostBytes = 1 << 30

// proved is something that was proved: "run ID", its own Parquet "files ID", the joined
// "file PATH" or the
// "database", or the "latest" files of it.
type proved struct {
	What  string `json:"proved"`
	Of    string `json:"of"`              // checksum of all that it depends on
	Every int    `json:"every,omitempty"` // of pages, so-manieth were decoded
	Older bool   `json:"older,omitempty"` // by an earlier version, which made other rows
	// Without are tables of the database that were not compared.
	Without []string `json:"without,omitempty"`
	Sum     string   `json:"sum"` // of the line without it
}

// holds reports whether it was proved of the same, as thoroughly.
func (one proved) holds(of string, every int) bool {
	return of != "" && one.Of == of && max(one.Every, 1) <= every
}

// line is it as the file has it.
func (one proved) line() []byte {
	one.Sum = ""
	text, err := json.Marshal(one)
	if err != nil {
		panic(err) // text and numbers always marshal
	}
	one.Sum = sumOf(string(text))[:16]
	text, _ = json.Marshal(one)
	return append(text, '\n')
}

// memory is what was proved before, and what is to be remembered.
type memory struct {
	of    map[string]proved
	lines int
	bytes int64 // of the lines: what comes behind is torn
	fresh []proved
	why   string // it cannot be remembered
}

// remembered reads it. A line that is not what was written is left out.
func remembered(d store.Dir) *memory {
	m := &memory{of: map[string]proved{}}
	text, err := durable.ReadFile(d.File(fileName), mostBytes)
	if err != nil {
		return m // all is proved again; who writes it is told why
	}
	for {
		line, rest, found := bytes.Cut(text, []byte("\n"))
		if !found {
			return m
		}
		var one proved
		if json.Unmarshal(line, &one) == nil && bytes.Equal(one.line(), text[:len(line)+1]) {
			m.of[one.What] = one
		}
		m.lines, m.bytes, text = m.lines+1, m.bytes+int64(len(line))+1, rest
	}
}

// add notes what is to be remembered.
func (m *memory) add(some ...proved) {
	for _, one := range some {
		if old, ok := m.of[one.What]; ok && bytes.Equal(old.line(), one.line()) {
			continue
		}
		m.fresh = append(m.fresh, one)
	}
}

// remember writes what is new. It takes the store's lock for that moment: while somebody
// has it, and where the store cannot be written, nothing is remembered.
func (m *memory) remember(d store.Dir) {
	if len(m.fresh) == 0 {
		return
	}
	m.why = ""
	if err := m.append(d); err != nil {
		m.why = fmt.Sprintf("what was proved is not remembered: %v", durable.Cause(err))
	}
}

func (m *memory) append(d store.Dir) error {
	if err := durable.Regular(d.File(fileName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	l, err := d.Lock()
	if err != nil {
		return err
	}
	defer l.Unlock()
	now := remembered(d) // another verify may have written it meanwhile
	var text []byte
	for _, one := range m.fresh {
		now.of[one.What] = one
		text = append(text, one.line()...)
	}
	if now.lines+len(m.fresh) > 2*len(now.of)+1000 { // lines that count no more
		text = nil
		for _, what := range slices.Sorted(maps.Keys(now.of)) {
			text = append(text, now.of[what].line()...)
		}
		err = durable.WriteFile(l.File(fileName), text, durable.Options{Name: "proved"})
	} else {
		err = store.AppendAt(l.File(fileName), now.bytes, text)
	}
	if err == nil {
		m.of, m.fresh = now.of, nil
	}
	return err
}

// sumOf is one checksum of several texts.
func sumOf(texts ...string) string {
	hash := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(hash, "%d %s\n", len(text), text)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// seen is how a file is by size and time.
func seen(name string) string {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return "none"
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}
