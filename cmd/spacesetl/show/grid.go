package show

import (
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/pipeline/answer"
)

// between stands between two columns.
const between = " | "

// leastWidth is how narrow a column can become.
const leastWidth = 8

// Grid prints the rows of a result as a table. It is not wider than a terminal, which is
// 0 for none: what is too long is cut, and where that leaves too little of the columns,
// each value has a line.
func Grid(out io.Writer, columns []answer.Column, rows [][]answer.Cell, terminal int) error {
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = printable.Line(c.Name)
	}
	table := [][]string{titles}
	for _, row := range rows {
		table = append(table, texts(row))
	}
	widths := make([]int, len(columns))
	for _, row := range table {
		for i, text := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(text))
		}
	}
	var b strings.Builder
	if terminal > 0 && !fit(widths, terminal-len(between)*(len(columns)-1)) {
		writeRecords(&b, table, terminal)
	} else {
		rule := make([]string, len(columns))
		for i := range columns {
			rule[i] = strings.Repeat("-", widths[i])
		}
		for _, row := range slices.Insert(table, 1, rule) {
			writeRow(&b, columns, row, widths)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// texts are values as they are shown: NULL without quotes is none.
func texts(row []answer.Cell) []string {
	texts := make([]string, len(row))
	for i, c := range row {
		switch texts[i] = printable.Line(c.Text); {
		case c.Null:
			texts[i] = "NULL"
		case c.Text == "NULL":
			texts[i] = `"NULL"`
		}
	}
	return texts
}

// fit makes the widest columns narrower until they fit a room, if they can.
func fit(widths []int, room int) bool {
	total := 0
	for i, w := range widths {
		widths[i] = min(w, max(room, leastWidth))
		total += widths[i]
	}
	for ; total > room; total-- {
		widest := slices.Index(widths, slices.Max(widths))
		if widths[widest] <= leastWidth {
			return false
		}
		widths[widest]--
	}
	return true
}

// writeRow writes a line: numbers to the right, all else to the left.
func writeRow(b *strings.Builder, columns []answer.Column, row []string, widths []int) {
	line := ""
	for i, text := range row {
		text = cut(text, widths[i])
		pad := strings.Repeat(" ", widths[i]-uniseg.StringWidth(text))
		if columns[i].Number() {
			line += between + pad + text
		} else {
			line += between + text + pad
		}
	}
	b.WriteString(strings.TrimRight(line[min(len(between), len(line)):], " ") + "\n")
}

// writeRecords writes a line for each value.
func writeRecords(b *strings.Builder, table [][]string, terminal int) {
	left := 0
	for _, title := range table[0] {
		left = max(left, uniseg.StringWidth(title))
	}
	for n, row := range table[1:] {
		if n > 0 {
			b.WriteString("\n")
		}
		for i, text := range row {
			title := table[0][i]
			b.WriteString(title + strings.Repeat(" ", left-uniseg.StringWidth(title)) + between + cut(text, max(terminal-left-len(between), leastWidth)) + "\n")
		}
	}
}

// cut shortens a text to so many cells of a terminal.
func cut(text string, width int) string {
	if uniseg.StringWidth(text) <= width {
		return text
	}
	kept, room := 0, width-1
	for g := uniseg.NewGraphemes(text); g.Next() && g.Width() <= room; {
		room -= g.Width()
		_, kept = g.Positions()
	}
	return text[:kept] + "…"
}

// inMarkdown are the characters that mean something in it.
var inMarkdown = regexp.MustCompile("[\\\\`*\\[\\]<>|~&]")

// Markdown prints the rows of a result as a table of Markdown, in which texts are texts.
func Markdown(out io.Writer, columns []answer.Column, rows [][]answer.Cell) error {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	titles, rules := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		titles[i], rules[i] = inMarkdown.ReplaceAllString(printable.Line(c.Name), `\$0`), "---"
		if c.Number() {
			rules[i] = "--:"
		}
	}
	line(titles)
	line(rules)
	for _, row := range rows {
		cells := texts(row)
		for i := range cells {
			cells[i] = inMarkdown.ReplaceAllString(cells[i], `\$0`)
		}
		line(cells)
	}
	_, err := io.WriteString(out, b.String())
	return err
}
