package browse

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/browse/words"
	"github.com/spacesetl/spacesetl/schemas"
)

// listing is a relation as a person wants to see it. All of it stands in the
// address, so that any can be bookmarked.
type listing struct {
	*relation
	AsOf    string // of a macro
	Search  string
	Filters []filter
	Sort    *column
	Desc    bool
	Default bool // the sort was not asked for
	Shown   []*column
	Chosen  bool // Shown was chosen
	Page    int  // from 1
	PerPage int
}

// Bounds of a listing.
const (
	perPage     = 50
	mostPerPage = 500
	deepest     = 100_000 // rows that can be paged through
	mostFilters = 20
	longestWord = 1000 // bytes of a search or a filter's value
	firstShown  = 8    // columns, unless others are chosen
)

// parseListing reads an address. Names that the relation does not have are a
// *problem, and none reaches a query.
func parseListing(r *relation, q url.Values) (listing, error) {
	l := listing{relation: r, Search: q.Get("q"), AsOf: q.Get("ts"), Page: 1, PerPage: perPage}
	if len(l.Search) > longestWord {
		return l, &problem{http.StatusBadRequest, fmt.Sprintf("a search can have %d bytes", longestWord)}
	}
	for name, into := range map[string]struct {
		n    *int
		most int
	}{"page": {&l.Page, deepest}, "n": {&l.PerPage, mostPerPage}} {
		if text := q.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || n > into.most {
				return l, &problem{http.StatusBadRequest, fmt.Sprintf("%s must be 1 to %d", name, into.most)}
			}
			*into.n = n
		}
	}
	if (l.Page-1)*l.PerPage >= deepest {
		return l, &problem{http.StatusBadRequest, fmt.Sprintf("paging ends after %d rows: search, filter or sort to get to the others", deepest)}
	}
	if err := l.parseFilters(q["c"], q["o"], q["v"]); err != nil {
		return l, err
	}
	return l, l.parseColumns(q)
}

func (l *listing) parseFilters(columns, ops, values []string) error {
	if len(columns) > mostFilters || len(columns) != len(ops) || len(columns) != len(values) {
		return &problem{http.StatusBadRequest, "the address does not say which column, how and what in each filter"}
	}
	for i, name := range columns {
		if name == "" {
			continue
		}
		f := filter{l.column(name), ops[i], values[i]}
		if f.Column == nil {
			return l.noColumn(name)
		}
		if _, ok := operatorOf(f.Op); !ok || len(f.Value) > longestWord {
			return &problem{http.StatusBadRequest, "there is no such filter"}
		}
		l.Filters = append(l.Filters, f)
	}
	return nil
}

func (l *listing) noColumn(name string) error {
	return &problem{http.StatusBadRequest, fmt.Sprintf("%s has no column %q", l.Name, bounded(name, 80))}
}

func (l *listing) parseColumns(q url.Values) error {
	asked := q.Get("sort")
	name, desc := strings.CutPrefix(cmp.Or(asked, words.Lists[l.Name].Sort), "-")
	if l.Sort = l.column(name); l.Sort != nil {
		l.Desc, l.Default = desc, asked == ""
	} else if asked != "" {
		return l.noColumn(name)
	}
	for _, name := range q["col"] {
		c := l.column(name)
		if c == nil {
			return l.noColumn(name)
		}
		if !slices.Contains(l.Shown, c) {
			l.Shown = append(l.Shown, c)
		}
	}
	l.Chosen = len(l.Shown) > 0
	if !l.Chosen {
		l.Shown = l.first()
	}
	return nil
}

