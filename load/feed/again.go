package feed

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/load/merging"
	"github.com/spacesetl/spacesetl/schemas"
)

// Where there are no transactions, a run is merged into copies of the rows that it is about.
// When these are done, a row in a table says so; then they take the place of the rows that
// they were copied from. A script that dies before that row has changed nothing, and what is
// done behind it the next script does again, which comes to the same.

// ready has the run whose rows are merged and may not all be in their place.
const ready = "_ready"

// spaces are the objects that are told to be gone, in absences.
const (
	spaces   = "spaces"
	absences = "space_absences"
)

// work names the copy of rows of a table.
func work(table string) string { return "_work_" + table }

// scope names the table of the objects that a run is about.
func scope(t *schemas.Table) string { return "_scope_" + t.Name }

// kept are the tables that outlive a script that dies.
func (s *script) kept() (all []table) {
	all = append(all, table{name: ready, columns: loadsTable().columns[:2], key: []string{"run_id", "content"}})
	for _, t := range stored() {
		t.name = work(t.name)
		all = append(all, t)
	}
	for _, t := range schemas.Tables() {
		if t.IsEntity() {
			all = append(all, table{name: scope(t), columns: []schemas.Column{t.Columns[t.Column(t.Key[0])]}, key: t.Key})
		}
	}
	return all
}

// owners are the tables of the objects that rows of a table belong to, and the column with
// their key; none for what is logged.
func owners(t *schemas.Table) (of []*schemas.Table, column string) {
	if t.IsEntity() {
		return []*schemas.Table{t}, t.Key[0]
	}
	for _, parent := range schemas.Tables() {
		if schemas.ListPlace(parent, t, func(name string) string { return name }) != "" {
			of, column = append(of, parent), merging.Owner(t)
		}
	}
	return of, column
}

// copies are the tables whose rows are copied with those of a table.
func copies(t *schemas.Table) (all []table) {
	for _, one := range stored() {
		if one.name == t.Name || t.IsEntity() && one.name == t.Sightings().Name || t.Versioned && one.name == t.Ended().Name {
			all = append(all, one)
		}
	}
	return all
}

// copy copies the rows that a run is about.
func (s *script) copy(run string, staged map[string]bool) {
	d := &s.Dialect
	for _, t := range s.kept()[1:] {
		s.say(d.empty(d.name(t.name)))
	}
	for _, t := range schemas.Tables() {
		if selects := s.objects(t, run, staged); selects != nil {
			s.say(fmt.Sprintf("INSERT INTO %s SELECT DISTINCT * FROM (\n%s\n) AS one", d.name(scope(t)), strings.Join(selects, "\nUNION ALL ")))
		}
	}
	for _, t := range schemas.Tables() {
		if !s.touches(t, staged) {
			continue
		}
		where := s.about(t)
		if where == "" {
			where = s.logged(t, feeding, merging.Staged(t), staged[t.Name])
			if t.Name == absences {
				where += fmt.Sprintf(" OR %s IN (SELECT one.%[1]s FROM %s AS one)", d.name("space_id"), d.name(scope(schemas.Lookup(spaces))))
			}
		}
		for _, c := range copies(t) {
			names := d.names("", namesOf(c))
			s.say(fmt.Sprintf("INSERT INTO %s (%s)\nSELECT %[2]s FROM %s WHERE %s", d.name(work(c.name)), names, d.name(c.name), where))
		}
	}
}

// objects selects the keys of the objects of a table that a run is about.
func (s *script) objects(t *schemas.Table, run string, staged map[string]bool) (selects []string) {
	d := &s.Dialect
	from := func(table *schemas.Table, column string) {
		if staged[table.Name] {
			selects = append(selects, fmt.Sprintf("SELECT %s AS %s FROM %s", d.name(column), d.name(t.Key[0]), d.name(merging.Staged(table))))
		}
	}
	if !t.IsEntity() {
		return nil
	}
	for _, other := range schemas.Tables() {
		if of, column := owners(other); slices.Contains(of, t) {
			from(other, column)
		}
	}
	if t.Name == spaces {
		from(schemas.Lookup(absences), t.Key[0])
		selects = append(selects, fmt.Sprintf("SELECT %s FROM %s WHERE %s IN (SELECT now.run_id FROM %s AS now)", d.name(t.Key[0]), d.name(absences), d.name("_run_id"), d.name(feeding)))
	}
	return selects
}

// touches reports whether a run may be about rows of a table; nil staged is any run.
func (s *script) touches(t *schemas.Table, staged map[string]bool) bool {
	of, _ := owners(t)
	if staged == nil || of == nil {
		return true
	}
	return slices.ContainsFunc(of, func(t *schemas.Table) bool { return s.objects(t, "", staged) != nil })
}

// about is the condition that a row belongs to the objects that a run is about; empty for
// what is logged.
func (s *script) about(t *schemas.Table) string {
	d := &s.Dialect
	of, column := owners(t)
	var any []string
	for _, parent := range of {
		any = append(any, fmt.Sprintf("%s IN (SELECT one.%s FROM %s AS one)", d.name(column), d.name(parent.Key[0]), d.name(scope(parent))))
	}
	return strings.Join(any, " OR ")
}

// logged is the condition that a row of what is logged is of a run, or has the key of one in
// another table.
func (s *script) logged(t *schemas.Table, run, rows string, keyed bool) string {
	d := &s.Dialect
	where := fmt.Sprintf("%s IN (SELECT now.run_id FROM %s AS now)", d.name("_run_id"), d.name(run))
	if keyed {
		key := d.names("", t.Key)
		if len(t.Key) > 1 {
			key = "(" + key + ")"
		}
		where += fmt.Sprintf(" OR %s IN (SELECT %s FROM %s AS one)", key, d.names("one", t.Key), d.name(rows))
	}
	return where
}

// apply puts the rows that are ready into their place; twice comes to the same. It is about
// the tables that a run touches; all, where staged is nil.
func (s *script) apply(staged map[string]bool) {
	d := &s.Dialect
	is := fmt.Sprintf("1 IN (SELECT 1 FROM %s AS now)", d.name(ready))
	for _, t := range schemas.Tables() {
		if !s.touches(t, staged) {
			continue
		}
		where := s.about(t)
		if where == "" {
			where = s.logged(t, ready, work(t.Name), true)
		}
		for _, c := range copies(t) {
			names := d.names("", namesOf(c))
			s.say(d.where(d.name(c.name), c.key, fmt.Sprintf("(%s) AND %s", where, is)))
			s.say(fmt.Sprintf("INSERT INTO %s (%s)\nSELECT %[2]s FROM %s WHERE %s", d.name(c.name), names, d.name(work(c.name)), is))
		}
	}
	s.say(d.delete(d.name(loads), loadsTable().key[:1], fmt.Sprintf("SELECT now.run_id FROM %s AS now", d.name(ready))))
	s.say(fmt.Sprintf("INSERT INTO %s (run_id, content, loaded_at) SELECT now.run_id, now.content, %s FROM %s AS now", d.name(loads), d.now, d.name(ready)))
	s.say(d.empty(d.name(ready)))
}

func namesOf(t table) []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.Name
	}
	return names
}
