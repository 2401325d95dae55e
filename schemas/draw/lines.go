package draw

import (
	"cmp"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// line is a relation as drawn: Bézier curves of 3n+1 points, from the table
// that is referred to.
type line struct {
	schemas.Relation
	points []point
}

// connect draws the lines. At a side of a table that is referred to they stand
// in the order of their other ends.
func (l *layout) connect() {
	relations := schemas.Relations()
	slices.SortStableFunc(relations, func(a, b schemas.Relation) int { return cmp.Compare(l.start(a).y, l.start(b).y) })
	type side struct {
		table string
		x     int
	}
	count, used := map[side]int{}, map[side]int{}
	for _, r := range relations {
		count[side{r.To, l.end(r, 0, 1).x}]++
	}
	for _, r := range relations {
		at := side{r.To, l.end(r, 0, 1).x}
		used[at]++
		l.lines = append(l.lines, line{r, l.route(r, l.end(r, used[at], count[at]), l.start(r))})
	}
}

// start is where the line of a relation leaves the column that refers.
func (l *layout) start(r schemas.Relation) point {
	from, to := l.cards[r.From], l.cards[r.To]
	i := slices.IndexFunc(from.columns, func(c schemas.Column) bool { return c.Name == r.Column })
	at := point{from.x, from.y + row*(i+2) - 3}
	if to.column > from.column || to.column == from.column && to.column > 0 {
		at.x = from.right()
	}
	return at
}

// end is where it comes to the table that is referred to, as the n-th of some
// lines. Those from its own column have the upper rows only: beside the others
// its own lines begin.
func (l *layout) end(r schemas.Relation, n, of int) point {
	from, to := l.cards[r.From], l.cards[r.To]
	at := point{to.x, to.y + to.height*n/(of+1)}
	if from.column > to.column || from.column == to.column && to.column > 0 {
		at.x = to.right()
	}
	if from.column == to.column {
		at.y = to.y + 2*row*n/(of+1)
	}
	return at
}

// route goes from a to b, between the tables of the columns that lie there.
func (l *layout) route(r schemas.Relation, a, b point) []point {
	from, to := l.cards[r.To].column, l.cards[r.From].column
	points := []point{a}
	if from == to {
		out := 20 + abs(a.y-b.y)/12
		if from == 0 {
			out = -out
		}
		return append(points, point{a.x + out, a.y}, point{b.x + out, b.y}, b)
	}
	step := 1
	if to < from {
		step = -1
	}
	for between := from + step; between != to; between += step {
		in := point{l.columns[between].x, l.opening(between, a.y, b.y)}
		out := point{l.columns[between].right(), in.y}
		if step < 0 {
			in, out = out, in
		}
		points = bend(bend(points, in), out)
	}
	return bend(points, b)
}

// bend adds a curve to p that begins and ends level.
func bend(points []point, p point) []point {
	last := points[len(points)-1]
	middle := (last.x + p.x) / 2
	return append(points, point{middle, last.y}, point{middle, p.y}, p)
}
