package jobs_test

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/spacesetl/spacesetl/schemas"
)

// questionsPage is schemas/QUESTIONS.md: every question with the tables that
// answer it, the query and what it returns.
func questionsPage(results map[string][][]string) string {
	var b strings.Builder
	b.WriteString("# Which table answers which question\n\n" +
		"Made of [queries](queries) and what they return: `go test ./jobs -run TestQueriesReturnTheTruth -update`.\n" +
		"Tables and columns are described in the [data dictionary](README.md), relations in the [diagrams](ER.md).\n\n" +
		"The results are those of the demo's database, `spacesetl demo`. Questions with a † want a store of several runs; they were\n" +
		fmt.Sprintf("asked of one of %d runs, %d hours apart, in a simulated world that goes on. By number or name:\n\n",
			followedRuns, int(followedEvery.Hours())) +
		"```sh\nspacesetl query 09 --store ./spaces\n```\n\n| question | read | query |\n|---|---|---|\n")
	for _, q := range schemas.Queries() {
		fmt.Fprintf(&b, "| [%s](#%s)%s | %s | [%s](queries/%[5]s.sql) |\n", q.Question, anchor(q.Question), mark(q), tableLinks(q.Tables), q.Name)
	}
	for _, q := range schemas.Queries() {
		fmt.Fprintf(&b, "\n## %s\n\n%s%s\n\n```sql\n%s\n```\n```\n%s```\n", q.Question, tableLinks(q.Tables), mark(q), q.SQL, alignedRows(results[q.Name]))
	}
	return b.String()
}

func mark(q schemas.Query) string {
	if q.Runs {
		return " †"
	}
	return ""
}

var notInAnchors = regexp.MustCompile(`[^a-z0-9 _-]`)

// anchor is the fragment that GitHub gives a heading.
func anchor(heading string) string {
	return strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

func tableLinks(names []string) string {
	links := make([]string, len(names))
	for i, name := range names {
		name, args, _ := strings.Cut(strings.TrimPrefix(name, "parquet/"), "(")
		if args != "" {
			args = "(" + args
		}
		links[i] = fmt.Sprintf("[%s%s](README.md#%[1]s)", name, args)
	}
	return strings.Join(links, ", ")
}

var numeric = regexp.MustCompile(`^-?[0-9]*\.?[0-9]*$`)

// alignedRows aligns a result: numbers to the right, all else to the left.
func alignedRows(rows [][]string) string {
	columns := len(rows[0])
	widths, right := make([]int, columns), make([]bool, columns)
	for c := range columns {
		right[c] = true
		for i, row := range rows {
			widths[c] = max(widths[c], terminalWidth(row[c]))
			right[c] = right[c] && (i == 0 || numeric.MatchString(row[c]))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for c, text := range row {
			pad := strings.Repeat(" ", widths[c]-terminalWidth(text))
			if right[c] {
				text = pad + text
			} else {
				text += pad
			}
			line += " | " + text
		}
		b.WriteString(strings.TrimRight(line[3:], " ") + "\n")
	}
	return b.String()
}

// terminalWidth is how many cells of a terminal a text takes.
func terminalWidth(text string) int {
	n, joined := 0, false
	for _, r := range text {
		switch {
		case r == '\u200d':
			joined = true
			continue
		case joined, unicode.Is(unicode.Mn, r), r == '\ufe0f':
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul), r >= 0x1F300 && r < 0x1FB00, r == 'ー':
			n += 2
		default:
			n++
		}
		joined = false
	}
	return n
}
