package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// CorruptError is a file of the store that is not what was written.
type CorruptError struct {
	Path string
	Err  error
}

func (e *CorruptError) Error() string {
	do := "restore it from a backup"
	switch base := filepath.Base(e.Path); {
	case isBundle(e.Path), isBundle(filepath.Dir(filepath.Dir(e.Path))):
	case base == "manifest.json":
		do += ", or delete it and replay its run, which makes it again of the run's pages"
	case base == "plan.json", base == mapFile:
	default:
		do += ", or replay its run"
	}
	return fmt.Sprintf("%s is damaged (%v): %s", e.Path, e.Err, do)
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// Unwritten reports whether a manifest does not count: it was never written,
// or it is damaged and the run has to write it again. One that cannot be read
// for another reason may count.
func Unwritten(err error) bool {
	var corrupt *CorruptError
	return errors.Is(err, fs.ErrNotExist) || errors.As(err, &corrupt)
}

// MostJSON bounds a JSON file of a store, in bytes: that is what a state of eight
// million Spaces takes.
const MostJSON = 1 << 30

// ReadJSON reads a JSON file of the store. The error is an fs.ErrNotExist when it
// is missing, and a *CorruptError when it is no JSON, or no file.
func ReadJSON(path string, v any) error {
	_, err := readJSON(path, v)
	return err
}

func readJSON(path string, v any) ([]byte, error) {
	text, err := durable.ReadFile(path, MostJSON)
	return text, parseJSON(path, text, err, v)
}

// parseJSON takes in what was read of a file.
func parseJSON(path string, text []byte, err error, v any) error {
	if errors.Is(err, durable.ErrNotRegular) {
		return &CorruptError{path, durable.Cause(err)}
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &CorruptError{path, Plain(err)}
	}
	return nil
}

// ReadSummed is ReadJSON of a file with a member checksum, at its top, that is the
// Checksum of what was written without it. The error is a *CorruptError where it is
// not; summed is false of a file that has none.
func ReadSummed(path string, v any) (summed bool, err error) {
	text, err := readJSON(path, v)
	if err != nil {
		return false, err
	}
	const begin = "\n  \"checksum\": \""
	before, rest, found := bytes.Cut(text, []byte(begin))
	if !found {
		return false, nil
	}
	line, after, _ := bytes.Cut(rest, []byte("\n"))
	sum, last := bytes.CutSuffix(line, []byte(`"`))
	if last {
		before = bytes.TrimSuffix(before, []byte(",")) // of the member before it
	} else {
		sum = bytes.TrimSuffix(line, []byte(`",`))
	}
	hash := sha256.New()
	for _, part := range [][]byte{before, []byte("\n"), after} {
		_, _ = hash.Write(part) // never fails
	}
	if hex.EncodeToString(hash.Sum(nil)) != string(sum) {
		return true, &CorruptError{path, errors.New("it is not what was written")}
	}
	return true, nil
}

// WriteJSON writes a JSON file of the store, which appears whole.
func WriteJSON(path string, v any, step durable.Step) error {
	text, err := marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := durable.WriteFile(path, text, durable.Options{Step: step, Name: "json"}); err != nil {
		return fmt.Errorf("writing %w", err)
	}
	return nil
}

// AppendAt writes a text where what counts of a file ends, whatever comes there that
// a process left that died, and syncs it.
func AppendAt(path string, at int64, text []byte) error {
	file, err := durable.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	defer file.Close()
	err = file.Truncate(at)
	if err == nil {
		_, err = file.WriteAt(text, at)
	}
	if err := errors.Join(err, file.Sync(), durable.SyncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("%s: %w", path, durable.Cause(err))
	}
	return nil
}

// Checksum is the SHA-256 of a value as a JSON file of the store has it, in
// hexadecimal; empty of one that is not JSON.
func Checksum(v any) string {
	text, err := marshal(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// marshal is the text of a JSON file of the store.
func marshal(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return append(text, '\n'), err
}
