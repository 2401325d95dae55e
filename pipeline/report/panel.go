package report

import (
	"time"
)

// section is one part of the page.
type section struct {
	ID, Title, Lead string
	Panels          []panel
}

// panel is one question and its answer: a chart where there is enough to draw,
// and the table behind it.
type panel struct {
	ID, Title string
	Lead      string // what it shows, in a sentence
	Note      string // what to know when reading it
	Legend    []key
	Chart     *chart
	Table     table
	Meters    []meter
	Empty     string // said instead of a chart and a table without rows
	Wide      bool   // takes the page's whole width
	Tall      bool   // stands beside two others
}

// key explains a colour of a chart: a class of the style sheet.
type key struct{ Class, Text string }

// chart is what the page's script draws.
type chart struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Label string `json:"-"` // its accessible name: what there is to see
	Data  any    `json:"data"`
}

// table is what stands behind a chart, or for itself.
type table struct {
	Caption string
	Columns []column
	Rows    [][]cell
	Open    bool // stands open: there is no chart
}

// column is the head of a column.
type column struct {
	Name   string
	Number bool // set to the right
}

// cell is one value of a table.
type cell struct {
	Text   string
	Number bool
	Time   time.Time // shown unless zero, as Text if there is one
	Theirs bool      // words of strangers: kept apart from the text around it
	Link   string
	Share  float64 // length of a bar behind the number, 0 to 1
	Tone   string  // good, warn or bad
}

// meter is a share of a budget.
type meter struct {
	Name, Text string
	Share      float64 // of the whole; over 1 is shown as 1
	Tone       string
}

func words(names ...string) (columns []column) {
	for _, n := range names {
		columns = append(columns, column{Name: n})
	}
	return columns
}

func numbers(names ...string) (columns []column) {
	for _, n := range names {
		columns = append(columns, column{Name: n, Number: true})
	}
	return columns
}

func said(text string) cell   { return cell{Text: text} }
func theirs(text string) cell { return cell{Text: text, Theirs: true} }
func at(t time.Time) cell     { return cell{Time: t.UTC()} }
func count(n int64) cell      { return cell{Text: thousands(n), Number: true} }
func amount(text string) cell { return cell{Text: text, Number: true} }

// countOf is a number with a bar that shows its share of the most.
func countOf(n, most int64) cell {
	c := count(n)
	if most > 0 {
		c.Share = float64(n) / float64(most)
	}
	return c
}

// bad is a number that should be zero.
func bad(n int64, tone string) cell {
	c := count(n)
	if n > 0 {
		c.Tone = tone
	}
	return c
}

// Addresses on X of a Space and of an account.
func spaceLink(id string) string { return "https://x.com/i/spaces/" + id }
func userLink(id string) string  { return "https://x.com/i/user/" + id }

// spaceCell is a Space's title, with a link to it.
func spaceCell(id, title string) cell {
	c := theirs(title)
	if title == "" {
		c = said("untitled " + id)
	}
	c.Link = spaceLink(id)
	return c
}

// userCell is a person's handle, or the id where the API gave no more.
func userCell(id, username string) cell {
	c := theirs("@" + username)
	if username == "" {
		c = said(id)
	}
	c.Link = userLink(id)
	return c
}
