// Package draw makes schemas/er.svg, the drawing of the tables by theme. Only
// its test imports it, and calls it to hold the file current: the layout engine
// is Graphviz, and no command needs that.
package draw

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-graphviz"

	"github.com/spacesetl/spacesetl/schemas"
)

// Measures of the drawing in pixels. A letter of a monospaced font is six
// tenths of its size wide in every renderer, so boxes fit whatever font there is.
const (
	letter  = 6.6 // of 11 pixels
	row     = 16.0
	padding = 8.0
	inch    = 72.0 // Graphviz's unit of width and height
)

// point is a place, from the upper left corner.
type point struct{ x, y float64 }

// box is a rectangle.
type box struct {
	point
	width, height float64
}

// card is a table as drawn: its name and the columns of its key, or that refer
// to other tables.
type card struct {
	*schemas.Table
	columns []schemas.Column
	box
}

// line is a relation as drawn: a Bézier curve of 3n+1 points, from the table
// that is referred to.
type line struct {
	schemas.Relation
	points []point
}

// layout is a drawing before it is drawn.
type layout struct {
	box
	cards  map[string]*card
	themes []box // of schemas.Themes
	lines  []line
}

// newLayout asks Graphviz where to put everything.
func newLayout(ctx context.Context) (*layout, error) {
	l := &layout{cards: map[string]*card{}, themes: make([]box, len(schemas.Themes()))}
	for _, t := range schemas.Tables() {
		l.cards[t.Name] = newCard(t)
	}
	text, err := graphvizJSON(ctx, l.dot())
	if err != nil {
		return nil, fmt.Errorf("laying out the tables: %w", err)
	}
	var found answer
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, fmt.Errorf("reading the layout: %w", err)
	}
	l.take(found)
	return l, nil
}

func newCard(t *schemas.Table) *card {
	c := &card{Table: t}
	refers := map[string]bool{}
	for _, r := range schemas.Relations() {
		refers[r.From+" "+r.Column] = true
	}
	longest := len(t.Name)
	for _, column := range t.Columns {
		if t.IsKey(column.Name) || refers[t.Name+" "+column.Name] {
			c.columns = append(c.columns, column)
			longest = max(longest, len(column.Name)+3)
		}
	}
	c.width, c.height = float64(longest)*letter+2*padding, row*float64(len(c.columns)+1)+padding
	return c
}

// dot is the drawing in Graphviz's language.
func (l *layout) dot() string {
	var b strings.Builder
	b.WriteString("digraph { rankdir=LR; nodesep=0.16; ranksep=0.75; splines=spline; node [shape=box fixedsize=true label=\"\"]; edge [arrowhead=none]\n")
	for i, theme := range schemas.Themes() {
		fmt.Fprintf(&b, "subgraph cluster_%d { margin=18 label=\" \" fontsize=12\n", i)
		for _, t := range theme.Tables {
			c := l.cards[t.Name]
			fmt.Fprintf(&b, "%s [width=%.4f height=%.4f]\n", t.Name, c.width/inch, c.height/inch)
		}
		b.WriteString("}\n")
	}
	for i, r := range schemas.Relations() {
		fmt.Fprintf(&b, "%s -> %s [id=%d]\n", r.To, r.From, i)
	}
	b.WriteString("}\n")
	return b.String()
}

func graphvizJSON(ctx context.Context, dot string) ([]byte, error) {
	engine, err := graphviz.New(ctx)
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	graph, err := graphviz.ParseBytes([]byte(dot))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := engine.Render(ctx, graph, "json", &b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// answer is what is needed of Graphviz's JSON. Its y grows upwards.
type answer struct {
	BB      string `json:"bb"`
	Objects []struct {
		Name, Pos, BB string
	} `json:"objects"`
	Edges []struct {
		ID, Pos string
	} `json:"edges"`
}

// take reads the places.
func (l *layout) take(found answer) {
	all := numbers(found.BB)
	top := all[3]
	l.box = box{width: all[2], height: top}
	for _, o := range found.Objects {
		if index, ok := strings.CutPrefix(o.Name, "cluster_"); ok {
			i, bb := int(numbers(index)[0]), numbers(o.BB)
			l.themes[i] = box{point{bb[0], top - bb[3]}, bb[2] - bb[0], bb[3] - bb[1]}
			continue
		}
		c, center := l.cards[o.Name], numbers(o.Pos)
		c.point = point{center[0] - c.width/2, top - center[1] - c.height/2}
	}
	relations := schemas.Relations()
	for _, e := range found.Edges {
		drawn, flat := line{Relation: relations[int(numbers(e.ID)[0])]}, numbers(e.Pos)
		for i := 0; i+1 < len(flat); i += 2 {
			drawn.points = append(drawn.points, point{flat[i], top - flat[i+1]})
		}
		l.lines = append(l.lines, drawn)
	}
}

// numbers reads the numbers of a text, whatever stands between them.
func numbers(text string) []float64 {
	var list []float64
	for _, field := range strings.FieldsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789.-+e", r) }) {
		if n, err := strconv.ParseFloat(field, 64); err == nil {
			list = append(list, n)
		}
	}
	return list
}
