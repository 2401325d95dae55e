package browse

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/schemas"
)

// tablePage is a listing with its rows.
type tablePage struct {
	listing
	Operators []operator
	Heads     []head
	Rows      []tableRow
	Found     int64 // rows that match; -1 where counting takes long
	Total     int64 // rows of the relation; -1 where that takes a query
	First     int   // number of the first row shown, from 1
	Prev      string
	Next      string
	Took      time.Duration
	MaxRows   int
}

// head is a column's header, and the link that sorts by it.
type head struct {
	*column
	Link string
	Dir  string // ascending, descending or empty
}

// tableRow is a row, and the link to all of it.
type tableRow struct {
	Link  string
	Cells []linkedCell
}

// linkedCell is a value, and where it leads.
type linkedCell struct {
	cell
	*column
	Href string
	Neat bool // numbers are for reading, not for copying
}

// Bounds of cells.
const (
	cellChars = 200     // of a value in a table
	fullChars = 200_000 // of a value on the page of its row
)

// viewTable shows a listing; maxRows is how many of its rows a download can have.
func viewTable(ctx context.Context, t *held, r *http.Request, maxRows int) (view, error) {
	relation := t.catalog.byName[r.PathValue("table")]
	if relation == nil {
		return view{}, &problem{http.StatusNotFound, fmt.Sprintf("there is no table %q", bounded(r.PathValue("table"), 80))}
	}
	l, err := parseListing(relation, r.URL.Query())
	if err != nil {
		return view{}, err
	}
	if relation.Kind == "macro" && l.AsOf == "" {
		l.AsOf = time.Now().UTC().Format("2006-01-02 15:04:05Z")
	}
	p := tablePage{listing: l, Operators: operators, Total: relation.Rows, First: (l.Page-1)*l.PerPage + 1, MaxRows: maxRows}
	start := time.Now()
	if err := p.read(ctx, t); err != nil {
		return view{}, err
	}
	p.Took = time.Since(start)
	p.links()
	return view{Title: p.Heading(), Nav: "table", Template: "table.html", Data: p}, nil
}

// read gets the rows of the page, and how many there are in all.
func (p *tablePage) read(ctx context.Context, t *held) error {
	from, args := p.from()
	columns := slices.Clone(p.Shown)
	for _, name := range p.Key {
		columns = append(columns, p.column(name))
	}
	for _, c := range p.Shown {
		if id := p.idOf(c); id != nil {
			columns = append(columns, id)
		}
	}
	var texts []string
	for i, c := range columns {
		texts = append(texts, fmt.Sprintf("left(CAST(%s AS VARCHAR), %d) AS c%d", schemas.Quote(c.Name), cellChars+1, i))
	}
	// The rows are found first: only theirs are made texts of.
	query := fmt.Sprintf("SELECT %s FROM (SELECT *%s%s LIMIT %d OFFSET %d)", strings.Join(texts, ", "), from, p.order(), p.PerPage+1, p.First-1)
	g, err := answer.Read(ctx, t.pages, query, answer.Bounds{Rows: p.PerPage}, args...)
	if err != nil {
		return err
	}
	for _, row := range g.Rows {
		p.Rows = append(p.Rows, p.tableRow(t, row))
	}
	if g.More && p.First+2*p.PerPage-1 <= deepest+p.PerPage {
		next := p.listing
		next.Page++
		p.Next = next.address()
	}
	return p.count(ctx, t, g.More)
}

// counting is how long finding the number of rows may take.
const counting = 400 * time.Millisecond

// count finds how many rows match, if the page does not show it and it does not
// take long.
func (p *tablePage) count(ctx context.Context, t *held, more bool) error {
	if !more && (len(p.Rows) > 0 || p.Page == 1) {
		p.Found = int64(p.First - 1 + len(p.Rows))
		return nil
	}
	if p.Total >= 0 && len(p.Filters) == 0 && p.Search == "" {
		p.Found = p.Total
		return nil
	}
	short, cancel := context.WithTimeout(ctx, counting)
	defer cancel()
	from, args := p.from()
	err := t.pages.QueryRowContext(short, "SELECT count(*)"+from, args...).Scan(&p.Found)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		p.Found, err = -1, nil
	}
	return err
}

