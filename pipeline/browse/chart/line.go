// Package chart makes drawings of numbers as SVG of a fixed size, and says in words what
// they show.
package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// Chart is a drawing as the numbers of an SVG, and all of its values as a table.
type Chart struct {
	Title   string // what the values are
	Caption string // what the drawing shows, as a sentence with its number
	Lines   []string
	Dots    []Dot
	Bars    []Bar
	Ticks   []Tick
	From    string // the label at the left
	To      string
	Of      string // heading of the table's first column
	Rows    []Row
	More    int // values that the table leaves out

	High, First, Last Point
	Count             int64
}

// Dot is a value that can be pointed at.
type Dot struct{ X, Y, Label string }

// Bar is a value as a column.
type Bar struct{ X, Y, Width, Height, Middle, Label, Under string }

// Tick is a value at the left of a drawing.
type Tick struct{ Y, Label string }

// Row is a value of the table.
type Row struct{ At, Value string }

// Point is a value of a line.
type Point struct {
	At    time.Time
	Value float64
}

// Size of a drawing in its own units, and the room for labels.
const (
	width, height = 640.0, 170.0
	left, right   = 64.0, 14.0
	top, bottom   = 12.0, 30.0
	mostDots      = 80
	mostRows      = 200
	ticks         = 3
)

// Apart is a gap between any two points: each is drawn by itself.
const Apart = 1

// Line draws points in the order of time. Where two are farther apart than gap nobody
// looked, and the line has a hole; a gap of 0 draws through. It returns nil of no points;
// one point is told, and not drawn.
func Line(title string, points []Point, gap time.Duration) *Chart {
	if len(points) == 0 {
		return nil
	}
	c := &Chart{Title: title, Of: "time (UTC)", Count: int64(len(points)), First: points[0], Last: points[len(points)-1], High: points[0]}
	for _, p := range points {
		if p.Value > c.High.Value {
			c.High = p
		}
		if len(c.Rows) < mostRows {
			c.Rows = append(c.Rows, Row{p.At.Format("2006-01-02 15:04:05"), humanize.Comma(int64(p.Value))})
		}
	}
	c.More = len(points) - len(c.Rows)
	c.From, c.To = label(c.First.At), label(c.Last.At)
	if len(points) == 1 {
		c.Caption = fmt.Sprintf("%s: %s, seen once, at %s.", title, humanize.Comma(int64(c.First.Value)), Said(c.First.At))
		return c
	}
	c.Caption = fmt.Sprintf("%s: at most %s, at %s; %s values, the last %s.", title,
		humanize.Comma(int64(c.High.Value)), Said(c.High.At), humanize.Comma(int64(len(points))), humanize.Comma(int64(c.Last.Value)))
	c.draw(points, gap)
	return c
}

// Said is a time in a sentence.
func Said(t time.Time) string { return t.Format("15:04 UTC on 2 Jan 2006") }

// label is a time at a drawing.
func label(t time.Time) string { return t.Format("2 Jan 2006, 15:04") }

func (c *Chart) draw(points []Point, gap time.Duration) {
	y := c.scale(c.High.Value)
	span := c.Last.At.Sub(c.First.At)
	x := func(t time.Time) float64 {
		if span <= 0 {
			return left + (width-left-right)/2
		}
		return left + (width-left-right)*float64(t.Sub(c.First.At))/float64(span)
	}
	begin := 0
	for i, p := range points {
		if i+1 < len(points) && (gap == 0 || points[i+1].At.Sub(p.At) <= gap) && gap != Apart {
			continue
		}
		var line []string
		for _, p := range points[begin : i+1] {
			line = append(line, fmt.Sprintf("%.1f,%.1f", x(p.At), y(p.Value)))
			if len(points) <= mostDots || begin == i {
				c.Dots = append(c.Dots, Dot{fmt.Sprintf("%.1f", x(p.At)), fmt.Sprintf("%.1f", y(p.Value)), label(p.At) + ": " + humanize.Comma(int64(p.Value))})
			}
		}
		if begin < i {
			c.Lines = append(c.Lines, strings.Join(line, " "))
		}
		begin = i + 1
	}
}

// scale makes the ticks up to a value, and returns where values are.
func (c *Chart) scale(most float64) func(float64) float64 {
	step := niceStep(max(most, 1) / ticks)
	high := math.Ceil(max(most, 1)/step) * step
	y := func(v float64) float64 { return height - bottom - (height-top-bottom)*v/high }
	for v := 0.0; v <= high; v += step {
		c.Ticks = append(c.Ticks, Tick{fmt.Sprintf("%.1f", y(v)), compact(v)})
	}
	return y
}

// Day draws a column for each hour of a day, from its values by hour.
func Day(title string, values [24]float64) *Chart {
	c := &Chart{Title: title, Of: "hour (UTC)"}
	best, total := 0, 0.0
	for hour, v := range values {
		if total += v; v > values[best] {
			best = hour
		}
	}
	if total == 0 {
		return nil
	}
	c.Count = int64(total)
	c.Caption = fmt.Sprintf("Most begin between %02d:00 and %02d:00 UTC: %s of %s.", best, (best+1)%24, humanize.Comma(int64(values[best])), humanize.Comma(int64(total)))
	y := c.scale(values[best])
	room := (width - left - right) / 24
	for hour, v := range values {
		at := left + float64(hour)*room
		b := Bar{fmt.Sprintf("%.1f", at+2), fmt.Sprintf("%.1f", y(v)), fmt.Sprintf("%.1f", room-4), fmt.Sprintf("%.1f", height-bottom-y(v)),
			fmt.Sprintf("%.1f", at+room/2), fmt.Sprintf("%02d:00: %s", hour, humanize.Comma(int64(v))), ""}
		if hour%6 == 0 {
			b.Under = fmt.Sprintf("%02d:00", hour)
		}
		c.Bars = append(c.Bars, b)
		c.Rows = append(c.Rows, Row{fmt.Sprintf("%02d:00", hour), humanize.Comma(int64(v))})
	}
	return c
}

// niceStep is the next larger 1, 2 or 5 times a power of ten.
func niceStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(max(least, 1))))
	for _, times := range []float64{1, 2, 5, 10} {
		if power*times >= least {
			return max(power*times, 1)
		}
	}
	return power * 10
}

// compact is a round number in few letters.
func compact(v float64) string {
	for _, unit := range []struct {
		size float64
		sign string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if v >= unit.size {
			return strconv.FormatFloat(v/unit.size, 'g', 4, 64) + unit.sign
		}
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
