package browse

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// chart is a line of values over time, as the numbers of an SVG.
type chart struct {
	Title  string
	Line   string // points of the line
	Dots   []dot
	Ticks  []tick
	From   string // the time of the first point
	To     string
	Digest string // the chart in words
	Rows   []chartRow
}

type dot struct {
	X, Y  string
	Label string
}

type tick struct{ Y, Label string }

type chartRow struct {
	At    template.HTML
	Value template.HTML
}

// Size of a chart in its own units, and the room for labels.
const (
	chartWidth, chartHeight     = 640.0, 170.0
	chartLeft, chartRight       = 64.0, 14.0
	chartTop, chartBottom       = 12.0, 30.0
	dotsShown                   = 80
	chartTicks              int = 3
)

type point struct {
	at    time.Time
	value float64
}

// newChart draws a column of records with a column "at" in microseconds. It
// returns nil when there is nothing to draw.
func newChart(title string, rows []record, column string) *chart {
	var points []point
	for _, r := range rows {
		value, err := strconv.ParseFloat(r[column].Text, 64)
		if err == nil {
			points = append(points, point{time.UnixMicro(r.Int("at")).UTC(), value})
		}
	}
	if len(points) == 0 {
		return nil
	}
	c := &chart{Title: title}
	c.draw(points)
	c.words(points)
	return c
}

func (c *chart) draw(points []point) {
	most := 1.0
	for _, p := range points {
		most = max(most, p.value)
	}
	step := niceStep(most / float64(chartTicks))
	top := math.Ceil(most/step) * step
	start, span := points[0].at, points[len(points)-1].at.Sub(points[0].at)
	x := func(t time.Time) float64 {
		if span <= 0 {
			return chartLeft + (chartWidth-chartLeft-chartRight)/2
		}
		return chartLeft + (chartWidth-chartLeft-chartRight)*float64(t.Sub(start))/float64(span)
	}
	y := func(v float64) float64 { return chartHeight - chartBottom - (chartHeight-chartTop-chartBottom)*v/top }
	for v := 0.0; v <= top; v += step {
		c.Ticks = append(c.Ticks, tick{fmt.Sprintf("%.1f", y(v)), compact(v)})
	}
	var line strings.Builder
	for _, p := range points {
		fmt.Fprintf(&line, "%.1f,%.1f ", x(p.at), y(p.value))
		if len(points) <= dotsShown {
			label := fmt.Sprintf("%s: %s", p.at.Format("2006-01-02 15:04:05"), humanize.Comma(int64(p.value)))
			c.Dots = append(c.Dots, dot{fmt.Sprintf("%.1f", x(p.at)), fmt.Sprintf("%.1f", y(p.value)), label})
		}
	}
	c.Line = strings.TrimSpace(line.String())
}

// words says what the chart shows.
func (c *chart) words(points []point) {
	first, last := points[0], points[len(points)-1]
	low, high := first.value, first.value
	for _, p := range points {
		low, high = min(low, p.value), max(high, p.value)
		at := cell{Text: p.at.Format("2006-01-02 15:04:05.999999Z07")}
		if len(c.Rows) < dotsShown {
			c.Rows = append(c.Rows, chartRow{showTime(at), showNumber(int64(p.value))})
		}
	}
	layout := "2006-01-02 15:04"
	c.From, c.To = first.at.Format(layout), last.at.Format(layout)
	if len(points) == 1 {
		c.Digest = fmt.Sprintf("%s: %s, seen once, at %s UTC", c.Title, humanize.Comma(int64(first.value)), c.From)
		return
	}
	c.Digest = fmt.Sprintf("%s: %s values from %s to %s UTC, between %s and %s", c.Title, humanize.Comma(int64(len(points))),
		c.From, c.To, humanize.Comma(int64(low)), humanize.Comma(int64(high)))
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
