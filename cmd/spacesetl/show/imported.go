package show

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spacesetl/spacesetl/jobs"
)

// shownUnread is how many entries that could not be read are listed.
const shownUnread = 20

// Imported prints what an import found in files, and what it came to.
func Imported(out io.Writer, r jobs.Imported) error {
	answers := 0
	for _, n := range r.Answers {
		answers += n
	}
	_ = to(out, "%s, %s", Plural(r.Files, "file"), Plural(answers, "answer"))
	if answers > 0 {
		_ = to(out, " from %s to %s UTC", r.First.Format(time.DateTime), r.Last.Format(time.DateTime))
	}
	_ = to(out, "\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, e := range slices.Sorted(maps.Keys(r.Answers)) {
		_ = to(w, "%s\t%s\t\n", e, Thousands(int64(r.Answers[e])))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Repeated > 0 {
		_ = to(out, "there twice: %s\n", Plural(r.Repeated, "answer"))
	}
	for _, why := range slices.Sorted(maps.Keys(r.Passed)) {
		_ = to(out, "passed by: %s (%s)\n", why, Thousands(int64(r.Passed[why])))
	}
	for _, one := range Unread(r) {
		_ = to(out, "%s\n", one)
	}
	switch {
	case r.Already:
		return to(out, "imported already, by run %s\n", r.Run)
	case r.Manifest == nil:
		return nil
	}
	_ = to(out, "\n")
	return Run(out, r.Result)
}

// Unread says what of files could not be read.
func Unread(r jobs.Imported) (lines []string) {
	for i, one := range r.Unread {
		if i == shownUnread {
			return append(lines, fmt.Sprintf("and %s more: --output json lists them", Thousands(int64(len(r.Unread)-i))))
		}
		lines = append(lines, "not read: "+one.Member+": "+one.Reason)
	}
	return lines
}
