package pipeline

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// What claims keep in a mark a key agrees with a map, with few different fields and
// with more than there are marks.
func TestSightingsSettleTheirKeyOnly(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, kinds := range []int{3, 5000} {
		fields := make([]uint64, kinds)
		for i := range fields {
			fields[i] = random.Uint64() & random.Uint64()
		}
		c, want := &shardClaims{claims: newClaims()}, map[string]uint64{}
		table := &schemas.Table{}
		for range 100_000 {
			key := strconv.Itoa(random.IntN(20_000))
			if random.IntN(3) == 0 {
				key = "1v" + key
			}
			tells, settles := fields[random.IntN(kinds)], fields[random.IntN(kinds)]
			by, known := want[key]
			left, first := c.Sight(table, []byte(key), tells, settles)
			if first == known || left != tells&^by {
				t.Fatalf("%d kinds, key %q: left %x, first %v, want %x, %v", kinds, key, left, first, tells&^by, !known)
			}
			if !known || left != 0 {
				want[key] = by | settles
			}
		}
	}
}

// Of a table of all sightings an object has a row for each time that it was seen.
func TestSightingsOfOneTimeAreKeptOnce(t *testing.T) {
	c, table := &shardClaims{claims: newClaims()}, &schemas.Table{Mode: schemas.Every}
	for _, at := range []uint64{9, 8, 0} {
		for _, id := range []string{"12345678", "1v", "7"} {
			key := binary.BigEndian.AppendUint64([]byte(id), at)
			if !c.Keep(table, key) || c.Keep(table, key) {
				t.Errorf("%s at %d is not kept once", id, at)
			}
		}
	}
}
