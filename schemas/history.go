package schemas

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Columns of versions that the table itself does not have.
const (
	ValidFrom = "valid_from"
	ValidTo   = "valid_to"
	RowHash   = "row_hash"
)

// Adopted is a column of ended versions that the view does not have: true in those that
// are of a database of before revision 4, which kept less of them.
const Adopted = "adopted"

// versioned lists the tables of which a database keeps every version.
func versioned() []*Table {
	return slices.DeleteFunc(slices.Clone(tables), func(t *Table) bool { return t.ended == nil })
}

// EndedTables lists the tables of versions that are over.
func EndedTables() []*Table {
	var all []*Table
	for _, t := range versioned() {
		all = append(all, t.ended)
	}
	return all
}

// ended declares the table of the versions of rows of t that are over. A version of no
// duration tells only since when the one after it is valid.
func ended(t *Table) *Table {
	h := &Table{
		Name: "_" + t.Name + "_ended", Key: append(slices.Clone(t.Key), ValidTo),
		Grain: t.Grain + " and version that is over",
		Doc:   fmt.Sprintf("Versions of the rows of %s that are over: read %s.", t.Name, t.History()),
	}
	for _, name := range t.Content() {
		c := t.Columns[t.Column(name)]
		c.From, c.Doc = Nowhere, "" // as in the table
		h.Columns = append(h.Columns, c)
	}
	h.Columns = append(h.Columns, Column{Name: ValidFrom, Type: Time, From: Nowhere}, Column{Name: ValidTo, Type: Time, From: Nowhere})
	if t.IsEntity() {
		h.Columns = append(h.Columns, Column{Name: RowHash, Type: Int, From: Nowhere})
	}
	h.Columns = append(h.Columns, Column{Name: "_run_id", Type: Text, From: Nowhere}, Column{Name: "_fetched_at", Type: Time, From: Nowhere}, Column{Name: Adopted, Type: Bool, From: Nowhere})
	h.arrow = arrowSchema(h)
	return h
}

// historyView is the view of every version of the rows of t.
func historyView(t *Table) View {
	v := View{Name: t.History(), Versions: true, Doc: fmt.Sprintf("Every version of the rows of %s: one row for each time that a run found the content changed.", t.Name)}
	if !t.IsEntity() {
		v.Doc = fmt.Sprintf("Every row that %s has or had, with when it was first and last seen: one row for each time that it came.", t.Name)
	}
	object, owner := "stored", ""
	if !t.IsEntity() {
		object = "owner"
		owner = fmt.Sprintf("\nLEFT JOIN %s AS owner ON owner.%s = stored.%s", Quote(t.Owner().Name), Quote(t.Owner().Key[0]), Quote(t.OwnerColumn()))
	}
	var now, then []string
	for _, c := range t.ended.Columns {
		if c.Name == Adopted {
			continue
		}
		name := Quote(c.Name)
		value, doc := "stored."+name, ""
		switch c.Name {
		case ValidFrom:
			value, doc = t.Since("stored", object), "When it was first seen like this."
		case ValidTo:
			value, doc = "NULL::TIMESTAMPTZ", "When it was first seen otherwise; NULL for the current version."
		case RowHash:
			value, doc = t.ContentHash("stored"), "Hash of the content: equal content, equal hash."
		case "_run_id":
			doc = "Run that saw it like this last; in a version that ended in a database made before revision 4, first."
		case "_fetched_at":
			doc = "When it was last seen like this, the same way."
		default:
			doc = t.Columns[t.Column(c.Name)].Doc
		}
		v.Columns = append(v.Columns, ViewColumn{c.Name, doc})
		now, then = append(now, value+" AS "+name), append(then, name)
	}
	past := Quote(t.ended.Name)
	v.SQL = fmt.Sprintf(`
SELECT %s FROM %s WHERE %s < %s
UNION ALL
SELECT %s
FROM %s AS stored
LEFT JOIN (SELECT %s, max(%[4]s) AS until FROM %[2]s GROUP BY ALL) AS past ON %[8]s%[9]s`,
		strings.Join(then, ", "), past, ValidFrom, ValidTo, strings.Join(now, ", "), Quote(t.Name), Quote(t.Key...),
		DuckDBRule(nil).equal(t.Key, "past", "stored"), owner)
	return v
}

// Macro is a question with parameters.
type Macro struct {
	Name   string
	Params []string
	Doc    string
	Of     *Table // of whose rows it has versions
	Where  string // which of its history's rows
	SQL    string // one SELECT of DuckDB's dialect
}

// Macros returns the table macros of the database. Unlike a view a macro looks
// for its tables in the current database: see Tied. Where versions that ended before a time
// were removed, since, they do not answer for what was before; its zero value is none.
func Macros(since time.Time) []Macro {
	var macros []Macro
	for _, t := range versioned() {
		where := fmt.Sprintf("%s <= ts::TIMESTAMPTZ AND (%s IS NULL OR %[2]s > ts::TIMESTAMPTZ)", ValidFrom, ValidTo)
		if !since.IsZero() {
			where = fmt.Sprintf("(ts::TIMESTAMPTZ >= %s OR error(%s)) AND %s", QuoteTime(since),
				QuoteText(fmt.Sprintf("%s of before %s were removed: what was then is not known any more", t.History(), since.UTC().Format(time.DateOnly))), where)
		}
		macros = append(macros, Macro{
			Name: t.Name + "_as_of", Params: []string{"ts"},
			Doc: fmt.Sprintf("The rows of %s as they were known at a time: FROM %[1]s_as_of(TIMESTAMPTZ '2026-08-01 12:00:00Z').", t.Name),
			Of:  t, Where: where,
			SQL: fmt.Sprintf("SELECT * FROM %s\nWHERE %s", Quote(t.History()), where),
		})
	}
	return macros
}
