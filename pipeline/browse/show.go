package browse

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"html"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

// functions are those of the templates.
var functions = template.FuncMap{
	"text": showText, "tweet": func(text string) template.HTML { return showText(html.UnescapeString(text)) }, "value": showValue, "full": showFull, "number": showNumber, "when": showTime, "at": showMinute, "took": showTook,
	"plain":    plain,
	"initials": initials, "hue": hue, "table": func(name string, filters ...string) string { return tableLink(name, filtersOf(filters)) },
	"user":     func(id string) string { return "/user/" + url.PathEscape(id) },
	"space":    func(id string) string { return "/space/" + url.PathEscape(id) },
	"topic":    func(id string) string { return "/topic/" + url.PathEscape(id) },
	"duration": showDuration, "share": share, "plural": plural, "count": func(n int) string { return humanize.Comma(int64(n)) },
	"len64": func(r []record) int64 { return int64(len(r)) },
	"add":   func(a, b int) int { return a + b }, "title": roleTitle, "dict": dict,
	"linked": func(c *column, v cell) linkedCell { return linkedCell{cell: v, column: c, Href: personal(c.Ref, v)} },
}

// dict hands several values to a template.
func dict(pairs ...any) map[string]any {
	values := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i].(string)] = pairs[i+1]
	}
	return values
}

// filtersOf makes filters of columns and what they are equal to.
func filtersOf(pairs []string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Add("c", pairs[i])
		q.Add("o", "eq")
		q.Add("v", pairs[i+1])
	}
	return q
}

// showText makes a text safe to look at: it is escaped, and characters that
// cannot be seen, or turn the order of others around, stand there by number.
func showText(text string) template.HTML {
	if strings.IndexFunc(text, hidden) < 0 {
		return template.HTML(template.HTMLEscapeString(text))
	}
	var b strings.Builder
	start := 0
	for i, r := range text {
		if !hidden(r) {
			continue
		}
		b.WriteString(template.HTMLEscapeString(text[start:i]))
		fmt.Fprintf(&b, `<span class="sign" title="a character that cannot be seen">U+%04X</span>`, r)
		start = i + runeBytes(text[i:])
	}
	b.WriteString(template.HTMLEscapeString(text[start:]))
	return template.HTML(b.String())
}

// plain is a text for an attribute, without what cannot be seen.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if hidden(r) {
			return -1
		}
		return r
	}, text)
}

func runeBytes(text string) int {
	_, n := utf8.DecodeRuneInString(text)
	return n
}

// hidden reports whether a character is not what it looks like: controls, and
// what directs the writing. The joiners of emoji and Persian stay.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t' || r == '\r' || r == '\u200D' || r == '\u200C':
		return false
	case r == utf8.RuneError, unicode.IsControl(r):
		return true
	}
	return r >= 0x200B && r <= 0x200F || r >= 0x2028 && r <= 0x202E || r >= 0x2060 && r <= 0x206F || r == 0x061C || r == 0xFEFF
}

// Room is a class for how much of it a text of several words needs.
func (c linkedCell) Room() string {
	switch {
	case len(c.Text) <= 8 || !strings.Contains(c.Text, " "):
		return ""
	case len(c.Text) <= 60:
		return "m"
	}
	return "w"
}

// showValue is a value in a table.
func showValue(c linkedCell) template.HTML { return show(c, false) }

// showFull is a value on a page of its own.
func showFull(c linkedCell) template.HTML { return show(c, true) }

func show(c linkedCell, full bool) template.HTML {
	shown := showText(c.Text)
	switch {
	case c.Null:
		shown = `<span class="null">NULL</span>`
	case c.Text == "":
		shown = `<span class="null">empty</span>`
	case c.column != nil && c.Time():
		shown = showTime(c.cell)
	case (full || c.Neat) && c.column != nil && c.Number():
		shown = showNumber(c.cell)
	case full && strings.HasPrefix(c.Text, "{") && json.Valid([]byte(c.Text)):
		shown = "<pre>" + showText(indented(c.Text)) + "</pre>"
	}
	if c.Cut {
		shown += `<span class="cut" title="the row has all of it">…</span>`
	}
	href := template.HTMLEscapeString(c.Href)
	if href != "" {
		return template.HTML(`<a href="` + href + `">` + string(shown) + `</a>`)
	}
	if address, ok := webAddress(c.cell); ok {
		return template.HTML(`<a href="` + template.HTMLEscapeString(address) + `" target="_blank" rel="noopener noreferrer" class="out">` + string(shown) + `</a>`)
	}
	return shown
}

