package schemas

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// List is one of the lists of a kind of object: the rows of a child table that
// belong together, and are replaced together.
type List struct {
	Table   *Table
	Set     map[string]string // the constant columns of its rows
	Sources []Source          // where in the object it stands
}

// listsOf finds the lists of a table's objects. A table added to the end of the
// declarations adds its lists to the end.
func listsOf(t *Table, tables []*Table) (lists []List) {
	for _, child := range tables {
		for _, s := range child.Sources {
			if s.Object != t.Object {
				continue
			}
			i := slices.IndexFunc(lists, func(l List) bool { return l.Table == child && maps.Equal(l.Set, s.Set) })
			if i < 0 {
				i = len(lists)
				lists = append(lists, List{Table: child, Set: s.Set})
			}
			lists[i].Sources = append(lists[i].Sources, s)
		}
	}
	return lists
}

// Outer are the paths of the list in the object itself: of a list inside the
// elements of another those of that one, with which it comes and goes.
func (s Source) Outer() []string {
	paths := s.Paths()
	for i, path := range paths {
		paths[i], _, _ = strings.Cut(path, "[].")
	}
	return paths
}

// sightings declares the table of the sightings that rows of t are made of.
func sightings(t *Table) *Table {
	s := &Table{
		Name: "_" + t.Name + "_sightings", Key: append(slices.Clone(t.Key), "_run_id", "_page_id"),
		Grain: t.Grain + " and sighting that tells what no newer one does",
		Doc:   "What rows of " + t.Name + " are made of where it takes several sightings, such as of pages that asked for different fields.",
	}
	for _, c := range t.Columns {
		c.From, c.Doc = Nowhere, "" // as in the table
		s.Columns = append(s.Columns, c)
	}
	s.arrow = arrowSchema(s)
	return s
}

// SightingTables lists the tables of sightings.
func SightingTables() []*Table {
	var all []*Table
	for _, t := range tables {
		if t.sightings != nil {
			all = append(all, t.sightings)
		}
	}
	return all
}

// ListPlace is SQL for the place of a list's digit among those of an object of a table: of the
// list in a child table that the columns of the alias list tell, 0 of one of other objects.
// It is empty where objects of the table have no list there. A name makes an identifier.
func ListPlace(t, child *Table, name func(string) string) string {
	cases := ""
	for i, l := range t.lists {
		if l.Table != child {
			continue
		}
		same := "1 = 1"
		for _, column := range slices.Sorted(maps.Keys(l.Set)) {
			same += fmt.Sprintf(" AND list.%s = %s", name(column), QuoteText(l.Set[column]))
		}
		cases += fmt.Sprintf(" WHEN %s THEN %d", same, i+1)
	}
	if cases == "" {
		return ""
	}
	return "CASE" + cases + " ELSE 0 END"
}
