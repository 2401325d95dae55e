package browse

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/schemas"
)

// firstStarters is how many of the starters are shown at once: the README's.
const firstStarters = 5

// starters are statements to begin with: the README's queries, then the others.
func starters() []schemas.Query {
	var first, rest []schemas.Query
	for _, q := range answer.Shipped() {
		switch {
		case slices.Contains([]string{"01-liveliest-spaces", "03-who-speaks-most", "07-topics-and-audiences", "13-tickets", "18-not-given"}, q.Name):
			first = append(first, q)
		default:
			rest = append(rest, q)
		}
	}
	return append(first, rest...)
}

// starter is the SQL of a starter by its number, from 1.
func starter(number string) (sql string, ok bool) {
	all := starters()
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(all) {
		return "", false
	}
	return all[n-1].SQL, true
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
