package browse

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/schemas"
)

// rowPage is one row with all its columns.
type rowPage struct {
	*relation
	Keys  []cell
	Cells []linkedCell
	More  bool // other rows have the key, too
}

func viewRow(ctx context.Context, t *held, r *http.Request) (view, error) {
	relation := t.catalog.byName[r.PathValue("table")]
	if relation == nil {
		return view{}, &problem{http.StatusNotFound, fmt.Sprintf("there is no table %q", bounded(r.PathValue("table"), 80))}
	}
	keys := r.URL.Query()["k"]
	if len(relation.Key) == 0 || len(keys) != len(relation.Key) {
		return view{}, &problem{http.StatusBadRequest, fmt.Sprintf("a row of %s is named by %d keys", relation.Name, len(relation.Key))}
	}
	l := listing{relation: relation, AsOf: r.URL.Query().Get("ts")}
	p := rowPage{relation: relation}
	for i, name := range relation.Key {
		l.Filters = append(l.Filters, filter{l.column(name), "eq", keys[i]})
		p.Keys = append(p.Keys, cell{Text: keys[i]})
	}
	from, args := l.from()
	var texts []string
	for i, c := range relation.Columns {
		texts = append(texts, fmt.Sprintf("left(CAST(%s AS VARCHAR), %d) AS c%d", schemas.Quote(c.Name), fullChars+1, i))
	}
	g, err := answer.Read(ctx, t.pages, "SELECT "+strings.Join(texts, ", ")+from+" LIMIT 2", answer.Bounds{Rows: 1}, args...)
	if err != nil {
		return view{}, err
	}
	if len(g.Rows) == 0 {
		return view{}, &problem{http.StatusNotFound, fmt.Sprintf("%s has no row %s", relation.Name, bounded(strings.Join(keys, ", "), 200))}
	}
	p.More = g.More
	for i, c := range relation.Columns {
		p.Cells = append(p.Cells, linkedCell{cell: cutChars(g.Rows[0][i], fullChars), column: c, Href: t.catalog.href(relation, c, g.Rows[0][i])})
	}
	return view{Title: "row of " + relation.Name, Nav: "table", Template: "row.html", Data: p}, nil
}
