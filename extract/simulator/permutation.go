package simulator

import (
	"math/bits"
	"math/rand/v2"
)

// permutation is a keyed bijection of [0, 1<<(2*half)): a four-round Feistel
// network. It turns small indices into ids that look random and back, so no
// table of ids exists anywhere.
type permutation struct {
	half uint // bits in each half
	keys [4]uint64
}

func newPermutation(seed, purpose uint64, width uint) permutation {
	p := permutation{half: width / 2}
	for i := range p.keys {
		p.keys[i] = mix(seed ^ mix(purpose<<8|uint64(i+1)))
	}
	return p
}

func (p permutation) forward(v uint64) uint64 {
	mask := uint64(1)<<p.half - 1
	l, r := v>>p.half, v&mask
	for _, k := range p.keys {
		l, r = r, l^(mix(r^k)&mask)
	}
	return l<<p.half | r
}

func (p permutation) backward(v uint64) uint64 {
	mask := uint64(1)<<p.half - 1
	l, r := v>>p.half, v&mask
	for i := len(p.keys) - 1; i >= 0; i-- {
		l, r = r^(mix(l^p.keys[i])&mask), l
	}
	return l<<p.half | r
}

// shuffle is a keyed bijection of [0, n): the permutation of the next even
// power of two, walked until it lands inside. At most four steps on average.
type shuffle struct {
	n uint64
	p permutation
}

func newShuffle(seed, purpose, n uint64) shuffle {
	width := uint(bits.Len64(n))
	width += width & 1
	return shuffle{n: n, p: newPermutation(seed, purpose, max(width, 2))}
}

func (s shuffle) forward(v uint64) uint64 {
	for v = s.p.forward(v); v >= s.n; v = s.p.forward(v) {
	}
	return v
}

func (s shuffle) backward(v uint64) uint64 {
	for v = s.p.backward(v); v >= s.n; v = s.p.backward(v) {
	}
	return v
}

// mix is the splitmix64 finaliser.
func mix(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}

// dice is a random source that costs no allocation.
type dice struct{ pcg rand.PCG }

func newDice(seed, purpose, index uint64) dice {
	var d dice
	d.pcg.Seed(mix(seed^mix(purpose)), mix(index)^purpose)
	return d
}

// intn returns a number in [0, n).
func (d *dice) intn(n int) int { return int(d.pcg.Uint64() % uint64(n)) }

// between returns a number in [low, high].
func (d *dice) between(low, high int) int { return low + d.intn(high-low+1) }

func (d *dice) chance(percent int) bool { return d.intn(100) < percent }

func pick[T any](d *dice, list []T) T { return list[d.intn(len(list))] }
