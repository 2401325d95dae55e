package report

import (
	"context"
	"fmt"
	"slices"
)

// hourly is how many Spaces began in one hour of the week.
type hourly struct {
	Day    int64 `json:"day"` // 1 is Monday
	Hour   int64 `json:"hour"`
	N      int64 `json:"n"`
	people int64
}

// perHour are the Spaces that began in each hour of the day.
type perHour struct {
	zone      string
	n, people [24]int64
	all       int64
}

// week are the Spaces that began, by hour of the week.
func (d *data) week() ([]hourly, error) {
	counts, err := d.counts()
	var all []hourly
	for _, c := range counts["week"] {
		h := hourly{N: c.n, people: c.people}
		if _, err := fmt.Sscan(c.name, &h.Day, &h.Hour); err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, err
}

func (d *data) hours() (perHour, error) {
	p := perHour{zone: d.zone.String()}
	week, err := d.week()
	for _, h := range week {
		p.n[h.Hour] += h.N
		p.people[h.Hour] += h.people
		p.all += h.N
	}
	return p, err
}

func (p perHour) name(hour int) string { return fmt.Sprintf("%02d:00 %s", hour, p.zone) }

func (p perHour) average(hour int) int64 { return p.people[hour] / max(p.n[hour], 1) }

func (p perHour) busiest() (best int) {
	for hour, n := range p.n {
		if n > p.n[best] {
			best = hour
		}
	}
	return best
}

// fullest is the hour whose Spaces draw most on average, of those that have a
// fair number of them; -1 where fewer than two have.
func (p perHour) fullest() int {
	best, several := -1, 0
	for hour, n := range p.n {
		if n >= max(3, p.all/100) && p.people[hour] > 0 {
			if several++; best < 0 || p.average(hour) > p.average(best) {
				best = hour
			}
		}
	}
	if several < 2 {
		return -1
	}
	return best
}

// hourData is a column of the chart of hours.
type hourData struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
	N     int64  `json:"n"`
}

// hours draws how full Spaces are that begin at each hour.
func hours(_ context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Empty = "hours", "Best hours", "No Space has begun yet."
	all, err := d.hours()
	if err != nil || all.all == 0 {
		return err
	}
	busiest, fullest := all.busiest(), all.fullest()
	p.Lead = fmt.Sprintf("Most Spaces begin at %s (%s of %s).", all.name(busiest), thousands(all.n[busiest]), thousands(all.all))
	p.Table = table{Caption: "Spaces by the hour they begin, " + all.zone, Columns: slices.Concat(words("Begin at"), numbers("Spaces", "People on average"))}
	var bars []hourData
	for hour, n := range all.n {
		average := amount("–")
		if n > 0 {
			average = count(all.average(hour))
		}
		p.Table.Rows = append(p.Table.Rows, []cell{said(fmt.Sprintf("%02d:00", hour)), countOf(n, all.n[busiest]), average})
		bars = append(bars, hourData{fmt.Sprintf("%02d:00", hour), all.average(hour), n})
	}
	if fullest < 0 {
		p.Lead += " There are too few to say which are fullest."
		return nil
	}
	p.Lead += fmt.Sprintf(" The fullest are those that begin at %s, with %s at their peak on average.", all.name(fullest), plural(all.average(fullest), "person", "people"))
	p.Note = "Columns are people at the peak, on average. Pale ones are of fewer than three Spaces."
	p.Chart = &chart{p.ID, "columns", "Columns of the average number of people by the hour Spaces begin at. " + p.Lead, bars}
	return nil
}

var weekdays = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// week draws when Spaces begin, once there are days enough to compare.
func week(_ context.Context, d *data, p *panel) error {
	p.ID, p.Title, p.Empty = "week", "When Spaces begin", "No Space has begun yet."
	all, err := d.week()
	if err != nil || len(all) == 0 {
		return err
	}
	var grid [7][24]int64
	var perDay [7]int64
	var sum int64
	days := 0
	for _, h := range all {
		if perDay[h.Day-1] == 0 {
			days++
		}
		grid[h.Day-1][h.Hour] = h.N
		perDay[h.Day-1] += h.N
		sum += h.N
	}
	busiest, day := all[0], slices.Index(perDay[:], slices.Max(perDay[:]))
	p.Lead = fmt.Sprintf("Most Spaces begin on %s (%s of %s); the busiest hour of the week is %s at %02d:00 %s (%s).", weekdays[day], thousands(perDay[day]), thousands(sum),
		weekdays[busiest.Day-1], busiest.Hour, d.zone, thousands(busiest.N))
	p.Table = table{Caption: "Spaces begun by weekday and hour, " + d.zone.String(), Columns: words("Hour")}
	for _, day := range weekdays {
		p.Table.Columns = append(p.Table.Columns, column{day[:3], true})
	}
	for hour := range 24 {
		row := []cell{said(fmt.Sprintf("%02d:00", hour))}
		for day := range 7 {
			row = append(row, count(grid[day][hour]))
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	if days < 4 {
		p.Lead = fmt.Sprintf("%s known to have begun, on %s of the week: too few to draw a week of.", plural(sum, "Space is", "Spaces are"), plural(int64(days), "day", "days"))
		return nil
	}
	p.Chart = &chart{p.ID, "week", "Heat map of hours and days, " + d.zone.String() + ". " + p.Lead, all}
	p.Legend = []key{{"k-h0", "none"}, {"k-h2", "some"}, {"k-h5", "most"}}
	return nil
}
