package answer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Shipped are the queries that ship, but for those that read files by their names.
func Shipped() []schemas.Query { return slices.DeleteFunc(schemas.Queries(), ReadsFiles) }

// ReadsFiles reports whether a query reads files by their names, which only DuckDB
// itself can, in the store's folder.
func ReadsFiles(q schemas.Query) bool { return strings.Contains(q.SQL, "read_parquet") }

// Named is the query of a number or a name: 9, 09, no-shows, 09-no-shows.
func Named(word string) (schemas.Query, bool) {
	word = strings.ToLower(strings.TrimSuffix(word, ".sql"))
	wanted, err := strconv.Atoi(word)
	for _, q := range schemas.Queries() {
		number, name, _ := strings.Cut(q.Name, "-")
		n, _ := strconv.Atoi(number)
		if word == q.Name || word == name || err == nil && n == wanted {
			return q, true
		}
	}
	return schemas.Query{}, false
}

// Names are the words that Named knows, but for numbers alone.
func Names() (names []string) {
	for _, q := range Shipped() {
		_, name, _ := strings.Cut(q.Name, "-")
		names = append(names, q.Name, name)
	}
	return names
}
