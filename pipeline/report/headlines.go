package report

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// headline is a sentence or two of the first screen.
type headline struct {
	Name string
	Said []cell
	More string // the panel that tells more
}

// headlines are what a reader asks first.
func (d *data) headlines(ctx context.Context) ([]headline, error) {
	var all []headline
	for _, s := range []struct {
		name, more string
		tell       func(*data) ([]cell, error)
	}{
		{"Live", "live-now", live}, {"Biggest", "participants", biggest}, {"Newest", "newest", newestOf}, {"Unusual", "participants", unusual},
		{"Against earlier runs", "looks", againstRuns}, {"Against earlier days", "hours", againstDays}, {"Best hour", "hours", bestHour}, {"Largest audience", "hosts", largest},
	} {
		said, err := s.tell(d)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			said = sentence("This could not be read: %v", err)
		}
		all = append(all, headline{s.name, said, s.more})
	}
	return all, nil
}

func sentence(format string, args ...any) []cell { return []cell{said(fmt.Sprintf(format, args...))} }

// named is a Space with who set it up.
func (r room) named() []cell {
	named := []cell{spaceCell(r.id, r.title)}
	if r.host != "" {
		named = append(named, said(" by "), userCell(r.host, r.handle))
	}
	return named
}

func (r room) tell(format string, args ...any) []cell {
	return append(r.named(), sentence(format, args...)...)
}

func live(d *data) ([]cell, error) {
	counts, err := d.counts()
	if err != nil {
		return nil, err
	}
	rooms, err := d.rooms()
	if err != nil || len(rooms["live"]) == 0 {
		return sentence("No Space was live when last looked at."), err
	}
	all, first := counts["live"][0], rooms["live"][0]
	begun := sentence("%s live with %s when last looked at (%s), most in ", plural(all.n, "Space was", "Spaces were"), plural(all.people, "person", "people"), d.clock(d.lastLook().at))
	return append(begun, first.tell(": %s.", thousands(first.last))...), nil
}

func biggest(d *data) ([]cell, error) {
	curves, err := d.curves()
	if err != nil {
		return nil, err
	}
	rooms, err := d.rooms()
	if err != nil || len(rooms["biggest"]) == 0 {
		return sentence("No Space with people in it was seen."), err
	}
	first := rooms["biggest"][0]
	when := "when last seen" // as it can say after its end
	for _, c := range curves {
		if c.id == first.id && c.peak == first.people {
			when = "at its peak (" + d.clock(c.peakAt) + ")"
		}
	}
	return first.tell(", %s %s.", plural(first.people, "person", "people"), when), nil
}

func newestOf(d *data) ([]cell, error) {
	rooms, err := d.rooms()
	if err != nil || len(rooms["newest"]) == 0 {
		return sentence("There are no Spaces yet."), err
	}
	first := rooms["newest"][0]
	said := first.status
	switch {
	case first.status == "live":
		said += " with " + plural(first.last, "person", "people")
	case first.status == "scheduled" && first.planned != nil:
		said = "planned for " + d.clock(*first.planned)
	}
	if first.created != nil {
		said = "set up at " + d.clock(*first.created) + ", " + said
	}
	return first.tell(", %s.", said), nil
}

// unusual tells of a Space that drew more than its host's do, or else of the longest.
func unusual(d *data) ([]cell, error) {
	rooms, err := d.rooms()
	if err != nil {
		return nil, err
	}
	if len(rooms["unusual"]) > 0 {
		r := rooms["unusual"][0]
		return r.tell(" drew %s; the %d before by the same host drew %s.", plural(r.people, "person", "people"), r.earlier, between(r.low, r.high)), nil
	}
	counts, err := d.counts()
	if err != nil || len(rooms["longest"]) == 0 {
		return sentence("No host's Space stands out against two or more earlier ones of the same host."), err
	}
	r, all := rooms["longest"][0], counts["minutes"][0]
	if all.n < 5 {
		return sentence("There are too few Spaces to compare one with."), nil
	}
	return r.tell(" ran %s; half of the %s that ended took %s or less.", lengthOf(r.minutes), thousands(all.n), lengthOf(float64(all.people))), nil
}

// between is the range of numbers.
func between(low, high int64) string {
	if low == high {
		return thousands(low)
	}
	return thousands(low) + " to " + thousands(high)
}

// held tells where a number stands among earlier ones.
func held(n int64, earlier []int64) string {
	switch {
	case len(earlier) == 1:
		return ""
	case n > slices.Max(earlier):
		return ": more than any of them"
	case n < slices.Min(earlier):
		return ": less than any of them"
	}
	return ": within that"
}

