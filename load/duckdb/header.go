package duckdb

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// Header is the beginning of a database file.
type Header struct {
	Storage uint64 // version of the format
	Library string // version of DuckDB that wrote the file, such as v1.4.3
}

// magicAt and the rest say where things stand in a database's first bytes.
const (
	magicAt   = 8
	storageAt = 12
	libraryAt = 52
	libraryTo = 84
)

// ReadHeader reads the header of a database file, which needs no lock.
func ReadHeader(path string) (Header, error) {
	file, err := durable.Open(path)
	if err != nil {
		return Header{}, err
	}
	defer file.Close()
	start := make([]byte, libraryTo)
	if _, err := io.ReadFull(file, start); err != nil || string(start[magicAt:storageAt]) != "DUCK" {
		return Header{}, fmt.Errorf("%s: is not a DuckDB database", path)
	}
	library, _, _ := bytes.Cut(start[libraryAt:], []byte{0})
	return Header{Storage: binary.LittleEndian.Uint64(start[storageAt:]), Library: string(library)}, nil
}

// Reader is the oldest DuckDB that reads the file; empty when it is not known.
func (h Header) Reader() string {
	switch h.Storage {
	case 64:
		return "1.0.0" // 0.9 and 0.10 call theirs 64, too, and do not know all of it
	case 65:
		return "1.2.0"
	case 66:
		return "1.3.0"
	case 67:
		return "1.4.0"
	}
	return ""
}

// LibraryVersion is the version of the DuckDB that is linked in.
func LibraryVersion(ctx context.Context) (version string, err error) {
	db, err := connect("", nil)
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT version()").Scan(&version)
	return version, err
}

// MergeBytes is the free space that a merge of so many bytes of files into a
// database takes at most: the private copy, unless the file system shares its
// blocks, and what the merge adds.
func MergeBytes(database, parts int64) int64 { return database + growth*parts }

// growth is how much larger rows are in the database than in Parquet files,
// with their versions and what a merge frees only later.
const growth = 8
