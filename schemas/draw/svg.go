package draw

import (
	"fmt"
	"html"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// margin is around everything; head is above, for what the drawing says of
// itself.
const (
	margin = 12
	head   = 58
)

// style is for light and dark. Hues tell the themes apart.
const style = `
svg { --page: #ffffff; --card: #ffffff; --text: #1f2328; --dim: #59636e; --line: #6e7781; --light: 93%; --edge: 38%; --deep: 60%; }
@media (prefers-color-scheme: dark) {
  svg { --page: #0d1117; --card: #151b23; --text: #f0f6fc; --dim: #9198a1; --line: #8b949e; --light: 16%; --edge: 65%; --deep: 30%; }
}
text { font: 11px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--text); white-space: pre; }
.page { fill: var(--page); }
.theme { fill: hsl(var(--hue) var(--deep) var(--light)); stroke: hsl(var(--hue) 45% var(--edge)); stroke-opacity: .5; }
.theme-name { font-size: 14px; font-weight: 600; fill: hsl(var(--hue) 60% var(--edge)); paint-order: stroke; stroke: hsl(var(--hue) var(--deep) var(--light)); stroke-width: 5px; stroke-linejoin: round; }
.title { font-size: 14px; font-weight: 600; }
.card { fill: var(--card); stroke: hsl(var(--hue) 45% var(--edge)); }
.rule { stroke: hsl(var(--hue) 45% var(--edge)); }
.name { font-weight: 600; }
a:hover .name, a:focus .name { text-decoration: underline; }
.dim { fill: var(--dim); }
.relation { fill: none; stroke: var(--line); stroke-width: 1.1; }
.relation.outside { stroke-dasharray: 4 3; }
.end { fill: none; stroke: var(--line); stroke-width: 1.1; }
.ring { fill: var(--page); }
`

const markers = `<defs>
<marker id="many" viewBox="0 0 12 12" refX="12" refY="6" markerWidth="12" markerHeight="12" markerUnits="userSpaceOnUse" orient="auto"><path class="end" d="M2 6L12 1M2 6L12 6M2 6L12 11"/></marker>
<marker id="one" viewBox="0 0 12 12" refX="0" refY="6" markerWidth="12" markerHeight="12" markerUnits="userSpaceOnUse" orient="auto"><path class="end" d="M4 2V10M7 2V10"/></marker>
<marker id="maybe" viewBox="0 0 14 12" refX="0" refY="6" markerWidth="14" markerHeight="12" markerUnits="userSpaceOnUse" orient="auto"><path class="end" d="M4 2V10"/><circle class="end ring" cx="9" cy="6" r="3"/></marker>
</defs>
`

// SVG draws the tables. It gives the same bytes each time.
func SVG() string {
	l := newLayout()
	var b strings.Builder
	width, height := l.width+2*margin, l.height+2*margin+head
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title id=\"title\">Tables of spacesetl by theme</title>\n<desc id=\"desc\">%s</desc>\n<style>%s</style>\n%s", html.EscapeString(described()), style, markers)
	fmt.Fprintf(&b, `<rect class="page" width="%d" height="%d" rx="8"/>`+"\n", width, height)
	l.legend(&b)
	fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", margin, margin+head)
	for i, at := range l.themes {
		at.background(&b, hue(i))
	}
	for _, drawn := range l.lines {
		drawn.draw(&b)
	}
	for i, theme := range schemas.Themes() {
		l.themes[i].name(&b, theme.Name, hue(i))
		for _, t := range theme.Tables {
			l.cards[t.Name].draw(&b, hue(i))
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// hue of the n-th theme, in degrees.
func hue(n int) int { return []int{265, 205, 150, 35, 340}[n%5] }

// described is the drawing in words.
func described() string {
	var b strings.Builder
	b.WriteString("Each box is a table with the columns of its key and those that refer to other tables.")
	for _, theme := range schemas.Themes() {
		names := make([]string, len(theme.Tables))
		for i, t := range theme.Tables {
			names[i] = t.Name
		}
		fmt.Fprintf(&b, " %s: %s.", theme.Name, strings.Join(names, ", "))
	}
	return b.String()
}

// legend says how to read it.
func (l *layout) legend(b *strings.Builder) {
	fmt.Fprintf(b, `<text x="%d" y="26" class="title">Tables by theme</text>`+"\n", margin)
	for i, text := range []string{
		"* is part of the key, and so is what a solid line stands for; a broken line is not.",
		"A ring: the row may be missing. Names lead to the data dictionary.",
	} {
		fmt.Fprintf(b, `<text x="%d" y="%d" class="dim">%s</text>`+"\n", margin, 44+row*i, text)
	}
}

// background and name of a theme: lines go over the one and under the other.
func (at box) background(b *strings.Builder, hue int) {
	fmt.Fprintf(b, `<g style="--hue: %d"><rect class="theme" x="%d" y="%d" width="%d" height="%d" rx="8"/></g>`+"\n", hue, at.x, at.y, at.width, at.height)
}

func (at box) name(b *strings.Builder, name string, hue int) {
	fmt.Fprintf(b, `<text class="theme-name" style="--hue: %d" x="%d" y="%d">%s</text>`+"\n", hue, at.x+padding, at.y+15, html.EscapeString(name))
}

func (c *card) draw(b *strings.Builder, hue int) {
	fmt.Fprintf(b, `<g style="--hue: %d"><rect class="card" x="%d" y="%d" width="%d" height="%d" rx="4"><title>%s</title></rect>`+"\n",
		hue, c.x, c.y, c.width, c.height, html.EscapeString(c.Doc))
	fmt.Fprintf(b, `<a href="README.md#%[1]s"><text class="name" x="%d" y="%d">%[1]s</text></a>`, c.Name, c.x+padding, c.y+row-3)
	fmt.Fprintf(b, `<path class="rule" d="M%d %dh%d"/>`+"\n", c.x, c.y+row+2, c.width)
	for i, column := range c.columns {
		sign := "  "
		if c.IsKey(column.Name) {
			sign = "* "
		}
		fmt.Fprintf(b, `<text class="dim" x="%d" y="%d">%s%s</text>`+"\n", c.x+padding, c.y+row*(i+2)+1, sign, column.Name)
	}
	b.WriteString("</g>\n")
}

func (l line) draw(b *strings.Builder) {
	class, start := "relation", "maybe"
	if !l.Identifies {
		class += " outside"
	}
	if l.Certain {
		start = "one"
	}
	fmt.Fprintf(b, `<path class="%s" marker-start="url(#%s)" marker-end="url(#many)" d="M%d %dC`, class, start, l.points[0].x, l.points[0].y)
	for i, p := range l.points[1:] {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(b, "%d %d", p.x, p.y)
	}
	fmt.Fprintf(b, `"><title>%s.%s refers to %s</title></path>`+"\n", l.From, l.Column, l.To)
}
