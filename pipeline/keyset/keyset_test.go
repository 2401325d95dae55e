package keyset

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
)

// A set of keys of every form agrees with a map.
func TestKeySetIsASet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	set, want := &Set{}, map[string]bool{}
	for range 200_000 {
		key := strconv.Itoa(random.IntN(50_000))
		switch random.IntN(4) {
		case 0:
			key = "0" + key // not the number without the zero
		case 1:
			key = "1" + strconv.FormatInt(random.Int64N(40_000)+1<<40, 36)
		case 2:
			key = strconv.FormatUint(1_800_000_000_000_000_000+random.Uint64N(60_000), 10)
		}
		if got := set.Add([]byte(key)); got == want[key] {
			t.Fatalf("key %q: new %v, want %v", key, got, !want[key])
		}
		want[key] = true
	}
	for _, key := range []string{"", "0", "00", "18446744073709551616", "-1"} {
		if first, second := set.Add([]byte(key)), set.Add([]byte(key)); first == want[key] || second {
			t.Errorf("key %q: new %v and then %v, want %v and false", key, first, second, !want[key])
		}
	}
}

// BenchmarkAdd adds keys of which four fifths were added before.
func BenchmarkAdd(b *testing.B) {
	for name, format := range map[string]string{"number": "18%017d", "text": "1Sp%010d"} {
		keys := make([][]byte, 1<<20)
		random := rand.New(rand.NewPCG(1, 2))
		for i := range keys {
			keys[i] = fmt.Appendf(nil, format, random.IntN(len(keys)/5))
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			set, i := &Set{}, 0
			for b.Loop() {
				if i%len(keys) == 0 {
					set = &Set{}
				}
				set.Add(keys[i%len(keys)])
				i++
			}
		})
	}
}