func (p *tablePage) tableRow(t *held, cells []cell) tableRow {
	var row tableRow
	ids := cells[len(p.Shown)+len(p.Key):]
	for i, c := range p.Shown {
		href := t.catalog.href(p.relation, c, cells[i])
		if id := p.idOf(c); id != nil {
			href, ids = personal(entityOf[id.Name], ids[0]), ids[1:]
		}
		row.Cells = append(row.Cells, linkedCell{cell: cutChars(cells[i], cellChars), column: c, Href: href, Neat: true})
	}
	keys := cells[len(p.Shown) : len(p.Shown)+len(p.Key)]
	if len(keys) > 0 && !slices.ContainsFunc(keys, func(c cell) bool { return c.Null }) {
		row.Link = rowLink(p.relation, keys, p.AsOf)
	}
	return row
}

// cutChars shortens what was read with one character too many.
func cutChars(c cell, most int) cell {
	if runes := []rune(c.Text); len(runes) > most {
		c.Text, c.Cut = string(runes[:most]), true
	}
	return c
}

// links fills in where the headers and arrows lead.
func (p *tablePage) links() {
	for _, c := range p.Shown {
		sorted := p.listing
		sorted.Sort, sorted.Desc, sorted.Default, sorted.Page = c, false, false, 1
		h := head{column: c}
		if p.Sort == c {
			sorted.Desc = !p.Desc
			h.Dir = map[bool]string{false: "ascending", true: "descending"}[p.Desc]
		}
		h.Link = sorted.address()
		p.Heads = append(p.Heads, h)
	}
	if p.Page > 1 {
		prev := p.listing
		prev.Page--
		p.Prev = prev.address()
	}
}

// Last is the number of the last row shown.
func (p tablePage) Last() int { return p.First + len(p.Rows) - 1 }

// Without is the address without one filter.
func (p tablePage) Without(i int) string {
	l := p.listing
	l.Page, l.Filters = 1, slices.Delete(slices.Clone(l.Filters), i, i+1)
	return l.address()
}

// Plain is the address without search and filters.
func (p tablePage) Plain() string {
	l := p.listing
	l.Page, l.Filters, l.Search = 1, nil, ""
	return l.address()
}

// Download is the address of all rows as a file.
func (p tablePage) Download(format string) string {
	l := p.listing
	l.Page, l.PerPage = 1, perPage
	return (&url.URL{Path: "/table/" + l.Name + "/" + l.Name + "." + format, RawQuery: l.values().Encode()}).String()
}

// IsShown reports whether a column is among those shown.
func (p tablePage) IsShown(c *column) bool { return slices.Contains(p.Shown, c) }

// href is where a value leads: to the page of the Space, the user or the row
// that it is the key of.
func (c *catalog) href(r *relation, col *column, v cell) string {
	target := col.Ref
	if target == "" && len(r.Key) == 1 && r.Key[0] == col.Name {
		target = r.Name
	}
	if page := personal(target, v); page != "" || v.Null || v.Text == "" || len(v.Text) > cellChars {
		return page
	}
	if other := c.byName[target]; other != nil && len(other.Key) == 1 {
		return rowLink(other, []cell{v}, "")
	}
	return ""
}

// personal is the page of a Space, a user or a topic, which are more than a row.
func personal(table string, v cell) string {
	if v.Null || v.Text == "" || len(v.Text) > cellChars {
		return ""
	}
	switch table {
	case "spaces":
		return "/space/" + url.PathEscape(v.Text)
	case "users":
		return "/user/" + url.PathEscape(v.Text)
	case "topics":
		return "/topic/" + url.PathEscape(v.Text)
	}
	return ""
}

// rowLink is the address of the page of a row.
func rowLink(r *relation, keys []cell, asOf string) string {
	q := url.Values{}
	for _, k := range keys {
		q.Add("k", k.Text)
	}
	if r.Kind == "macro" {
		q.Set("ts", asOf)
	}
	return (&url.URL{Path: "/row/" + r.Name, RawQuery: q.Encode()}).String()
}

// tableLink is the address of a listing.
func tableLink(name string, q url.Values) string {
	return (&url.URL{Path: "/table/" + name, RawQuery: q.Encode()}).String()
}

// idOf is the column whose entity a name stands for, in relations that have both.
func (r *relation) idOf(c *column) *column {
	for _, pair := range [][2]string{
		{"title", "space_id"}, {"creator_username", "creator_id"}, {"creator_name", "creator_id"}, {"author_username", "author_id"}, {"author_name", "author_id"},
		{"username", "user_id"}, {"name", "user_id"}, {"name", "topic_id"},
	} {
		if id := r.column(pair[1]); id != nil && pair[0] == c.Name {
			return id
		}
	}
	return nil
}
