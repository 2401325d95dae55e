package merge

import (
	"fmt"

	"github.com/spacesetl/spacesetl/schemas"
)

// place is the column, of what was taken out, that says where a row stands.
const place = "_place"

// places is the temporary table that says where the stored rows of a table stand that were
// taken out.
func places(t *schemas.Table) string { return schemas.Quote("_places_" + t.Name) }

// there is these rows, as they are now, by the alias one.
func there(t *schemas.Table) string {
	return fmt.Sprintf("%s AS one SEMI JOIN %s AS there ON one.rowid = there.%s", schemas.Quote(t.Name), places(t), place)
}

// inserted is the rows that the transaction inserted, by the alias one. DuckDB gives them
// other places when it ends.
func inserted(t *schemas.Table) string {
	return schemas.Quote(t.Name) + " AS one WHERE one.rowid >= 36028797018960000"
}
