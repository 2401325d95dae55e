package browse

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/schemas"
)

// readme are the names of the README's queries, in its order.
var readme = []string{"01-liveliest-spaces", "03-who-speaks-most", "07-topics-and-audiences", "13-tickets", "18-not-given"}

// saved are the queries that ship: the README's, then the others.
func saved() []schemas.Query {
	var first, rest []schemas.Query
	for _, q := range answer.Shipped() {
		if slices.Contains(readme, q.Name) {
			first = append(first, q)
		} else {
			rest = append(rest, q)
		}
	}
	return append(first, rest...)
}

// example is a statement to begin with for a relation.
func example(r *relation) string {
	from := schemas.Quote(r.Name)
	if unquoted(r.Name) {
		from = r.Name
	}
	if r.Kind == "macro" {
		from += "(now())"
	}
	return fmt.Sprintf("SELECT *\nFROM %s\nLIMIT 100;", from)
}

// unquoted reports whether a name needs no quotes.
func unquoted(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == "" && name != ""
}
