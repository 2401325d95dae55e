package load

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/schemas"
)

// fill does the jobs, the last one apart, several at a time, large ones first.
func (p *draft) fill(ctx context.Context, db *sql.DB, jobs []job, fillers int) error {
	last := jobs[len(jobs)-1]
	jobs = jobs[:len(jobs)-1]
	slices.SortStableFunc(jobs, func(a, b job) int { return cmp.Compare(b.weight(), a.weight()) })
	db.SetMaxOpenConns(fillers)
	g, filling := errgroup.WithContext(ctx)
	g.SetLimit(fillers)
	for _, some := range together(jobs) {
		g.Go(func() error { return p.do(filling, db, some) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return p.transact(ctx, db, last)
}

// fill writes the SQL that takes the rows of a run into a table without any:
// what merging them would come to, at a third of the time.
func (m merge) fill() []string {
	if m.from == "" {
		return nil
	}
	m.from = m.share.from(m.from, m.claimedBy())
	var columns []string
	for _, c := range m.table.Columns {
		columns = append(columns, c.Name)
	}
	statements := []string{fmt.Sprintf("INSERT INTO %s (%s) SELECT %[2]s FROM %s",
		schemas.Quote(m.table.Name), schemas.Quote(columns...), m.seen())}
	if m.table.History {
		statements = append(statements, history{m.table}.seed())
	}
	return statements
}

// seen selects the new rows without those of lists that were empty later.
func (m merge) seen() string {
	if m.sightings == "" || len(m.lists()) == 0 {
		return m.from
	}
	newer := m.empty(m.sightings)
	if len(newer) == 0 {
		return m.from
	}
	return m.without(newer)
}
