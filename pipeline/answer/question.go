package answer

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/load/duckdb"
)

// Question is what is asked of a store's tables: a SELECT of a person's, the rows of a
// table, or a SELECT of our own.
type Question struct {
	SQL    string
	Values map[string]string // of the parameters $name in it; texts
	Rows   *Rows             // instead of SQL
	Ours   bool              // SQL is our own, and not checked
	Args   []string          // of the ? in our own

	Form   string // of Forms, for a file; "" for texts in memory
	Most   int    // rows of a file; 0 for all
	Bounds Bounds // of the texts
}

// Reply is what came of a question.
type Reply struct {
	Columns []Column // of texts
	Grid    Grid
	Cut     bool // the file has Most rows, and there are more
}

// Answer has the file made, or the texts.
func (q Question) Answer(ctx context.Context, r *duckdb.Reader, file string) (Reply, error) {
	args := q.args()
	inner, above, err := q.inner(ctx, r, args)
	if err != nil {
		return Reply{}, lost(r, err)
	}
	reply, err := Reply{}, error(nil)
	if form, ok := FormNamed(q.Form); ok {
		reply.Cut, err = form.write(ctx, r, inner, file, q.Most, args)
	} else {
		reply.Columns, reply.Grid, err = texts(ctx, r, inner, q.Bounds, args)
	}
	return reply, lost(r, moved(err, above))
}

// lost is what is wrong with a file, where that is why there is no answer.
func lost(r *duckdb.Reader, err error) error {
	for _, wrong := range r.Lost {
		if err != nil && strings.Contains(err.Error(), wrong.Error()) {
			return wrong
		}
	}
	return err
}

// inner is the SELECT without its end, and how many lines stand above the person's text
// where it stands in parentheses.
func (q Question) inner(ctx context.Context, r *duckdb.Reader, args []any) (inner string, above int, err error) {
	switch {
	case q.Ours:
		return q.SQL, 1, nil
	case q.Rows != nil:
		inner, err = q.Rows.of(ctx, r)
		return inner, 2, err
	}
	inner, err = check(ctx, r, q.SQL, args)
	return inner, 1, err
}

func (q Question) args() (all []any) {
	for _, value := range q.Args {
		all = append(all, value)
	}
	for _, name := range slices.Sorted(maps.Keys(q.Values)) {
		all = append(all, sql.Named(name, q.Values[name]))
	}
	return all
}

// given names parameters without a value, and values without a parameter.
func given(parameters []string, args []any) error {
	var values []string
	for _, arg := range args {
		values = append(values, arg.(sql.NamedArg).Name)
	}
	missing := func(names, from []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(from, name) })
	}
	if unknown := missing(values, parameters); len(unknown) > 0 {
		it := "it has none"
		if len(parameters) > 0 {
			it = "it has $" + strings.Join(parameters, ", $")
		}
		return &StatementError{Message: fmt.Sprintf("the query has no parameter $%s: %s", strings.Join(unknown, ", $"), it)}
	}
	if without := missing(parameters, values); len(without) > 0 {
		return &StatementError{Message: fmt.Sprintf("the query has a parameter $%s: write a value in its place, or give it one with query --param %[1]s=…", without[0])}
	}
	return nil
}
