package health

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// partList is the Parquet files of a run as a note has them: thirty a run. Between
// commas stand "@2026-08-01 0", the day and the number of the files that follow, and
// "users 12 3456": a table, rows and bytes.
type partList string

// pathOf is that of a file of a run.
func pathOf(table, day, runID, number string) string {
	return table + "/run_date=" + day + "/" + runID + "-" + number + ".parquet"
}

// listParts is the list of the files of a run; ok is false where it does not hold what
// there is to say.
func listParts(runID string, parts []schemas.Part) (list partList, ok bool) {
	var text strings.Builder
	last := ""
	for _, part := range parts {
		_, rest, _ := strings.Cut(part.Path, "/run_date=")
		day, name, _ := strings.Cut(rest, "/")
		number := strings.TrimSuffix(strings.TrimPrefix(name, runID+"-"), ".parquet")
		if folder := "@" + day + " " + number; folder != last {
			text.WriteString(folder + ",")
			last = folder
		}
		fmt.Fprintf(&text, "%s %d %d,", part.Table, part.Rows, part.Bytes)
		if pathOf(part.Table, day, runID, number) != part.Path {
			return "", false
		}
	}
	list = partList(strings.TrimSuffix(text.String(), ","))
	again, ok := list.parts(runID, nil)
	return list, ok && len(again) == len(parts)
}

// parts appends the files of a run to some; ok is false of what is no list.
func (l partList) parts(runID string, all []schemas.Part) (_ []schemas.Part, ok bool) {
	var day, number string
	for rest := string(l); rest != ""; {
		var one string
		one, rest, _ = strings.Cut(rest, ",")
		table, counts, _ := strings.Cut(one, " ")
		if folder, isFolder := strings.CutPrefix(table, "@"); isFolder {
			day, number = folder, counts
			if !digits(strings.ReplaceAll(day, "-", "")) || !digits(number) {
				return all, false
			}
			continue
		}
		rowText, byteText, _ := strings.Cut(counts, " ")
		rows, rowErr := strconv.ParseUint(rowText, 10, 48)
		size, sizeErr := strconv.ParseUint(byteText, 10, 48)
		if rowErr != nil || sizeErr != nil || day == "" || strings.ContainsFunc(table, notOfTable) {
			return all, false
		}
		all = append(all, schemas.Part{Table: table, Path: pathOf(table, day, runID, number), Rows: int64(rows), Bytes: int64(size)})
	}
	return all, true
}

func notOfTable(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' }

func digits(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool { return c < '0' || c > '9' })
}