// againstRuns compares the last look with those of the same hour and weekday, or
// with all before it where there are not two of them.
func againstRuns(d *data) ([]cell, error) {
	looks, err := d.looks()
	if err != nil || len(looks) == 0 {
		return sentence("No run has seen a Space yet."), err
	}
	last := looks[0]
	if len(looks) == 1 {
		return sentence("There are no earlier runs to compare with: this was the first that saw Spaces."), nil
	}
	var all, same []int64
	for _, l := range looks[1:] {
		all = append(all, l.people)
		if at, now := l.at.In(d.zone), last.at.In(d.zone); at.Weekday() == now.Weekday() && at.Hour() == now.Hour() && at.YearDay() != now.YearDay() {
			same = append(same, l.people)
		}
	}
	with, earlier := "the run before had", all
	if len(all) > 1 {
		with = fmt.Sprintf("the %s runs before had", thousands(int64(len(all))))
	}
	if len(same) >= 2 {
		with, earlier = fmt.Sprintf("at that hour of the %d %ss before it was", len(same), last.at.In(d.zone).Weekday()), same
	}
	return sentence("%s in live Spaces at %s; %s %s%s.", plural(last.people, "person was", "people were"), d.clock(last.at), with, between(slices.Min(earlier), slices.Max(earlier)), held(last.people, earlier)), nil
}

// againstDays compares how many Spaces began on the last day with the same weekday
// before, or with all days before where there are not two; each up to the same time.
// Days count that the store has looked at from their beginning.
func againstDays(d *data) ([]cell, error) {
	counts, err := d.counts()
	if err != nil {
		return nil, err
	}
	looks, err := d.looks()
	if err != nil || len(looks) == 0 {
		return sentence("No run has seen a Space yet."), err
	}
	day, by := d.day()
	first := looks[len(looks)-1].began.In(d.zone).Format(time.DateOnly)
	perDay := map[string]int64{}
	for _, c := range counts["day"] {
		perDay[c.name] = c.n
	}
	var all, same []int64
	for n := 1; n <= 28; n++ {
		earlier := day.AddDate(0, 0, -n)
		if earlier.Format(time.DateOnly) <= first {
			break
		}
		all = append(all, perDay[earlier.Format(time.DateOnly)])
		if n%7 == 0 {
			same = append(same, all[n-1])
		}
	}
	until := ""
	if by < 24*time.Hour {
		until = fmt.Sprintf(" by %02d:%02d", int(by.Hours()), int(by.Minutes())%60)
	}
	began := fmt.Sprintf("%s on %s%s", plural(perDay[day.Format(time.DateOnly)], "Space began", "Spaces began"), day.Weekday(), until)
	n := perDay[day.Format(time.DateOnly)]
	switch {
	case len(same) >= 2:
		return sentence("%s; the %d %ss before had %s%s.", began, len(same), day.Weekday(), between(slices.Min(same), slices.Max(same)), held(n, same)), nil
	case len(all) > 1:
		return sentence("%s; the %d days before had %s%s.", began, len(all), between(slices.Min(all), slices.Max(all)), held(n, all)), nil
	case len(all) == 1:
		return sentence("%s; the day before had %s.", began, thousands(all[0])), nil
	}
	return sentence("%s. There is no earlier day, looked at from its beginning, to compare with.", began), nil
}

func bestHour(d *data) ([]cell, error) {
	perHour, err := d.hours()
	if err != nil || perHour.all == 0 {
		return sentence("No Space has begun yet."), err
	}
	busiest, fullest := perHour.busiest(), perHour.fullest()
	told := fmt.Sprintf("Most Spaces begin at %s (%s of %s).", perHour.name(busiest), thousands(perHour.n[busiest]), thousands(perHour.all))
	if fullest >= 0 {
		told += fmt.Sprintf(" The fullest begin at %s: %s on average.", perHour.name(fullest), plural(perHour.average(fullest), "person", "people"))
	}
	return sentence("%s", told), nil
}

func largest(d *data) ([]cell, error) {
	people, err := d.people()
	if err != nil || len(people["hosts"]) == 0 {
		return sentence("Nobody is known yet."), err
	}
	first := people["hosts"][0]
	if first.audience == 0 {
		return sentence("No host is known to have had an audience yet."), nil
	}
	return append([]cell{userCell(first.id, first.username)}, sentence(": %s in %s hosted; the fullest had %s.", plural(first.audience, "person", "people"), plural(first.spaces, "Space", "Spaces"), thousands(first.peak))...), nil
}
