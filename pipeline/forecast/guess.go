package forecast

import (
	"math"

	"github.com/spacesetl/spacesetl/pipeline/facts"
)

// prior is what is assumed of a rate that was never observed.
type prior struct {
	mean    float64 // per unit
	unknown float64 // standard deviation of what the mean may be
	spread  float64 // standard deviation from unit to unit
	most    float64 // per unit, at most
	likely  float64 // per unit: at most so many times off on either side
}

// fewest is how many observations it takes to trust them.
const fewest = 3

// of returns how many come with x more. What comes with one is taken to be
// independent of what comes with another.
func (p prior) of(r *facts.Rate, x guess) guess {
	mean, likely, unit, unsure := p.mean, p.likely, p.spread*p.spread, p.unknown*p.unknown
	if r != nil && r.N > 0 {
		likely = (r.Y + likely*p.weight()) / (r.X + p.weight())
	}
	if r != nil && r.N >= fewest {
		mean = r.Y / r.X
		// Rare things have not all been seen: one more may come at any time.
		unit = max((r.YY-r.Y*r.Y/r.X)/float64(r.N-1), mean, 1/r.X) * (1 + 4/float64(r.N))
		unsure = unit / r.X
	}
	return guess{
		mean: mean * x.mean, likely: likely * x.likely, most: p.most * x.most,
		variance: unit*x.mean + mean*mean*x.variance + unsure*(x.mean*x.mean+x.variance),
	}
}

// weight is of how many units the guess of what is likely is worth as much: of few
// Spaces, one may have all the tweets.
func (p prior) weight() float64 { return min(p.spread*p.spread/(p.unknown*p.unknown), 4) }

// guess is a number that is not known yet.
type guess struct {
	mean, variance float64
	most           float64
	likely         float64 // near the mean, where that is known
}

func known(n int) guess {
	return guess{mean: float64(n), most: float64(n), likely: float64(n)}
}

func (g guess) plus(other guess) guess {
	// Guesses of one plan err together: add what they err by, not its square.
	sd := math.Sqrt(g.variance) + math.Sqrt(other.variance)
	return guess{g.mean + other.mean, sd * sd, g.most + other.most, g.likely + other.likely}
}

// deviations is how many standard deviations a range reaches to either side:
// with two 19 of 20 numbers are in theirs.
const deviations = 2

// Range is where the number is expected.
func (g guess) Range() Range {
	reach := deviations * math.Sqrt(g.variance)
	return Range{Low: max(0, int64(math.Floor(g.mean-reach))), High: int64(math.Ceil(min(g.mean+reach, g.most, math.MaxInt32)))}
}

// Range is a number known to lie between two others.
type Range struct {
	Low  int64 `json:"low"`
	High int64 `json:"high"`
}

func (r Range) plus(other Range) Range { return Range{r.Low + other.Low, r.High + other.High} }

// batches is how many requests of so many each it takes.
func (r Range) batches(size int64) Range {
	return Range{(r.Low + size - 1) / size, (r.High + size - 1) / size}
}
