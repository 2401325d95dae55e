package pipeline

import "math"

// Rate says how many of one thing came with another, such as tweets with a
// Space: what is needed to say how many come with so many more.
type Rate struct {
	N  int64   `json:"n"`  // observations
	X  float64 `json:"x"`  // sum of what was asked for
	Y  float64 `json:"y"`  // sum of what came
	YY float64 `json:"yy"` // sum of y²/x over the observations
}

// add adds an observation: y came with x.
func (r *Rate) add(x, y int) {
	if x <= 0 {
		return
	}
	r.N++
	r.X += float64(x)
	r.Y += float64(y)
	r.YY += float64(y) * float64(y) / float64(x)
}

// fewest is how many observations a range is made from: below that it is as if
// there were none.
const fewest = 2

// among returns how many come with x more, where each brings most at most:
// the interval of a prediction, three standard deviations to either side and
// more while observations are few. It takes what came to be independent, with
// a variance that grows with x.
func (r *Rate) among(x Range, most float64) Range {
	if r == nil || r.N < fewest {
		return Range{0, ceil(float64(x.High) * most)}
	}
	mean := r.Y / r.X
	// Rare things have not all been seen: one more may come at any time.
	variance := max((r.YY-r.Y*r.Y/r.X)/float64(r.N-1), mean, 1/r.X)
	z := 3 + 12/float64(r.N)
	spread := func(x float64) float64 { return z * math.Sqrt(variance*(x+x*x/r.X)) }
	low, high := float64(x.Low), float64(x.High)
	return Range{
		Low:  max(0, int64(math.Floor(mean*low-spread(low)))),
		High: min(ceil(mean*high+spread(high)), ceil(high*most)),
	}
}

func ceil(v float64) int64 {
	if v > math.MaxInt32 {
		return math.MaxInt32
	}
	return int64(math.Ceil(v))
}

// Range is a number known to lie between two others.
type Range struct {
	Low  int64 `json:"low"`
	High int64 `json:"high"`
}

func exactly(n int) Range { return Range{int64(n), int64(n)} }

func (r Range) plus(other Range) Range { return Range{r.Low + other.Low, r.High + other.High} }

// batches is how many requests of so many each it takes.
func (r Range) batches(size int64) Range {
	return Range{(r.Low + size - 1) / size, (r.High + size - 1) / size}
}
