package usage

import "strings"

// manual is a page under way.
type manual struct{ strings.Builder }

// manText escapes what the formatter would read as its own.
func manText(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "…", "...", "→", `\(->`).Replace(text)
}

func (m *manual) line(text string) { m.WriteString(text + "\n") }

func (m *manual) section(name string) { m.line(".SH " + name) }

// text writes a line that is not a macro, whatever it begins with.
func (m *manual) text(text string) {
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	m.line(text)
}

// paragraph fills lines; those that are indented stand as they are.
func (m *manual) paragraph(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			m.text(manText(line))
		}
	}
}

// item is a term and what it means.
func (m *manual) item(term, meaning string) {
	m.line(".TP")
	m.text(`\fB` + term + `\fR`)
	m.paragraph(meaning)
}

// items are terms and what they mean.
func (m *manual) items(all [][2]string) {
	for _, item := range all {
		m.item(manText(item[0]), item[1])
	}
}

// verbatim are lines as a user writes them.
func (m *manual) verbatim(text string) {
	m.line(".PP")
	m.line(".nf")
	m.line(".RS")
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		m.text(manText(line))
	}
	m.line(".RE")
	m.line(".fi")
}
