// Package load says what a destination of tables is, for who makes one and for who loads
// runs into it. Each is a package below; destinations lists them.
package load

import (
	"context"

	"github.com/spacesetl/spacesetl/schemas"
)

// Destination is where tables can go.
type Destination struct {
	Name    string // as jobs, flags, manifests and commands have it
	Doc     string // what the key `to` says of it, beside its name; may be empty
	Default bool   // where a job does not say where to

	// The rest is of those that stand elsewhere than in the store's folder.

	Title     string                  // as messages have it
	Open      func(Settings) Database // connects when the first call needs it; nil for those in the folder
	Flag      string                  // that says where the tables are; empty without one
	Mend      string                  // what to do where it does not answer
	Variables []Variable
}

// Variable is one of the environment that says where a destination is.
type Variable struct {
	Name   string
	Doc    string // for the manual; empty for a name that others document
	Secret bool   // is kept from other programs
}

// Settings are what a job says of a destination.
type Settings struct {
	Where string              // what Destination.Flag says; empty for its default
	Env   func(string) string // looks up a variable of the environment; nil for none
}

// Database takes in runs, one after the other, from their Parquet files.
type Database interface {
	// Prepare takes in a run, whose paths are relative to dir, and changes nothing that
	// anybody sees. Commit does that at once, and Close gives up what was not committed.
	Prepare(ctx context.Context, l schemas.Load, dir string) error
	Commit(context.Context) error
	Close() error
	// Runs are those it has, with the checksums of their content.
	Runs(context.Context) (map[string]string, error)
	// Lost are the values of the last run that it has no room for, by table and column.
	Lost() map[string]int64
	Where() string // its tables are, in words
	Look() string  // is a command that shows some rows
}
