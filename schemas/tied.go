package schemas

import (
	"fmt"
	"strings"
	"time"
)

// tie is the name of what is looked up, in a view or macro, to find that it runs in
// its own database. DuckDB's error has it, so it says what to do.
const tie = "_use_its_database_first"

// Tied is the script that makes the views and macros of one database, which id tells
// from every other, copies of it from another time included: lower-case letters, digits
// and _. DuckDB looks for the tables of a macro in the current database, and before 1.2
// for those of a view, too: where the file is attached beside another, that would be the
// other's rows. So they ask for what has id in its name, which DuckDB finds in their own
// database or not at all: that costs nothing when they run. A macro reads a view that has
// it beside the rows, so that both are of one database, whatever the search path. Since
// is that of Macros.
func Tied(id string, since time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE OR REPLACE MACRO %s(%s := false) AS %[2]s;\n", tie, id)
	fmt.Fprintf(&b, "COMMENT ON MACRO %s IS %s;\n\n", tie, QuoteText("Views ask for its parameter, which each publish names anew: another database has none of that name."))
	for _, v := range Views() {
		v.SQL = fmt.Sprintf("SELECT * FROM (\n%s\n) WHERE %s(%s := true)", strings.TrimSpace(v.SQL), tie, id)
		b.WriteString(v.DuckDB())
	}
	for _, m := range Macros(since) {
		key := QuoteText(fmt.Sprintf("%s reads the database in use: USE its own first (%s)", m.Name, id))
		read := View{
			Name: tie + "_for_" + m.Name,
			Doc:  fmt.Sprintf("What %s reads: read %s instead.", m.Name, m.Of.History()),
			SQL:  fmt.Sprintf("SELECT *, {%s: true} AS _database FROM %s", key, Quote(m.Of.History())),
		}
		b.WriteString(read.DuckDB())
		m.SQL = fmt.Sprintf("SELECT * EXCLUDE (_database) FROM %s\nWHERE _database[%s] AND %s", Quote(read.Name), key, m.Where)
		b.WriteString(m.DuckDB())
	}
	return b.String()
}
