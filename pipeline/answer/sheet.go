package answer

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Sheet is CSV that a spreadsheet opens without harm: a text that it would take for a
// formula, a number or a date has an apostrophe in front, and so has one that begins
// with an apostrophe. Whoever takes the first apostrophe away has the text again.
//
// An id written ="123" would look better in a cell, but it is a formula, which Excel
// alone computes, and whose digits are lost once the table is saved as CSV again.
const Sheet = "excel.csv"

// armed is what a text begins with that a spreadsheet does not leave as it is: a formula
// behind whatever cannot be seen, a line that would begin a cell, a number, a month.
const armed = `^([\s\p{Z}\p{C}]*[=+\-@'＝＋－＠]|[\t\r\n]|[\s\p{Z}\p{C}.,(%$€£¥]*[0-9]|(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zA-Z]*[ .,/\-]*[0-9])`

const (
	longestCell = 32_000              // characters; a cell of Excel's has 32,767 half-words
	widest      = 999_999_999_999_999 // that Excel has all digits of
)

var armedText = regexp.MustCompile(armed)

// disarmed is the title of a column as a text in a sheet.
func disarmed(text string) string {
	if armedText.MatchString(text) {
		return "'" + text
	}
	return text
}

// inSheets is a value as a spreadsheet shows it.
func inSheets(c Column) string {
	name := schemas.Quote(c.Name)
	switch {
	case c.Type == "TIMESTAMPTZ":
		return "strftime(" + name + " AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S')"
	case strings.HasPrefix(c.Type, "TIMESTAMP") && !isList(c.Type):
		return "strftime(" + name + ", '%Y-%m-%d %H:%M:%S')"
	case whole(c.Type):
		return fmt.Sprintf("CASE WHEN %s NOT BETWEEN -%d AND %[2]d THEN '''' ELSE '' END || %[1]s", name, widest)
	case Numeric(c.Type), c.Type == "BOOLEAN", c.Type == "DATE", c.Type == "TIME":
		return name
	}
	text := fmt.Sprintf("left(CAST(%s AS VARCHAR), %d)", name, longestCell)
	return fmt.Sprintf("CASE WHEN regexp_matches(%s, %s) THEN '''' ELSE '' END || %[1]s", text, schemas.QuoteText(armed))
}
