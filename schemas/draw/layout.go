// Package draw makes schemas/er.svg, the drawing of the tables by theme. Only
// its test imports it, and calls it to hold the file current.
package draw

import (
	"cmp"
	"math"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// Measures of the drawing in pixels. They and all places are whole numbers, so
// that every machine draws the same.
const (
	row     = 16
	padding = 8
	gap     = 14 // between boxes above each other
	lane    = 90 // between tables beside each other: lines are drawn there only
	left    = 54 // before the first column, for the lines between its tables
	port    = 9  // between the ends of two lines
	border  = 18 // of a theme, around its tables
)

// textWidth is how wide a text is. A letter of a monospaced font is six tenths
// of its size wide in every renderer, so boxes fit whatever font there is.
func textWidth(letters int) int { return (letters*11*6 + 9) / 10 }

// point is a place, from the upper left corner.
type point struct{ x, y int }

// box is a rectangle.
type box struct {
	point
	width, height int
}

func (b box) right() int  { return b.x + b.width }
func (b box) bottom() int { return b.y + b.height }
func (b box) middle() int { return b.y + b.height/2 }

// card is a table as drawn: its name and the columns of its key, or that refer
// to other tables.
type card struct {
	*schemas.Table
	columns []schemas.Column
	column  int // 0 to 3, from the left
	box
}

// layout is a drawing before it is drawn.
//
// It has four columns of tables: in the first and third stand those that do not
// refer to a table of their theme, in the others those that do. All of a column
// are equally wide. A line leaves its tables sideways and turns only between
// two columns, so it crosses no table.
type layout struct {
	box
	cards   map[string]*card
	columns [4]box
	themes  []box // of schemas.Themes
	lines   []line
}

// beside names the theme that a theme stands to the right of; others stand in
// the left half, under each other.
func beside(theme string) string {
	switch theme {
	case "Runs":
		return "Spaces"
	case "Media, polls and places":
		return "Tweets"
	}
	return ""
}

func newLayout() *layout {
	l := &layout{cards: map[string]*card{}, themes: make([]box, len(schemas.Themes()))}
	for _, theme := range schemas.Themes() {
		for _, t := range theme.Tables {
			l.cards[t.Name] = newCard(t, theme)
		}
	}
	l.level()
	l.place(nil)
	// Once it is known where the others are, tables stand in the order of those
	// they refer to.
	pulls := map[string]int{}
	for name := range l.cards {
		pulls[name] = l.pull(name)
	}
	l.place(pulls)
	l.connect()
	return l
}

func newCard(t *schemas.Table, theme schemas.Theme) *card {
	c := &card{Table: t}
	if beside(theme.Name) != "" {
		c.column = 2
	}
	refers := map[string]bool{}
	ends := 0 // of lines from others
	for _, r := range schemas.Relations() {
		if r.To == t.Name {
			ends++
		}
		if r.From != t.Name {
			continue
		}
		refers[r.Column] = true
		if r.To != t.Name && slices.ContainsFunc(theme.Tables, func(t *schemas.Table) bool { return t.Name == r.To }) {
			c.column |= 1
		}
	}
	longest := len(t.Name)
	for _, column := range t.Columns {
		if t.IsKey(column.Name) || refers[column.Name] {
			c.columns = append(c.columns, column)
			longest = max(longest, len(column.Name)+3)
		}
	}
	c.width = textWidth(longest) + 2*padding
	c.height = max(row*(len(c.columns)+1)+padding, port*(ends+1))
	return c
}

// level makes all tables of a column as wide as the widest, and puts the
// columns beside each other.
func (l *layout) level() {
	for _, c := range l.cards {
		column := &l.columns[c.column]
		column.width = max(column.width, c.width)
	}
	x := left + border
	for i := range l.columns {
		l.columns[i].x = x
		x = l.columns[i].right() + lane
	}
	for _, c := range l.cards {
		c.x, c.width = l.columns[c.column].x, l.columns[c.column].width
	}
	l.width = x - lane + border
}

// place says how high everything stands. Tables of a theme stand in the order
// of pulls.
func (l *layout) place(pulls map[string]int) {
	y, tops := 0, map[string]box{}
	for i, theme := range schemas.Themes() {
		if beside(theme.Name) != "" {
			continue
		}
		l.themes[i] = l.placeTheme(theme, y, pulls)
		y = l.themes[i].bottom() + gap
		tops[theme.Name] = l.themes[i]
	}
	l.height = y - gap
	for i, theme := range schemas.Themes() {
		if other := beside(theme.Name); other != "" {
			height := l.placeTheme(theme, 0, pulls).height
			l.themes[i] = l.placeTheme(theme, tops[other].middle()-height/2, pulls)
		}
	}
}

// placeTheme stands the theme's tables under y, its two columns level with
// each other, and returns the box around them.
func (l *layout) placeTheme(theme schemas.Theme, y int, pulls map[string]int) box {
	var columns [2][]*card
	var heights [2]int
	for _, t := range theme.Tables {
		c := l.cards[t.Name]
		columns[c.column%2] = append(columns[c.column%2], c)
		heights[c.column%2] += c.height + gap
	}
	around := box{point: point{x: columns[0][0].x - border, y: y}, height: max(heights[0], heights[1]) - gap + 2*border + row}
	for i, column := range columns {
		slices.SortStableFunc(column, func(a, b *card) int { return cmp.Compare(pulls[a.Name], pulls[b.Name]) })
		at := around.middle() + row/2 - (heights[i]-gap)/2
		for _, c := range column {
			c.y = at
			at += c.height + gap
			around.width = max(around.width, c.right()+border-around.x)
		}
	}
	return around
}

// pull is how high the tables stand, on average, that a table refers to; its
// own height where it refers to none.
func (l *layout) pull(name string) int {
	sum, n := 0, 0
	for _, r := range schemas.Relations() {
		if r.From == name && r.To != name {
			sum, n = sum+l.cards[r.To].middle(), n+1
		}
	}
	if n == 0 {
		return l.cards[name].middle()
	}
	return sum / n
}

// opening is how high the place between two tables of a column is that is
// nearest to the way from one height to another.
func (l *layout) opening(column, from, to int) int {
	best, found := math.MaxInt, 0
	for _, c := range l.cards {
		at := c.bottom() + gap/2
		way := abs(at-from) + abs(at-to)
		if c.column == column && (way < best || way == best && at < found) {
			best, found = way, at
		}
	}
	return found
}

func abs(n int) int { return max(n, -n) }