// webAddress is a value that is an address of the web, and nothing else.
func webAddress(c cell) (string, bool) {
	if c.Cut || !strings.HasPrefix(c.Text, "https://") && !strings.HasPrefix(c.Text, "http://") {
		return "", false
	}
	if strings.ContainsFunc(c.Text, func(r rune) bool { return r <= ' ' || hidden(r) }) {
		return "", false
	}
	u, err := url.Parse(c.Text)
	if err != nil || u.Host == "" || u.User != nil {
		return "", false
	}
	return u.String(), true
}

func indented(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if encoder.Encode(json.RawMessage(text)) != nil {
		return text
	}
	return strings.TrimSpace(b.String())
}

// showNumber puts commas into a number, and rounds it to tenths.
func showNumber(v any) template.HTML {
	switch v := v.(type) {
	case int64:
		return template.HTML(humanize.Comma(v))
	case int:
		return template.HTML(humanize.Comma(int64(v)))
	case cell:
		if v.Null || v.Text == "" {
			return `<span class="null">–</span>`
		}
		if n, err := strconv.ParseInt(v.Text, 10, 64); err == nil {
			return template.HTML(humanize.Comma(n))
		}
		if f, err := strconv.ParseFloat(v.Text, 64); err == nil {
			return template.HTML(humanize.CommafWithDigits(f, 1))
		}
		return showText(v.Text)
	}
	return ""
}

// showMinute is a time in a sentence.
func showMinute(c cell) template.HTML { return shownTime(c, "2 Jan 2006, 15:04") }

// showTime is a time as short as it can be told; all of it is in the element.
func showTime(c cell) template.HTML { return shownTime(c, "2006-01-02 15:04:05") }

func shownTime(c cell, layout string) template.HTML {
	if c.Null || c.Text == "" {
		return `<span class="null">–</span>`
	}
	t, err := time.Parse("2006-01-02 15:04:05.999999Z07", c.Text)
	if err != nil {
		return showText(c.Text)
	}
	if t.IsZero() { // of a run without a page
		return `<span class="null">–</span>`
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s UTC">%s</time>`,
		t.Format(time.RFC3339Nano), t.Format("2006-01-02 15:04:05.999999"), t.Format(layout)))
}

func showTook(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// share is how long a bar is, of 100, for a value of a list that begins with the largest.
func share(rows []record, i int) string {
	return fmt.Sprintf("%.1f", 100*float64(rows[i].Int("people"))/float64(max(rows[0].Int("people"), 1)))
}

// showDuration is a number of minutes in hours.
func showDuration(c cell) string {
	minutes, err := strconv.ParseFloat(c.Text, 64)
	switch {
	case err != nil:
		return "–"
	case minutes < 0:
		return "-" + showDuration(cell{Text: fmt.Sprint(-minutes)})
	case minutes < 60:
		return fmt.Sprintf("%.0f min", minutes)
	}
	return fmt.Sprintf("%d h %02d min", int(minutes)/60, int(minutes)%60)
}

// initials stand for a person: no picture is fetched.
func initials(r record) string {
	name := r["name"].Text
	if strings.TrimSpace(name) == "" {
		name = r["username"].Text
	}
	var letters []rune
	for word := range strings.FieldsSeq(name) {
		for _, l := range word {
			if unicode.IsLetter(l) || unicode.IsNumber(l) {
				letters = append(letters, unicode.ToUpper(l))
				break
			}
		}
		if len(letters) == 2 {
			break
		}
	}
	if len(letters) == 0 {
		return "?"
	}
	return string(letters)
}

// hue is one of eight colours, always the same for an id.
func hue(id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // cannot fail
	return fmt.Sprintf("hue%d", h.Sum32()%8)
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(n) + " " + many
}

// persons are so many people.
func persons(n float64) string { return plural(int64(n), "person", "people") }

// roleTitle is what people of a role are called together.
func roleTitle(role string) string {
	known := map[string]string{"creator": "Creator", "host": "Hosts", "speaker": "Speakers", "invited": "Invited", "buyer": "Ticket buyers"}
	if title, ok := known[role]; ok {
		return title
	}
	return role
}
