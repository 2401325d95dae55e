// Package destinations lists where tables can go: flags, job files, help, status and verify
// have them from here.
package destinations

import (
	"strings"

	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/load/postgres"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// All are the destinations, in the order that help has.
func All() []load.Destination {
	return []load.Destination{
		{Name: store.ParquetFiles, Default: true},
		{Name: store.DuckDBFile, Default: true},
		{Name: store.LatestFiles, Doc: "the rows of the database, too, as one Parquet file a table, which a run replaces together"},
		postgres.Listed(),
	}
}

// Elsewhere are those that stand in no store's folder.
func Elsewhere() (some []load.Destination) {
	for _, d := range All() {
		if d.Open != nil {
			some = append(some, d)
		}
	}
	return some
}

// Variables are those of the environment that say where they are.
func Variables() (all []load.Variable) {
	for _, d := range All() {
		all = append(all, d.Variables...)
	}
	return all
}

// Names are the names of all.
func Names() (names []string) {
	for _, d := range All() {
		names = append(names, d.Name)
	}
	return names
}

// Default are the names of those that tables go to where nobody says.
func Default() (names []string) {
	for _, d := range All() {
		if d.Default {
			names = append(names, d.Name)
		}
	}
	return names
}

// Help is what a flag says of them.
func Help() string {
	return "destinations: " + strings.Join(Names(), ", ") + "; `LIST` (default the first two)"
}

// Doc is what the key `to` says of them.
func Doc() string {
	text := "Where tables go"
	for _, d := range All() {
		if d.Doc != "" {
			text += "; `" + d.Name + "`: " + d.Doc
		}
	}
	return text + "."
}
