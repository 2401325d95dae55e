package feed

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Known is what a target says that it has.
type Known struct {
	Runs    map[string]string          // with the checksums of their content
	Columns map[string]map[string]bool // of its tables
}

// Loads is the script that asks a target what it has.
func (d *Dialect) Loads() string {
	var b strings.Builder
	b.WriteString(d.client)
	columns := d.columns
	if columns == "" {
		columns = d.describe()
	}
	for _, statement := range []string{
		d.session,
		d.create(loadsTable()),
		fmt.Sprintf("SELECT 'spacesetl ' || 'run ' || run_id || ' ' || content || ' .' FROM %s ORDER BY run_id", d.name(loads)),
		columns,
		fmt.Sprintf("SELECT 'spacesetl ' || 'runs ' || CAST(count(*) AS %s) || ' .' FROM %s", d.castText, d.name(loads)),
	} {
		if statement != "" {
			b.WriteString(statement + ";\n")
		}
	}
	return b.String()
}

// columnsOf asks for the columns of tables, by what has them as table_name and column_name.
func columnsOf(from string) string {
	return "SELECT 'spacesetl ' || 'column ' || table_name || ' ' || column_name || ' .' FROM " + from
}

// describe asks for the columns of the tables, which have to be there for that.
func (d *Dialect) describe() string {
	var all []string
	for _, t := range append(stored(), new(script).kept()...) {
		all = append(all, d.create(t), "SELECT 'spacesetl ' || 'table "+t.name+" .'", "DESCRIBE TABLE "+d.name(t.name))
	}
	return strings.Join(all, ";\n")
}

// said is a line of what Loads selects, whatever the client draws around it.
// After that of a table come its columns, each with a type.
var said = regexp.MustCompile(`spacesetl (run|column|runs|table) (\S+)(?: (\S*))? \.|(?m:^[|\s]*(\w+)[|\s]+(?:string|bigint|double|boolean|timestamp)\b)`)

// ReadKnown reads what a client wrote that was given Loads.
func ReadKnown(output string) (*Known, error) {
	k := &Known{Runs: map[string]string{}, Columns: map[string]map[string]bool{}}
	runs, table := -1, ""
	for _, m := range said.FindAllStringSubmatch(output, -1) {
		switch m[1] {
		case "run":
			k.Runs[m[2]] = m[3]
		case "column":
			k.add(m[2], m[3])
		case "table":
			table = m[2]
		case "":
			if table != "" {
				k.add(table, m[4])
			}
		case "runs":
			runs, _ = strconv.Atoi(m[2])
		}
	}
	if runs < 0 {
		return nil, fmt.Errorf("this is not what the query of spacesetl feed --show-loads selects: its last line says how many runs there are")
	}
	if runs != len(k.Runs) {
		return nil, fmt.Errorf("of %d runs that it has the target names %d: the client has to print all rows", runs, len(k.Runs))
	}
	return k, k.check()
}

func (k *Known) add(table, column string) {
	if k.Columns[table] == nil {
		k.Columns[table] = map[string]bool{}
	}
	k.Columns[table][column] = true
}

// check returns why the target is not one to feed.
func (k *Known) check() error {
	for _, t := range stored() {
		there, ok := k.Columns[t.name]
		if !ok {
			continue
		}
		if k.Columns[stored()[0].name] == nil {
			return fmt.Errorf("it has a table %s that no feed made: use a database, or a schema, of its own", t.name)
		}
		for name := range there {
			if !slices.ContainsFunc(t.columns, func(c schemas.Column) bool { return c.Name == name }) {
				return fmt.Errorf("its table %s has a column %s: a newer version of spacesetl fed it, or somebody added it; use that version, or drop it", t.name, name)
			}
		}
	}
	return nil
}