// first are the columns shown unless others are chosen: those of its list, and those that rows are sorted and filtered by.
func (l *listing) first() []*column {
	var shown []*column
	for _, name := range words.Lists[l.Name].Columns {
		if c := l.column(name); c != nil {
			shown = append(shown, c)
		}
	}
	if len(shown) == 0 {
		shown = firstPlain(l.Columns)
	}
	asked := []*column{l.Sort}
	for _, f := range l.Filters {
		asked = append(asked, f.Column)
	}
	for _, c := range asked {
		if c != nil && !slices.Contains(shown, c) {
			shown = append(shown, c)
		}
	}
	return shown
}

// firstPlain are the first columns, without those that say when and where a row
// was seen.
func firstPlain(columns []*column) []*column {
	var shown []*column
	for _, c := range columns {
		if len(shown) < firstShown && !slices.Contains(lineage, c.Name) && c.Name != "extras" {
			shown = append(shown, c)
		}
	}
	if len(shown) == 0 {
		return columns
	}
	return shown
}

// values is the listing as an address has it.
func (l listing) values() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"q": l.Search, "ts": l.AsOf} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for _, f := range l.Filters {
		q.Add("c", f.Column.Name)
		q.Add("o", f.Op)
		q.Add("v", f.Value)
	}
	if l.Sort != nil && !l.Default {
		q.Set("sort", map[bool]string{true: "-"}[l.Desc]+l.Sort.Name)
	}
	if l.Chosen {
		for _, c := range l.Shown {
			q.Add("col", c.Name)
		}
	}
	if l.PerPage != perPage {
		q.Set("n", strconv.Itoa(l.PerPage))
	}
	if l.Page > 1 {
		q.Set("page", strconv.Itoa(l.Page))
	}
	return q
}

// address is a link to the listing.
func (l listing) address() string { return tableLink(l.Name, l.values()) }

// from is the FROM and WHERE of the listing's rows, and the values in it.
func (l listing) from() (string, []any) {
	text, args := " FROM "+l.relation.from(), []any{}
	if l.Kind == "macro" {
		args = append(args, l.AsOf)
	}
	var conditions []string
	for _, f := range l.Filters {
		condition, values := f.condition()
		conditions, args = append(conditions, condition), append(args, values...)
	}
	if l.Search != "" {
		var any []string
		for _, c := range l.Columns {
			if c.Searched() {
				any, args = append(any, c.contains()), append(args, l.Search)
			}
		}
		conditions = append(conditions, "("+strings.Join(append(any, "false"), " OR ")+")")
	}
	if len(conditions) > 0 {
		text += " WHERE " + strings.Join(conditions, " AND ")
	}
	return text, args
}

// order sorts by what was chosen, then by the key, so that pages do not
// overlap.
func (l listing) order() string {
	var by []string
	if l.Sort != nil {
		direction := " ASC NULLS LAST"
		if l.Desc {
			direction = " DESC NULLS LAST"
		}
		by = append(by, schemas.Quote(l.Sort.Name)+direction)
	}
	for _, name := range l.Key {
		if l.column(name) != nil && (l.Sort == nil || l.Sort.Name != name) {
			by = append(by, schemas.Quote(name))
		}
	}
	if len(by) == 0 {
		by = append(by, schemas.Quote(l.Columns[0].Name))
	}
	return " ORDER BY " + strings.Join(by, ", ")
}

// Heading says which rows the listing has, and in which order.
func (l listing) Heading() string {
	text := l.Title()
	switch {
	case l.Sort == nil:
	case l.Default:
		text += ", " + words.Lists[l.Name].Order
	default:
		order := map[bool]string{false: "A to Z", true: "Z to A"}
		if l.Sort.Number() {
			order = map[bool]string{false: "smallest first", true: "largest first"}
		} else if l.Sort.Time() {
			order = map[bool]string{false: "oldest first", true: "newest first"}
		}
		text += ", by “" + l.Sort.Label() + "”, " + order[l.Desc]
	}
	for _, f := range l.Filters {
		text += " · " + f.Column.Label() + " " + f.Label()
		if !f.Alone() {
			text += " " + bounded(f.Value, 60)
		}
	}
	return text
}
