// Package notices has the licences of all that the program links and ships, which
// ask to go where the program goes.
package notices

import _ "embed"

//go:generate go test . -update

var (
	//go:embed modules.txt
	modules string
	//go:embed duckdb.txt
	duckdb string
)

// Text is all licences, each below the names of what it is for: Go's, those of Go
// modules and of scripts in pages, and those of DuckDB and what is linked in it.
func Text() string { return modules + "\n" + duckdb }
