package show

import (
	"fmt"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/spacesetl/spacesetl/jobs"
)

// Live are the Spaces that are watched: a line for each, with its title, people, the curve
// of its audience and minutes, in so many columns.
func Live(now *jobs.Watching, columns int) (summary string, lines []string) {
	live, soon := now.Live()
	const numbers = 7 + 2 + 2 + 5 // people, minutes, and what is between
	title := min(max((columns-numbers)/2, 8), 40)
	curve := columns - numbers - title
	spaces, looks := now.Now(curve)
	for _, s := range spaces {
		state := ""
		if s.State != "live" {
			state = " " + s.State
		}
		lines = append(lines, fmt.Sprintf("%s %7s %s%s %4dm", clipped(s.Title, title-len(state))+state, Thousands(s.People),
			strings.Repeat(" ", max(curve-uniseg.StringWidth(s.Curve), 0)), s.Curve, s.Minutes))
	}
	return fmt.Sprintf("watching %d live Spaces, %d about to start, %s sightings", live, soon, Thousands(int64(looks))), lines
}

// People are those in the live Spaces that are watched, by the Spaces' ids.
func People(now *jobs.Watching) map[string]int64 {
	people := map[string]int64{}
	spaces, _ := now.Now(0)
	for _, s := range spaces {
		if s.State == "live" {
			people[s.ID] = s.People
		}
	}
	return people
}

// clipped is a text in exactly so many columns of a terminal.
func clipped(text string, columns int) string {
	text = strings.Join(strings.Fields(text), " ")
	if uniseg.StringWidth(text) > columns {
		var kept strings.Builder
		width := 0
		for g := uniseg.NewGraphemes(text); g.Next() && width+g.Width() < columns; width += g.Width() {
			kept.WriteString(g.Str())
		}
		text = kept.String() + "…"
	}
	return text + strings.Repeat(" ", max(columns-uniseg.StringWidth(text), 0))
}
