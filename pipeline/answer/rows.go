package answer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/schemas"
)

// Rows are those of a table or a view, or what they are about.
type Rows struct {
	Name  string
	IDs   bool      // of them, once each
	Since time.Time // that they were seen; zero for all
	Where string    // a person's condition; "" for none
}

// sightings are columns with the time of a row, the one that tells most first.
var sightings = []string{"last_seen_at", "_fetched_at", "observed_at", "event_at"}

// of is the SELECT of the rows. The condition begins its second line.
func (r *Rows) of(ctx context.Context, tables *duckdb.Reader) (string, error) {
	from := "FROM " + schemas.Quote(r.Name)
	columns, err := columnsOf(ctx, tables, from, nil)
	if err != nil {
		return "", err
	}
	what, conditions, order := "*", []string{"true"}, ""
	if !r.Since.IsZero() {
		at := slices.IndexFunc(sightings, func(name string) bool {
			return slices.ContainsFunc(columns, func(c Column) bool { return c.Name == name })
		})
		if at < 0 {
			return "", &StatementError{Message: fmt.Sprintf("--since: the rows of %s have no time: use --where", r.Name)}
		}
		conditions = append(conditions, schemas.Quote(sightings[at])+" >= TIMESTAMPTZ "+schemas.QuoteText(r.Since.UTC().Format(time.RFC3339Nano)))
	}
	if r.IDs {
		at := slices.IndexFunc(columns, func(c Column) bool {
			return c.Name[0] != '_' && (strings.HasSuffix(c.Name, "_id") || c.Name == "media_key")
		})
		if at < 0 {
			return "", &StatementError{Message: fmt.Sprintf("--format ids: the rows of %s have none", r.Name)}
		}
		id := schemas.Quote(columns[at].Name)
		what, order = "DISTINCT "+id, " ORDER BY "+id
		conditions = append(conditions, id+" IS NOT NULL")
	}
	if r.Where != "" {
		// By itself it closes no parenthesis that it has not opened, and in some it is
		// no more than a condition.
		for _, condition := range []string{"\n" + r.Where, " (\n" + r.Where + "\n)"} {
			if _, err := check(ctx, tables, from+" WHERE"+condition, nil); err != nil {
				return "", moved(err, 1)
			}
		}
		conditions = append(conditions, "(\n"+r.Where+"\n)")
	}
	return "SELECT " + what + " " + from + " WHERE " + strings.Join(conditions, " AND ") + order, nil
}
