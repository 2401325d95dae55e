package transform

import "testing"

// Decoding allocates for a page, not for its objects: a page ten times as long
// takes no more. What is left is its envelope.
func TestNoAllocationPerObject(t *testing.T) {
	allocations := func(page int, claims Claims) (perPage float64, objects int) {
		pages := archive(t)
		d := NewDecoder()
		perPage = testing.AllocsPerRun(20, func() {
			if err := d.Page(&pages[page], claims); err != nil {
				t.Fatal(err)
			}
			objects = len(d.sightings)
			for _, b := range d.builders { // forget the rows, keep the memory
				if b == nil {
					continue
				}
				b.rows, b.paged = 0, 0
				for i := range b.columns {
					v := &b.columns[i]
					v.rows, v.nulls = 0, 0
					v.valid, v.words, v.offsets, v.bytes = v.valid[:0], v.words[:0], v.offsets[:0], v.bytes[:0]
				}
			}
		})
		return perPage, objects
	}
	for name, claims := range map[string]Claims{"won": Everything{}, "lost": nothing{}} {
		got, objects := allocations(0, claims)
		if objects < 400 || got > float64(objects)/4 {
			t.Errorf("%s: %.0f allocations for a page of %d objects, want less than a quarter", name, got, objects)
		}
	}
}
