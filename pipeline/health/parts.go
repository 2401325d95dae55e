package health

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// partList is the Parquet files of a run as a note has them: thirty a run. Between
// commas stand "@2026-08-01 0", the folder's day or month, or nothing where it is that of
// the table, and the number of the files that follow, and "users 12 3456": a table, rows
// and bytes.
type partList string

// listParts is the list of the files of a run; ok is false where it does not hold what
// there is to say.
func listParts(runID string, parts []schemas.Part) (list partList, ok bool) {
	var text strings.Builder
	last := ""
	for _, part := range parts {
		one := listedOf(runID, part)
		if folder := "@" + one.when + " " + one.number; folder != last {
			text.WriteString(folder + ",")
			last = folder
		}
		fmt.Fprintf(&text, "%s %d %d,", one.table, one.rows, one.bytes)
	}
	list = partList(text.String())
	var again []string
	ok = list.each(func(one listed) { again = append(again, one.path(runID)) })
	return list, ok && slices.EqualFunc(again, parts, func(path string, part schemas.Part) bool { return path == part.Path })
}

// listed is a file of a list.
type listed struct {
	table, when, number string
	rows, bytes         int64
}

// listedOf is a file that the manifest of a run lists.
func listedOf(runID string, part schemas.Part) listed {
	_, folder, name, _ := store.CutPath(part.Path)
	_, when, _ := strings.Cut(folder, "=")
	number := strings.TrimSuffix(strings.TrimPrefix(name, runID+"-"), ".parquet")
	return listed{part.Table, when, number, part.Rows, part.Bytes}
}

// path is that of the file, below the Parquet folder.
func (l listed) path(runID string) string { return string(l.appendPath(nil, runID)) }

func (l listed) appendPath(text []byte, runID string) []byte {
	text = append(text, l.table...)
	switch len(l.when) {
	case len(time.DateOnly):
		text = append(append(text, "/run_date="...), l.when...)
	case len("2006-01"):
		text = append(append(text, "/run_month="...), l.when...)
	}
	text = append(append(append(text, '/'), runID...), '-')
	return append(append(text, l.number...), ".parquet"...)
}

// each calls a function with each file; ok is false of what is no list.
func (l partList) each(do func(listed)) (ok bool) {
	var one listed
	folder := false // it was said
	for text := string(l); text != ""; {
		if text[0] == '@' {
			said, rest, found := strings.Cut(text[1:], ",")
			one.when, one.number, _ = strings.Cut(said, " ")
			if !found || !isWhen(one.when) || !digits(one.number) {
				return false
			}
			text, folder = rest, true
			continue
		}
		n := 0
		for n < len(text) && isTableByte(text[n]) {
			n++
		}
		one.table, text = text[:n], text[n:]
		var rowsOK, bytesOK bool
		one.rows, text, rowsOK = number(text, ' ')
		one.bytes, text, bytesOK = number(text, ' ')
		if n == 0 || !rowsOK || !bytesOK || !folder || text == "" || text[0] != ',' {
			return false
		}
		text = text[1:]
		do(one)
	}
	return true
}

// isWhen reports whether a text can be the day or month of a folder.
func isWhen(text string) bool {
	switch len(text) {
	case 0:
		return true
	case len(time.DateOnly), len("2006-01"):
		return digits(strings.ReplaceAll(text, "-", ""))
	}
	return false
}

// number cuts a sign and a number off a text.
func number(text string, sign byte) (n int64, rest string, ok bool) {
	if text == "" || text[0] != sign {
		return 0, text, false
	}
	i := 1
	for ; i < len(text) && '0' <= text[i] && text[i] <= '9' && n < 1<<48; i++ {
		n = 10*n + int64(text[i]-'0')
	}
	return n, text[i:], i > 1
}

func isTableByte(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' }

func digits(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool { return c < '0' || c > '9' })
}
